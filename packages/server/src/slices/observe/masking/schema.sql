-- Every version of what an organization, or one of its agents, has masked before storage. The highest version holds;
-- none: the default (an agent: as its organization).
create table masking_settings (
  organization_id uuid not null,
  -- Name of the agent; empty: the organization as a whole. By name, since settings may come before the first report.
  agent text not null,
  version integer not null check (version > 0),
  settings jsonb not null,
  reason text not null,
  -- Kind and id of who changed it: `user:0190…`.
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, agent, version),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id)
);
select metaagent_tenant_table('masking_settings', append_only => true);

-- What stands in stored texts in place of a value, and the value under the key of a subject of its own: destroying that
-- key makes the token irreversible for ever.
create table masking_tokens (
  organization_id uuid not null,
  token text not null,
  class text not null,
  subject_id uuid not null,
  value_sealed jsonb,
  -- Keyed digest of the value's normal form: finds its token and cannot be turned back. Null after erasure.
  value_index bytea,
  created_at timestamptz not null,
  erased_at timestamptz,
  primary key (organization_id, token),
  foreign key (organization_id, subject_id) references subject_keys (organization_id, subject_id),
  check ((value_index is null) = (erased_at is not null) and (value_sealed is null) = (erased_at is not null))
);
create unique index masking_tokens_by_value on masking_tokens (organization_id, value_index) where value_index is not null;
select metaagent_tenant_table('masking_tokens');
