-- What tasks and artifacts belong to. Conflicts are looked for within one project, under one lock (see README).
create table projects (
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  description text,
  status text not null check (status in ('active', 'paused', 'completed', 'archived')),
  -- Counts changes; the entity tag.
  revision integer not null check (revision > 0),
  created_at timestamptz not null,
  -- Kind and id: `api_key:0190…`.
  created_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, project_id)
);
create unique index projects_by_name on projects (organization_id, lower(name)) where status <> 'archived';
select metaagent_tenant_table('projects');

create table tasks (
  organization_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  title text not null,
  -- Title without case, signs and spaces: with the digest of the inputs it says which tasks are the same twice.
  title_key text not null,
  description text,
  status text not null check (status in ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
  agent text,
  priority integer not null,
  inputs jsonb not null,
  inputs_digest text not null,
  revision integer not null check (revision > 0),
  created_at timestamptz not null,
  created_by text not null,
  changed_at timestamptz not null,
  removed_at timestamptz,
  primary key (organization_id, task_id),
  foreign key (organization_id, project_id) references projects (organization_id, project_id)
);
create index tasks_by_project on tasks (organization_id, project_id, task_id);
create index tasks_by_title on tasks (organization_id, project_id, title_key, inputs_digest) where removed_at is null;
select metaagent_tenant_table('tasks');

-- What an agent made, with its present state. Its contents are versions; `version` is the one that holds.
create table artifacts (
  organization_id uuid not null,
  artifact_id uuid not null,
  project_id uuid not null,
  task_id uuid,
  name text not null,
  type text not null,
  agent text,
  state text not null check (state in ('DRAFT', 'ACTIVE', 'BLOCKED', 'SUPERSEDED', 'ARCHIVED')),
  priority integer not null,
  version integer not null check (version > 0),
  content_hash text not null,
  content_bytes integer not null,
  path text,
  -- No foreign keys: lineage may name what has been let go.
  supersedes uuid,
  superseded_by uuid,
  activated_at timestamptz,
  because jsonb,
  revision integer not null check (revision > 0),
  created_at timestamptz not null,
  created_by text not null,
  changed_at timestamptz not null,
  primary key (organization_id, artifact_id),
  foreign key (organization_id, project_id) references projects (organization_id, project_id),
  check ((state = 'ACTIVE') <= (activated_at is not null))
);
create index artifacts_by_project on artifacts (organization_id, project_id, artifact_id);
create index artifacts_by_task on artifacts (organization_id, task_id) where task_id is not null;
create index artifacts_ended on artifacts (organization_id, changed_at) where state in ('SUPERSEDED', 'ARCHIVED');
select metaagent_tenant_table('artifacts');

-- Immutable: rows come with an artifact or a revision and go with their artifact.
create table artifact_versions (
  organization_id uuid not null,
  artifact_id uuid not null,
  version integer not null check (version > 0),
  -- The version that it was made from.
  parent_version integer,
  content_kind text not null check (content_kind in ('text', 'json')),
  -- The text itself, or the canonical JSON (RFC 8785): exactly the bytes that the hash is of.
  content text not null,
  -- SHA-256, hex.
  content_hash text not null,
  content_bytes integer not null,
  path text,
  operation text not null,
  claims jsonb not null,
  requirements jsonb not null,
  problems jsonb not null,
  origin text not null check (origin in ('made', 'revised', 'merged', 'witness', 'renamed')),
  created_at timestamptz not null,
  created_by text not null,
  primary key (organization_id, artifact_id, version),
  foreign key (organization_id, artifact_id) references artifacts (organization_id, artifact_id) on delete cascade
);
select metaagent_tenant_table('artifact_versions');

-- What the present version of each artifact claims: paths, versions of packages, decisions. Found by key, so that looking
-- for conflicts reads what is near and not the whole project.
create table artifact_claims (
  organization_id uuid not null,
  artifact_id uuid not null,
  position integer not null,
  project_id uuid not null,
  kind text not null check (kind in ('path', 'requirement', 'decision')),
  -- Of a path: NFC and case-folded; byte order, for ranges below a folder. Of a requirement: `npm:react`.
  key text collate "C" not null,
  -- Patterns have no place in the order of keys; they are looked at one and all.
  is_pattern boolean not null,
  claim jsonb not null,
  -- Whether its artifact is ACTIVE.
  is_active boolean not null,
  primary key (organization_id, artifact_id, position),
  foreign key (organization_id, artifact_id) references artifacts (organization_id, artifact_id) on delete cascade
);
create index artifact_claims_active on artifact_claims (organization_id, project_id, kind, key) where is_active;
create index artifact_patterns_active on artifact_claims (organization_id, project_id) where is_active and is_pattern;
select metaagent_tenant_table('artifact_claims');

-- What rests on what: artifacts and tasks on artifacts, tasks and agents.
create table artifact_dependencies (
  organization_id uuid not null,
  from_kind text not null check (from_kind in ('artifact', 'task')),
  from_id uuid not null,
  to_kind text not null check (to_kind in ('artifact', 'task', 'agent')),
  -- Id of an artifact or task, name of an agent.
  to_id text not null,
  project_id uuid not null,
  reason text not null check (reason in ('declared', 'serialised')),
  primary key (organization_id, from_kind, from_id, to_kind, to_id),
  foreign key (organization_id, project_id) references projects (organization_id, project_id)
);
create index artifact_dependencies_to on artifact_dependencies (organization_id, to_kind, to_id);
create index artifact_dependencies_of on artifact_dependencies (organization_id, project_id);
select metaagent_tenant_table('artifact_dependencies');

create table conflicts (
  organization_id uuid not null,
  conflict_id uuid not null,
  project_id uuid not null,
  -- SHA-256 of type, kind, subject and the members with their versions: the same finding is one row.
  fingerprint text not null,
  type text not null,
  kind text not null,
  subject text not null,
  severity text not null check (severity in ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  blocking boolean not null,
  state text not null check (state in ('open', 'escalated', 'resolved', 'gone')),
  -- Resolved so that its members, in these versions, may be ACTIVE together.
  is_waived boolean not null,
  because jsonb not null,
  hints jsonb not null,
  witness text,
  resolution jsonb,
  -- What the resolution answered, so that asking again answers the same.
  answer jsonb,
  detected_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (organization_id, conflict_id),
  foreign key (organization_id, project_id) references projects (organization_id, project_id)
);
create unique index conflicts_by_fingerprint on conflicts (organization_id, fingerprint);
create index conflicts_open on conflicts (organization_id, project_id, conflict_id) where state in ('open', 'escalated');
create index conflicts_ended on conflicts (organization_id, changed_at) where state in ('resolved', 'gone');
select metaagent_tenant_table('conflicts');

create table conflict_members (
  organization_id uuid not null,
  conflict_id uuid not null,
  artifact_id uuid not null,
  role text not null check (role in ('standing', 'newcomer')),
  -- As they were when it was found.
  name text not null,
  agent text,
  version integer not null,
  content_hash text not null,
  claim text not null,
  primary key (organization_id, conflict_id, artifact_id),
  foreign key (organization_id, conflict_id) references conflicts (organization_id, conflict_id) on delete cascade
);
create index conflict_members_by_artifact on conflict_members (organization_id, artifact_id);
select metaagent_tenant_table('conflict_members');

-- Creations that named themselves, with what they were answered.
create table idempotency_keys (
  organization_id uuid not null,
  -- SHA-256 of operation, asker and key, hex.
  key_digest text not null,
  request_digest text not null,
  reply jsonb not null,
  created_at timestamptz not null,
  primary key (organization_id, key_digest)
);
create index idempotency_keys_by_time on idempotency_keys (organization_id, created_at);
select metaagent_tenant_table('idempotency_keys');
