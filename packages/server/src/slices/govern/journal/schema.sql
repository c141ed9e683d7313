-- The journal: every fact, once, never changed. Readers go in the order (xid, event_id) below the oldest transaction
-- still running, because ids and times alone are not the order in which commits become visible.
create table journal_events (
  organization_id uuid not null,
  event_id uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  type text not null,
  subject text not null,
  actor jsonb not null,
  correlation_id text not null,
  causation_id uuid,
  -- Hash of the correlation id, 0 to 2^31 - 1; a reader with n lanes takes the rows of one remainder modulo n.
  lane integer not null check (lane >= 0),
  payload jsonb not null,
  occurred_at timestamptz not null,
  primary key (organization_id, event_id)
);
-- The one index that does not begin with the organization: subscribers read all organizations in commit order.
create index journal_events_in_commit_order on journal_events (xid, event_id);
create index journal_events_by_type on journal_events (organization_id, type, event_id);
create index journal_events_by_subject on journal_events (organization_id, subject, event_id);
create index journal_events_by_correlation on journal_events (organization_id, correlation_id, event_id);
select metaagent_tenant_table('journal_events', append_only => true, deployment_reads => true);

-- Producers outside MetaAgent that may append.
create table journal_sources (
  organization_id uuid not null,
  name text not null,
  algorithm text not null check (algorithm in ('none', 'hmac-sha256', 'ed25519')),
  -- The HMAC key, sealed under the deployment's master key.
  sealed_secret bytea,
  public_key bytea,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organization_id, name),
  check ((algorithm = 'hmac-sha256') = (sealed_secret is not null)),
  check ((algorithm = 'ed25519') = (public_key is not null))
);
select metaagent_tenant_table('journal_sources');

-- One row per signature that was accepted, so that a copied message has no second effect.
create table journal_signatures (
  organization_id uuid not null,
  source text not null,
  signature_digest bytea not null,
  event_id uuid not null,
  primary key (organization_id, source, signature_digest),
  foreign key (organization_id, source) references journal_sources (organization_id, name),
  -- Checked at the commit: the signature goes in first, and with it the decision that it is new.
  foreign key (organization_id, event_id) references journal_events (organization_id, event_id)
    deferrable initially deferred
);
select metaagent_tenant_table('journal_signatures', append_only => true);

-- Who reads the journal. Names and positions are no tenant's data: every scope may read them, for the status page.
create table journal_subscribers (
  subscriber text primary key,
  pattern text not null,
  lanes integer not null check (lanes between 1 and 64),
  registered_at timestamptz not null
);
select metaagent_deployment_table('journal_subscribers', readable_everywhere => true);

-- How far each lane of each subscriber has come, and who works on it now.
create table journal_cursors (
  subscriber text not null references journal_subscribers (subscriber) on delete cascade,
  lane integer not null,
  -- Everything up to and including this place was handled, skipped or dead-lettered.
  xid xid8 not null,
  event_id uuid not null,
  delivered bigint not null default 0,
  retried bigint not null default 0,
  dead_letters bigint not null default 0,
  -- The event that fails at the head of the lane: tries so far and when the next one is due.
  attempts integer not null default 0,
  retry_at timestamptz,
  failing_organization_id uuid,
  last_error text,
  lease_holder text,
  lease_until timestamptz,
  primary key (subscriber, lane)
);
select metaagent_deployment_table('journal_cursors', readable_everywhere => true);

-- The processes that deliver now, so that each takes its fair share of the lanes.
create table journal_workers (
  holder text primary key,
  alive_until timestamptz not null
);
select metaagent_deployment_table('journal_workers');

-- Events that a subscriber could not handle in five tries.
create table journal_dead_letters (
  organization_id uuid not null,
  dead_letter_id uuid not null,
  subscriber text not null,
  event_id uuid not null,
  error text not null,
  attempts integer not null,
  created_at timestamptz not null,
  replay_requested_at timestamptz,
  replayed_at timestamptz,
  primary key (organization_id, dead_letter_id),
  unique (organization_id, subscriber, event_id),
  foreign key (organization_id, event_id) references journal_events (organization_id, event_id)
);
create index journal_dead_letters_to_replay on journal_dead_letters (organization_id, dead_letter_id)
  where replay_requested_at is not null and replayed_at is null;
select metaagent_tenant_table('journal_dead_letters', deployment_reads => true);
