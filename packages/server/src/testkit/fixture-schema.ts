import type { Migration } from '../adapters/schema/migrate.ts'

/** Tables of every kind that a slice can declare, for the storage tests. */
export const fixtureSchema: Migration = {
  slice: 'fixture',
  file: 'schema.sql',
  sql: `
    create table notes (
      organization_id uuid not null,
      note_id integer not null,
      body text not null,
      primary key (organization_id, note_id)
    );
    select metaagent_tenant_table('notes');

    create table note_visits (
      organization_id uuid not null,
      started_on date not null,
      visit_id integer not null,
      note_id integer not null,
      primary key (organization_id, started_on, visit_id),
      foreign key (organization_id, note_id) references notes (organization_id, note_id) on delete cascade
    ) partition by range (started_on);
    select metaagent_tenant_table('note_visits');
    select metaagent_partitioned_by_day('note_visits');

    create table note_log (
      organization_id uuid not null,
      entry_id integer not null,
      primary key (organization_id, entry_id)
    );
    select metaagent_tenant_table('note_log', append_only => true, deployment_reads => true);

    create table note_readers (
      reader text primary key,
      read_up_to integer not null
    );
    select metaagent_deployment_table('note_readers');
  `,
}

export interface FixtureTables {
  notes: { organization_id: string; note_id: number; body: string }
  note_visits: { organization_id: string; started_on: string; visit_id: number; note_id: number }
  note_log: { organization_id: string; entry_id: number }
  note_readers: { reader: string; read_up_to: number }
}
