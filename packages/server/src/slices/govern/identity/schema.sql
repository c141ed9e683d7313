-- Who may ask. Names and addresses of people stand here only encrypted under their own subject's key.
create table organizations (
  organization_id uuid primary key,
  name text not null,
  -- IANA name; where the organization's days, weeks and months begin.
  time_zone text not null default 'UTC',
  created_at timestamptz not null
);
select metaagent_tenant_table('organizations', deployment_reads => true);

-- One key per person (or other subject of data), wrapped by the deployment's master key. Destroying it is the erasure;
-- the row stays as the tombstone that says so.
create table subject_keys (
  organization_id uuid not null,
  subject_id uuid not null,
  wrapped_key bytea,
  created_at timestamptz not null,
  destroyed_at timestamptz,
  primary key (organization_id, subject_id),
  foreign key (organization_id) references organizations (organization_id),
  check ((wrapped_key is null) = (destroyed_at is not null))
);
select metaagent_tenant_table('subject_keys');

-- Named sets of scopes beside the built-in roles.
create table custom_roles (
  organization_id uuid not null,
  role_id uuid not null,
  name text not null,
  description text not null,
  scopes text[] not null,
  -- As which built-in role the votes of its people count in approvals.
  counts_as text not null check (counts_as in ('admin', 'developer', 'viewer')),
  version integer not null,
  changed_at timestamptz not null,
  primary key (organization_id, role_id),
  foreign key (organization_id) references organizations (organization_id)
);
create unique index custom_roles_by_name on custom_roles (organization_id, lower(name));
select metaagent_tenant_table('custom_roles');

-- What the organization demands of sessions, sign-ins and new keys. No row: the defaults of the model.
create table organization_policies (
  organization_id uuid not null,
  session_idle_minutes integer not null,
  session_hours integer not null,
  password_sign_in boolean not null,
  foreign_tokens boolean not null,
  api_keys_made_by text not null check (api_keys_made_by in ('anybody', 'people', 'admins')),
  api_key_days_max integer,
  version integer not null,
  changed_at timestamptz not null,
  primary key (organization_id),
  foreign key (organization_id) references organizations (organization_id)
);
select metaagent_tenant_table('organization_policies');

create table users (
  organization_id uuid not null,
  user_id uuid not null,
  subject_id uuid not null,
  -- Either a built-in role or one of the organization's own.
  role text check (role in ('admin', 'developer', 'viewer')),
  custom_role_id uuid,
  email_sealed jsonb,
  display_name_sealed jsonb,
  -- Keyed digest of the address: finds the person by it and cannot be turned back. Null after erasure.
  email_index bytea,
  -- Argon2id in the PHC string format; null until the person sets a password.
  password_hash text,
  created_at timestamptz not null,
  last_signed_in_at timestamptz,
  disabled_at timestamptz,
  primary key (organization_id, user_id),
  unique (organization_id, subject_id),
  check ((role is null) <> (custom_role_id is null)),
  foreign key (organization_id, custom_role_id) references custom_roles (organization_id, role_id),
  foreign key (organization_id, subject_id) references subject_keys (organization_id, subject_id)
);
create unique index users_by_email on users (organization_id, email_index) where email_index is not null;
select metaagent_tenant_table('users');

-- Browser sessions. The token is the person's; only its SHA-256 is kept.
create table sessions (
  organization_id uuid not null,
  session_id uuid not null,
  user_id uuid not null,
  token_digest bytea not null,
  method text not null check (method in ('link', 'password')),
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (organization_id, session_id),
  unique (organization_id, token_digest),
  foreign key (organization_id, user_id) references users (organization_id, user_id)
);
create index sessions_by_user on sessions (organization_id, user_id);
select metaagent_tenant_table('sessions');

create table api_keys (
  organization_id uuid not null,
  api_key_id uuid not null,
  name text not null,
  prefix text not null,
  -- SHA-256 of the whole key, which holds 256 random bits: nothing slower is needed.
  secret_digest bytea not null,
  scopes text[] not null,
  -- The person behind the key, also when another key of theirs made it; null: made on the command line.
  responsible_user_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (organization_id, api_key_id),
  unique (organization_id, prefix),
  foreign key (organization_id, responsible_user_id) references users (organization_id, user_id)
);
select metaagent_tenant_table('api_keys');

-- One-time links that turn into a session.
create table sign_in_links (
  organization_id uuid not null,
  link_id uuid not null,
  user_id uuid not null,
  token_digest bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  voided_at timestamptz,
  primary key (organization_id, link_id),
  unique (organization_id, token_digest),
  foreign key (organization_id, user_id) references users (organization_id, user_id)
);
create index sign_in_links_by_user on sign_in_links (organization_id, user_id);
select metaagent_tenant_table('sign_in_links');

-- Token issuers outside MetaAgent. Issuer and audience together name one organization of the deployment.
create table trusted_issuers (
  organization_id uuid not null,
  issuer_id uuid not null,
  issuer text not null,
  audience text not null,
  jwks_url text not null,
  algorithms text[] not null,
  role text not null check (role in ('admin', 'developer', 'viewer')),
  created_at timestamptz not null,
  primary key (organization_id, issuer_id),
  unique (organization_id, issuer, audience),
  foreign key (organization_id) references organizations (organization_id)
);
select metaagent_tenant_table('trusted_issuers');

-- The deployment's own keys for access tokens. The private part is sealed under the master key.
create table signing_keys (
  kid text primary key,
  public_jwk jsonb not null,
  sealed_private_jwk bytea not null,
  created_at timestamptz not null
);
select metaagent_deployment_table('signing_keys');

-- Which organization to open for a credential that was presented. Digests only, and nothing else about anybody.
create table credential_directory (
  lookup bytea not null,
  organization_id uuid not null,
  primary key (lookup, organization_id)
);
select metaagent_deployment_table('credential_directory');
