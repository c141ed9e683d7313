-- What people asked to be deleted. The subject lies under a key of its own, which is destroyed when the request is closed.
create table privacy_deletions (
  organization_id uuid not null,
  deletion_id uuid not null,
  state text not null check (state in ('finding', 'erasing', 'done', 'closed')),
  kind text not null check (kind in ('user', 'email', 'conversation', 'attribute')),
  -- The attribute's name, the value and the salt of the digest lie sealed in one document; null once closed.
  subject_id uuid not null,
  subject_sealed jsonb,
  -- Keyed digest of the subject, so that asking twice is one request; null once closed.
  subject_mac bytea,
  request_digest text not null,
  reason text,
  requested_by text not null,
  requested_at timestamptz not null,
  approval_id uuid,
  -- The search has read everything up to this day; null: it has not begun.
  searched_day date,
  tokens integer not null default 0,
  -- Rows by table.
  counts jsonb not null default '{}',
  -- What of all this the last event told: {executions, tokens, counts}.
  told jsonb,
  completed_at timestamptz,
  event_id uuid,
  watched_until timestamptz,
  -- When what arrived late is looked for again.
  next_look_at timestamptz,
  closed_at timestamptz,
  -- Once closed, when the list of executions is gone.
  executions integer,
  late_executions integer,
  primary key (organization_id, deletion_id),
  foreign key (organization_id, subject_id) references subject_keys (organization_id, subject_id),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id),
  check ((subject_sealed is null) = (state = 'closed') and (subject_mac is null) = (state = 'closed'))
);
create unique index privacy_deletions_running on privacy_deletions (organization_id, subject_mac)
  where state in ('finding', 'erasing');
create index privacy_deletions_open on privacy_deletions (organization_id, deletion_id) where state <> 'closed';
select metaagent_tenant_table('privacy_deletions', deployment_reads => true);

-- The executions of an open request, so that steps which arrive late are found though nothing names the person any more.
create table privacy_deletion_executions (
  organization_id uuid not null,
  deletion_id uuid not null,
  execution_id uuid not null,
  is_late boolean not null,
  -- Null: to be erased, or looked at again.
  erased_at timestamptz,
  -- The legal hold that keeps it; null again once that one is lifted.
  held_by uuid,
  primary key (organization_id, deletion_id, execution_id),
  foreign key (organization_id, deletion_id) references privacy_deletions (organization_id, deletion_id)
);
create index privacy_deletion_executions_open on privacy_deletion_executions (organization_id, deletion_id, execution_id)
  where erased_at is null and held_by is null;
select metaagent_tenant_table('privacy_deletion_executions');

-- What must be kept against erasure and retention: a person's data, an agent's runs, or all runs of a time.
create table privacy_legal_holds (
  organization_id uuid not null,
  hold_id uuid not null,
  kind text not null check (kind in ('subject', 'agent', 'period')),
  -- Of a person: sealed under a key of its own, which is destroyed when the hold is lifted.
  subject_id uuid,
  subject_sealed jsonb,
  subject_mac bytea,
  agent_id uuid,
  held_from timestamptz,
  held_to timestamptz,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null,
  lifted_by text,
  lifted_at timestamptz,
  lift_reason text,
  lift_approval_id uuid,
  primary key (organization_id, hold_id),
  foreign key (organization_id, subject_id) references subject_keys (organization_id, subject_id),
  foreign key (organization_id, lift_approval_id) references approval_requests (organization_id, approval_id),
  check ((kind = 'subject') = (subject_mac is not null) and (kind = 'agent') = (agent_id is not null)),
  check ((lifted_at is null) = (lifted_by is null))
);
create index privacy_legal_holds_active on privacy_legal_holds (organization_id, hold_id) where lifted_at is null;
select metaagent_tenant_table('privacy_legal_holds');

-- Requests of people to see what is kept of them. The subject lies under a key of its own, destroyed when it is closed.
create table privacy_access_exports (
  organization_id uuid not null,
  export_id uuid not null,
  kind text not null check (kind in ('user', 'email', 'conversation', 'attribute')),
  subject_id uuid not null,
  subject_sealed jsonb,
  request_digest text not null,
  reason text,
  requested_by text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  delivered_at timestamptz,
  executions integer,
  rows bigint,
  closed_at timestamptz,
  primary key (organization_id, export_id),
  foreign key (organization_id, subject_id) references subject_keys (organization_id, subject_id),
  check ((subject_sealed is null) = (closed_at is not null))
);
create index privacy_access_exports_open on privacy_access_exports (organization_id, expires_at) where closed_at is null;
select metaagent_tenant_table('privacy_access_exports', deployment_reads => true);
