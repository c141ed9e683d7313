-- What the last run found and did in each part that is kept for a time: what the page shows, so that it never counts
-- large tables while somebody waits.
create table retention_state (
  organization_id uuid not null,
  -- The declared name, as in the tunable's key.
  name text not null,
  ran_at timestamptz not null,
  deleted_rows bigint not null,
  rows bigint not null,
  -- Above a million the planner's estimate stands in for a count.
  rows_estimated boolean not null,
  -- The organization's share of the table on disk, indexes included, by its share of the rows.
  bytes bigint not null,
  oldest_day date,
  primary key (organization_id, name)
);
select metaagent_tenant_table('retention_state');
