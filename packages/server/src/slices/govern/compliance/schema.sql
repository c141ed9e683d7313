-- Evidence packs as they were made: never changed, so that the digest in the ledger fits for good.
create table evidence_packs (
  organization_id uuid not null,
  pack_id uuid not null,
  framework text not null,
  framework_name text not null,
  framework_version text not null,
  framework_digest text not null,
  period_from timestamptz not null,
  period_to timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  covered integer not null,
  gaps integer not null,
  outside integer not null,
  entries integer not null,
  tree_size bigint not null,
  -- SHA-256 of the file.
  digest text not null,
  event_id uuid not null,
  -- The whole file, canonical JSON.
  file text not null,
  primary key (organization_id, pack_id)
);
create index evidence_packs_by_age on evidence_packs (organization_id, created_at);
select metaagent_tenant_table('evidence_packs');
