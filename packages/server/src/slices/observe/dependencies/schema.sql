-- What agents call: learnt from traces, or written down by somebody (seed 2).
create table agent_dependencies (
  organization_id uuid not null,
  agent_id uuid not null,
  kind text not null check (kind in ('agent', 'tool', 'model', 'provider')),
  -- The id of an agent, else a name.
  target text not null,
  source text not null check (source in ('learned', 'manual')),
  hidden boolean not null,
  note text,
  -- When traces showed it; null for what was only written down.
  first_seen_at timestamptz,
  last_seen_at timestamptz,
  primary key (organization_id, agent_id, kind, target)
);
select metaagent_tenant_table('agent_dependencies');

-- How much of an agent's traffic uses what, per UTC day of the run's end. Kind 'run' with target '' counts all its runs.
create table agent_dependency_days (
  organization_id uuid not null,
  day date not null,
  agent_id uuid not null,
  kind text not null,
  target text not null,
  executions bigint not null,
  calls bigint not null,
  errors bigint not null,
  primary key (organization_id, day, agent_id, kind, target)
);
select metaagent_tenant_table('agent_dependency_days');
