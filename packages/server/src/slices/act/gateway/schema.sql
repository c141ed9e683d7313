-- Every version of what may go where. The highest one holds; none: the rules that every organization begins with.
create table gateway_rules (
  organization_id uuid not null,
  version integer not null check (version > 0),
  rules jsonb not null,
  -- `sha256:` and the hex digest of the canonical JSON (RFC 8785).
  digest text not null,
  reason text not null,
  -- Kind and id of who changed it: `user:0190…`.
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, version),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id)
);
select metaagent_tenant_table('gateway_rules', append_only => true);

-- What was decided about payloads, and on what: never a word of the payload itself, whose digest is keyed.
create table gateway_routes (
  organization_id uuid not null,
  route_id uuid not null,
  agent text not null,
  provider text,
  model text,
  region text,
  declared text check (declared in ('PUBLIC', 'INTERNAL', 'SENSITIVE', 'CRITICAL')),
  detected text check (detected in ('PUBLIC', 'INTERNAL', 'SENSITIVE', 'CRITICAL')),
  sensitivity text not null check (sensitivity in ('PUBLIC', 'INTERNAL', 'SENSITIVE', 'CRITICAL')),
  -- Finds by class.
  found jsonb not null,
  uninspected integer not null check (uninspected >= 0),
  decision text not null check (decision in ('allow', 'redact', 'reroute', 'require-approval', 'deny')),
  because jsonb not null,
  raised_because jsonb not null,
  destination jsonb,
  is_private boolean not null,
  rules_version integer not null check (rules_version >= 0),
  payload_digest text not null,
  approval_id uuid,
  routed_at timestamptz not null,
  primary key (organization_id, route_id),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id)
);
create index gateway_routes_by_time on gateway_routes (organization_id, routed_at);
create index gateway_routes_by_agent on gateway_routes (organization_id, agent, route_id);
select metaagent_tenant_table('gateway_routes');
