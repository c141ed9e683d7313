-- Specialists by name. What each says of itself stands in its versions.
create table specialists (
  organization_id uuid not null,
  specialist_id uuid not null,
  name text not null,
  owner text not null,
  -- Counts every change of it and of its versions.
  revision integer not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  removed_at timestamptz,
  primary key (organization_id, specialist_id)
);
create unique index specialists_by_name on specialists (organization_id, name) where removed_at is null;
-- Whoever asks for a public card names the specialist alone.
select metaagent_tenant_table('specialists', deployment_reads => true);

-- The definition of a version is never updated; its state and what moved it are.
create table specialist_versions (
  organization_id uuid not null,
  specialist_id uuid not null,
  version text not null,
  -- By which a newer version is known: versions in the order in which they were proposed.
  place integer not null,
  state text not null check (state in ('proposed', 'training', 'evaluated', 'active', 'retired')),
  definition jsonb not null,
  digest text not null,
  training_run text,
  evaluation jsonb,
  approval_id uuid,
  created_at timestamptz not null,
  created_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, specialist_id, version)
);
create unique index specialist_versions_one_active
  on specialist_versions (organization_id, specialist_id) where state = 'active';
create unique index specialist_versions_by_place on specialist_versions (organization_id, specialist_id, place);
select metaagent_tenant_table('specialist_versions');

-- What moved each version, and why. One row a move, for ever.
create table specialist_moves (
  organization_id uuid not null,
  move_id uuid not null,
  specialist_id uuid not null,
  version text not null,
  verb text not null,
  from_state text,
  to_state text not null,
  reason text not null,
  because jsonb not null,
  evaluation jsonb,
  training_run text,
  approval_id uuid,
  moved_by text not null,
  moved_at timestamptz not null,
  primary key (organization_id, move_id)
);
create index specialist_moves_newest on specialist_moves (organization_id, specialist_id, move_id desc);
select metaagent_tenant_table('specialist_moves', append_only => true);

-- Whether the world may read the cards of an organization's active specialists.
create table specialist_listings (
  organization_id uuid not null,
  is_public boolean not null,
  publisher_domain text,
  revision integer not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (organization_id)
);
select metaagent_tenant_table('specialist_listings');

-- Cards of others: what was approved (pinned) and what was seen last.
create table foreign_cards (
  organization_id uuid not null,
  card_id uuid not null,
  url text,
  jwks_url text,
  pinned_key jsonb,
  name text not null,
  state text not null check (state in ('needs-approval', 'approved')),
  because jsonb not null,
  pinned_card jsonb,
  pinned_digest text,
  seen_card jsonb not null,
  seen_digest text not null,
  signature text not null check (signature in ('verified', 'unsigned', 'unverifiable', 'invalid')),
  signature_detail text,
  last_checked_at timestamptz not null,
  next_check_at timestamptz,
  problem text,
  -- As it was approved, whatever the card says of itself.
  sensitivity_ceiling text,
  approval_id uuid,
  revision integer not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (organization_id, card_id),
  -- Found is only what was approved as it is seen.
  check (state <> 'approved' or (pinned_digest is not null and pinned_digest = seen_digest and signature <> 'invalid'))
);
create unique index foreign_cards_by_url on foreign_cards (organization_id, url) where url is not null;
create index foreign_cards_by_name on foreign_cards (organization_id, name, card_id);
create index foreign_cards_due on foreign_cards (organization_id, next_check_at) where next_check_at is not null;
select metaagent_tenant_table('foreign_cards');

-- What a version or a card is like: a vector each, of one embedder at a time.
create table specialist_embeddings (
  organization_id uuid not null,
  origin text not null check (origin in ('own', 'foreign')),
  -- Of the specialist or of the card.
  holder_id uuid not null,
  embedder text not null,
  embedding real[],
  refusal text,
  -- SHA-256 of the text that was embedded: unchanged, it is not paid for again.
  text_digest bytea not null,
  primary key (organization_id, origin, holder_id)
);
alter table specialist_embeddings alter column embedding set storage external;
select metaagent_tenant_table('specialist_embeddings');

-- What was created under which Idempotency-Key, so that a creation sent again creates nothing.
create table specialist_requests (
  organization_id uuid not null,
  actor text not null,
  idempotency_key text not null,
  request_digest text not null,
  made_id uuid not null,
  made_at timestamptz not null,
  primary key (organization_id, actor, idempotency_key)
);
create index specialist_requests_by_time on specialist_requests (organization_id, made_at);
select metaagent_tenant_table('specialist_requests');

-- Keys that sign the cards of this deployment.
create table agent_card_keys (
  kid text primary key,
  public_jwk jsonb not null,
  sealed_private_jwk bytea not null,
  created_at timestamptz not null
);
select metaagent_deployment_table('agent_card_keys');
