-- Rules as they are, one row per version; the newest version counts. A removed rule keeps its versions.
create table alert_rules (
  organization_id uuid not null,
  rule_id uuid not null,
  version integer not null check (version > 0),
  name text not null,
  definition jsonb not null,
  removed boolean not null,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, rule_id, version)
);
select metaagent_tenant_table('alert_rules', append_only => true);

-- One row for each time that a condition held for one label set (seed 2). The states are pending, firing, acknowledged,
-- resolved; what moved them is in alert_transitions.
create table alert_history (
  organization_id uuid not null,
  alert_id uuid not null,
  -- FNV-1a of the label set, as Prometheus computes it.
  fingerprint text not null,
  rule_id uuid not null,
  rule text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  state text not null check (state in ('pending', 'firing', 'acknowledged', 'resolved')),
  labels jsonb not null,
  annotations jsonb not null,
  because jsonb not null,
  pending_at timestamptz not null,
  fired_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  comment text,
  resolved_at timestamptz,
  -- False while a group has still to look at it: it fires, or its end was not told yet.
  settled boolean not null default false,
  primary key (organization_id, alert_id)
);
-- The same labels are the same alert: never two of them open.
create unique index alert_history_open on alert_history (organization_id, fingerprint) where state <> 'resolved';
create index alert_history_open_by_rule on alert_history (organization_id, rule_id) where state <> 'resolved';
create index alert_history_unsettled on alert_history (organization_id, fingerprint) where not settled;
create index alert_history_newest on alert_history (organization_id, alert_id desc, state);
select metaagent_tenant_table('alert_history');

create table alert_transitions (
  organization_id uuid not null,
  alert_id uuid not null,
  at timestamptz not null,
  to_state text not null,
  from_state text,
  actor text not null,
  because jsonb not null,
  comment text,
  primary key (organization_id, alert_id, at, to_state)
);
-- Never changed; let go by retention, which is why it is not declared append-only.
select metaagent_tenant_table('alert_transitions');

create table alert_silences (
  organization_id uuid not null,
  silence_id uuid not null,
  matchers jsonb not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  created_by text not null,
  created_at timestamptz not null,
  comment text not null,
  primary key (organization_id, silence_id)
);
select metaagent_tenant_table('alert_silences');

-- Who is told what and when; the newest version counts, none means the default of model/routing.ts.
create table alert_policies (
  organization_id uuid not null,
  version integer not null check (version > 0),
  policy jsonb not null,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, version)
);
select metaagent_tenant_table('alert_policies', append_only => true);

create table alert_channels (
  organization_id uuid not null,
  channel_id uuid not null,
  name text not null,
  settings jsonb not null,
  -- Password, token or secret address, under the deployment's master key.
  sealed_secret bytea,
  digest jsonb not null,
  enabled boolean not null,
  next_daily_at timestamptz,
  next_weekly_at timestamptz,
  -- No message before this: the pause between two, or what the other side asked for.
  not_before timestamptz,
  last_delivered_at timestamptz,
  last_error text,
  removed_at timestamptz,
  primary key (organization_id, channel_id)
);
create unique index alert_channels_by_name on alert_channels (organization_id, name) where removed_at is null;
select metaagent_tenant_table('alert_channels');

-- Groups of alerts that are told together, between two looks at them.
create table alert_groups (
  organization_id uuid not null,
  group_key text not null,
  next_flush_at timestamptz not null,
  flushed_at timestamptz,
  flushes integer not null,
  unacknowledged_since timestamptz,
  escalations integer not null,
  primary key (organization_id, group_key)
);
select metaagent_tenant_table('alert_groups');

-- What each channel was last told of a group, and the ticket that it keeps for it.
create table alert_told (
  organization_id uuid not null,
  group_key text not null,
  channel_id uuid not null,
  told_at timestamptz not null,
  firing text[] not null,
  resolved text[] not null,
  -- ClickUp's task while it is open.
  reference text,
  primary key (organization_id, group_key, channel_id)
);
select metaagent_tenant_table('alert_told');

-- The outbox and its log: written with the decision, sent afterwards, kept.
create table alert_deliveries (
  organization_id uuid not null,
  delivery_id uuid not null,
  channel_id uuid not null,
  purpose text not null check (purpose in ('alert', 'escalation', 'daily', 'weekly', 'test', 'recovery')),
  -- Null for reports.
  group_key text,
  -- Group key, status, hash of its alerts and number of the flush; the receiver gets it too.
  idempotency_key text not null,
  status text not null check (status in ('firing', 'resolved', 'report')),
  title text not null,
  notice jsonb not null,
  state text not null check (state in ('queued', 'sending', 'delivered', 'dead')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- While sending: when another process may take it.
  claimed_until timestamptz,
  detail text,
  -- Every attempt that ended, oldest first: DeliveryAttempt[].
  log jsonb not null default '[]',
  -- The message that somebody had sent again.
  again_of uuid,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (organization_id, delivery_id)
);
create unique index alert_deliveries_once on alert_deliveries (organization_id, idempotency_key);
create index alert_deliveries_due on alert_deliveries (organization_id, channel_id, delivery_id)
  where state in ('queued', 'sending');
select metaagent_tenant_table('alert_deliveries');

-- One row per organization: what its watching has seen. Locked by whoever watches.
create table alert_watch (
  organization_id uuid not null primary key,
  evaluated_at timestamptz,
  -- The newest journal event that the last evaluation knew.
  evaluated_event_id uuid,
  -- How long it took, so that watching never takes more than a fifth of the time.
  evaluation_ms integer not null default 0,
  forwarded_at timestamptz
);
select metaagent_tenant_table('alert_watch');
