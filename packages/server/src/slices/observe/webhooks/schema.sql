-- Senders that an admin lets in. The id stands in the address that they post to.
create table webhook_sources (
  organization_id uuid not null,
  source_id uuid not null,
  name text not null,
  kind text not null check (kind in ('n8n', 'langgraph', 'signed')),
  environment text not null,
  agents jsonb not null,
  mapping jsonb,
  -- A signing secret, sealed under the master key: it is needed to check signatures.
  sealed_secret bytea,
  -- Keyed digest of a secret that is only compared.
  secret_mac bytea,
  -- {baseUrl, everyMinutes} of the n8n instance that is imported from, and its key, sealed.
  importer jsonb,
  sealed_api_key bytea,
  -- Everything up to this execution id of n8n was imported.
  imported_up_to bigint not null default 0,
  imported bigint not null default 0,
  import_due_at timestamptz,
  imported_at timestamptz,
  import_error text,
  enabled boolean not null default true,
  accepted bigint not null default 0,
  unmapped bigint not null default 0,
  refused bigint not null default 0,
  last_received_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  created_at timestamptz not null,
  primary key (organization_id, source_id),
  unique (organization_id, name),
  check ((kind = 'signed') = (sealed_secret is not null)),
  check ((kind <> 'signed') = (secret_mac is not null)),
  check ((importer is null) = (sealed_api_key is null))
);
select metaagent_tenant_table('webhook_sources', deployment_reads => true);

-- What came in and was let in. The payload is kept sealed until it is stored as telemetry, or seven days.
create table webhook_deliveries (
  organization_id uuid not null,
  delivery_id uuid not null,
  source_id uuid not null,
  -- The sender's own id of the message, else a digest of it: what comes twice counts once.
  message_id text not null,
  -- SHA-256 of the proof (signature) and of the body, by which a copied message is told from one sent again.
  proof_digest bytea not null,
  body_digest bytea not null,
  state text not null check (state in ('received', 'stored', 'partial', 'unmapped', 'expired')),
  sealed_payload bytea,
  executions integer not null default 0,
  actions integer not null default 0,
  outcomes integer not null default 0,
  faults jsonb not null default '[]',
  attempts integer not null default 0,
  received_at timestamptz not null,
  next_try_at timestamptz not null,
  kept_until timestamptz not null,
  primary key (organization_id, delivery_id),
  unique (organization_id, source_id, message_id),
  foreign key (organization_id, source_id) references webhook_sources (organization_id, source_id)
);
create index webhook_deliveries_due on webhook_deliveries (organization_id, next_try_at) where state = 'received';
create index webhook_deliveries_kept on webhook_deliveries (organization_id, kept_until)
  where sealed_payload is not null;
create index webhook_deliveries_by_age on webhook_deliveries (organization_id, received_at) where state <> 'received';
create index webhook_deliveries_of_source on webhook_deliveries (organization_id, source_id, delivery_id);
select metaagent_tenant_table('webhook_deliveries', deployment_reads => true);
