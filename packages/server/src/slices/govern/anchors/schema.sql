-- Where an organization's checkpoints are kept so that this deployment cannot take them back.
create table anchors (
  organization_id uuid not null,
  anchor_id uuid not null,
  name text not null,
  log text not null check (log in ('organization', 'deployment')),
  kind text not null check (kind in ('file', 's3', 'rfc3161', 'witness')),
  settings jsonb not null,
  sealed_secret bytea,
  every_minutes integer not null check (every_minutes > 0),
  enabled boolean not null,
  state text not null check (state in ('unknown', 'working', 'failing')),
  because jsonb,
  failures_in_row integer not null check (failures_in_row >= 0),
  last_success_at timestamptz,
  last_tree_size bigint,
  next_at timestamptz,
  primary key (organization_id, anchor_id),
  unique (organization_id, name),
  check ((next_at is not null) = enabled)
);
create index anchors_due on anchors (organization_id, next_at) where enabled;
select metaagent_tenant_table('anchors', deployment_reads => true);

-- What was kept there, with what the other side answered.
create table anchor_receipts (
  organization_id uuid not null,
  receipt_id uuid not null,
  anchor_id uuid not null,
  tree_size bigint not null,
  anchored_at timestamptz not null,
  stated_at timestamptz,
  location text not null,
  note text not null,
  receipt bytea,
  primary key (organization_id, receipt_id),
  unique (organization_id, anchor_id, tree_size)
);
select metaagent_tenant_table('anchor_receipts');

-- The key with which an organization cosigns logs of others. It signs nothing else.
create table witness_keys (
  organization_id uuid not null,
  public_key bytea not null check (octet_length(public_key) = 32),
  sealed_seed bytea not null,
  created_at timestamptz not null,
  primary key (organization_id)
);
select metaagent_tenant_table('witness_keys', append_only => true);

-- Logs of others, and the largest checkpoint of each that was cosigned. A removed log keeps its row: what was cosigned once
-- must never be forgotten, or the log could go back behind it.
create table witnessed_logs (
  organization_id uuid not null,
  log_id uuid not null,
  origin text not null,
  verifier_keys text[] not null,
  removed_at timestamptz,
  tree_size bigint,
  root_hash bytea check (octet_length(root_hash) = 32),
  note text,
  cosigned_at timestamptz,
  refusals bigint not null default 0,
  refused_at timestamptz,
  refused_because jsonb,
  refused_note text,
  primary key (organization_id, log_id),
  unique (organization_id, origin)
);
select metaagent_tenant_table('witnessed_logs');
