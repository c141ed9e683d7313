-- Every value that a tunable of MetaAgent was ever given in an organization. The highest version holds; none: the default.
create table tunable_values (
  organization_id uuid not null,
  key text not null,
  version integer not null check (version > 0),
  value jsonb not null,
  reason text not null,
  -- Kind and id of who changed it: `user:0190…`.
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, key, version),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id)
);
select metaagent_tenant_table('tunable_values', append_only => true);
