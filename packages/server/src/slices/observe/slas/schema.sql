-- What was promised (seed 2), newest version. The definition is one document, validated on save.
create table agent_slas (
  organization_id uuid not null,
  sla_id uuid not null,
  version integer not null,
  name text not null,
  definition jsonb not null,
  agent_id uuid,
  domain text,
  environment text,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  changed_by text not null,
  archived_at timestamptz,
  -- What the last judgement said; its changes are events.
  state text not null check (state in ('breached', 'burning', 'met', 'unknown')),
  burn jsonb not null,
  primary key (organization_id, sla_id)
);
create unique index agent_slas_by_name on agent_slas (organization_id, name) where archived_at is null;
select metaagent_tenant_table('agent_slas');

create table agent_sla_versions (
  organization_id uuid not null,
  sla_id uuid not null,
  version integer not null,
  definition jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (organization_id, sla_id, version)
);
select metaagent_tenant_table('agent_sla_versions');

-- Good and bad events per five minutes: any window is a sum over slots.
create table sla_slots (
  organization_id uuid not null,
  sla_id uuid not null,
  slot_at timestamptz not null,
  good bigint not null,
  bad bigint not null,
  unknown bigint not null,
  primary key (organization_id, sla_id, slot_at)
) with (fillfactor = 80);
select metaagent_tenant_table('sla_slots');

-- Up to where an SLA's slots are counted, and by what definition of good.
create table sla_cursors (
  organization_id uuid not null,
  sla_id uuid not null,
  counting text not null,
  counted_from timestamptz not null,
  counted_until timestamptz not null,
  rollup_cursor text not null,
  primary key (organization_id, sla_id)
);
select metaagent_tenant_table('sla_cursors');

-- How each window stands or ended (seed 2): one row per calendar period, or per day for rolling windows.
create table sla_compliance (
  organization_id uuid not null,
  sla_id uuid not null,
  period_start date not null,
  version integer not null,
  window_from timestamptz not null,
  window_until timestamptz not null,
  state text not null check (state in ('breached', 'burning', 'met', 'unknown')),
  objective double precision not null,
  good bigint not null,
  bad bigint not null,
  unknown bigint not null,
  attainment double precision,
  budget jsonb not null,
  is_closed boolean not null,
  because jsonb not null,
  judged_at timestamptz not null,
  primary key (organization_id, sla_id, period_start)
);
select metaagent_tenant_table('sla_compliance');

create table sla_state_changes (
  organization_id uuid not null,
  sla_id uuid not null,
  event_id uuid not null,
  changed_at timestamptz not null,
  state_from text not null,
  state_to text not null,
  because jsonb not null,
  primary key (organization_id, sla_id, event_id)
);
select metaagent_tenant_table('sla_state_changes');

-- Monthly reports as they were issued; the digest of the facts stands in the event.
create table sla_reports (
  organization_id uuid not null,
  sla_id uuid not null,
  month text not null,
  edition integer not null,
  facts jsonb not null,
  digest text not null,
  event_id uuid not null,
  issued_at timestamptz not null,
  primary key (organization_id, sla_id, month, edition)
);
select metaagent_tenant_table('sla_reports');
