-- The rules that say what needs whose approval. Every version is kept; the highest one holds.
create table governance_rules (
  organization_id uuid not null,
  version integer not null check (version > 0),
  rules jsonb not null,
  -- `sha256:` and the hex digest of the canonical JSON (RFC 8785).
  digest text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, version)
);
select metaagent_tenant_table('governance_rules', append_only => true);

create table approval_requests (
  organization_id uuid not null,
  approval_id uuid not null,
  operation text not null,
  subject text not null,
  environment text not null,
  impact text not null check (impact in ('MINIMAL', 'LOW', 'MODERATE', 'HIGH', 'CRITICAL')),
  parameters jsonb not null,
  reason text not null,
  action_digest text not null,
  policy_digest text not null,
  required_approvers integer not null check (required_approvers >= 0),
  approver_role text not null check (approver_role in ('admin', 'developer')),
  require_review boolean not null,
  state text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'consumed')),
  because jsonb not null,
  requested_by text not null,
  -- The person who answers for the request, also when a key of theirs made it. They never approve it.
  author_user_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  consumed_at timestamptz,
  primary key (organization_id, approval_id),
  check ((state = 'consumed') = (consumed_at is not null))
);
create index approval_requests_open on approval_requests (organization_id, expires_at)
  where state in ('pending', 'approved');
create index approval_requests_by_state on approval_requests (organization_id, state, approval_id);
select metaagent_tenant_table('approval_requests');

-- One vote a person: the primary key is what makes approvers distinct.
create table approval_votes (
  organization_id uuid not null,
  approval_id uuid not null,
  user_id uuid not null,
  verdict text not null check (verdict in ('approve', 'reject')),
  review text,
  voted_at timestamptz not null,
  primary key (organization_id, approval_id, user_id),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id),
  foreign key (organization_id, user_id) references users (organization_id, user_id)
);
select metaagent_tenant_table('approval_votes', append_only => true);

-- What the rules let run by themselves: with the requests it is all that rules ever decided, which other rules are tried on.
create table gate_passes (
  organization_id uuid not null,
  pass_id uuid not null,
  operation text not null,
  subject text not null,
  environment text not null,
  impact text not null check (impact in ('MINIMAL', 'LOW', 'MODERATE', 'HIGH', 'CRITICAL')),
  outcome text not null check (outcome in ('allow', 'allow_and_notify')),
  passed_by text not null,
  passed_at timestamptz not null,
  primary key (organization_id, pass_id)
);
create index gate_passes_by_time on gate_passes (organization_id, passed_at);
select metaagent_tenant_table('gate_passes');
