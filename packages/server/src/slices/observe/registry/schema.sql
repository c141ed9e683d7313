-- Agents, environments and releases: registered by hand or when their first row of telemetry arrives.
create table agent_registry (
  organization_id uuid not null,
  agent_id uuid not null,
  name text not null,
  domain text not null,
  owner text,
  description text,
  first_seen_at timestamptz not null,
  -- At most a minute behind what was stored: writing it with every batch would make all batches wait for one row.
  last_seen_at timestamptz,
  archived_at timestamptz,
  -- Asked not to run since then, and why.
  paused_at timestamptz,
  paused_because text,
  primary key (organization_id, agent_id),
  unique (organization_id, name)
);
select metaagent_tenant_table('agent_registry');

create table environments (
  organization_id uuid not null,
  name text not null,
  first_seen_at timestamptz not null,
  primary key (organization_id, name)
);
select metaagent_tenant_table('environments');

create table releases (
  organization_id uuid not null,
  release_id uuid not null,
  agent_id uuid not null,
  name text not null,
  -- Models seen in its LLM calls, sorted.
  models text[] not null default '{}',
  first_seen_at timestamptz not null,
  last_seen_at timestamptz,
  execution_count bigint not null default 0,
  primary key (organization_id, release_id),
  unique (organization_id, agent_id, name),
  foreign key (organization_id, agent_id) references agent_registry (organization_id, agent_id)
);
select metaagent_tenant_table('releases');
