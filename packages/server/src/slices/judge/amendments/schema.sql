-- Documents whose text is in force only by ratification; version 0: none is yet.
create table governed_documents (
  organization_id uuid not null,
  name text not null,
  version integer not null check (version >= 0),
  -- Of the text in force, or of the empty one.
  digest text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (organization_id, name)
);
create unique index governed_documents_by_name on governed_documents (organization_id, lower(name));
select metaagent_tenant_table('governed_documents');

create table document_versions (
  organization_id uuid not null,
  name text not null,
  version integer not null check (version >= 1),
  text text not null,
  -- `sha256:` and the hex digest of the text.
  digest text not null,
  author text not null,
  -- Null: the text that MetaAgent ships.
  amendment_id uuid,
  approval_id uuid,
  added integer not null,
  removed integer not null,
  ratified_at timestamptz not null,
  primary key (organization_id, name, version),
  foreign key (organization_id, name) references governed_documents (organization_id, name)
);
select metaagent_tenant_table('document_versions', append_only => true);

create table amendments (
  organization_id uuid not null,
  amendment_id uuid not null,
  document text not null,
  state text not null check (state in ('open', 'ratified', 'rejected', 'withdrawn', 'expired')),
  origin text not null check (origin in ('drift', 'person')),
  -- What drifted; null: a person wrote it.
  stream_id uuid,
  -- The newest alarm as it was told, from which the draft can be written again; null with a stream: it recovered.
  news jsonb,
  title text not null,
  reason text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  section text,
  failures jsonb,
  because jsonb not null,
  evidence jsonb not null,
  alarms integer not null check (alarms >= 0),
  base_version integer not null,
  base_digest text not null,
  draft text not null,
  draft_digest text not null,
  added integer not null,
  removed integer not null,
  revision integer not null check (revision >= 1),
  is_edited boolean not null,
  opened_by text not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  approval_id uuid,
  correlation_id text not null,
  primary key (organization_id, amendment_id),
  foreign key (organization_id, document) references governed_documents (organization_id, name),
  check ((origin = 'drift') = (stream_id is not null)),
  check ((state = 'open') = (decided_at is null))
);
-- More drift of a stream finds its open amendment, and two at once open no second one.
create unique index amendments_open_stream on amendments (organization_id, stream_id, document)
  where state = 'open';
create index amendments_of_stream on amendments (organization_id, stream_id) where stream_id is not null;
create index amendments_open on amendments (organization_id, expires_at) where state = 'open';
create index amendments_of_document on amendments (organization_id, document, amendment_id);
select metaagent_tenant_table('amendments');

-- Every text that a draft had.
create table amendment_revisions (
  organization_id uuid not null,
  amendment_id uuid not null,
  revision integer not null,
  base_version integer not null,
  draft text not null,
  draft_digest text not null,
  author text not null,
  note text not null,
  made_at timestamptz not null,
  primary key (organization_id, amendment_id, revision),
  foreign key (organization_id, amendment_id) references amendments (organization_id, amendment_id)
);
select metaagent_tenant_table('amendment_revisions', append_only => true);

-- The alarms behind an amendment: whoever decides it says whether they were real.
create table amendment_alarms (
  organization_id uuid not null,
  amendment_id uuid not null,
  alarm_id uuid not null,
  told_at timestamptz not null,
  primary key (organization_id, amendment_id, alarm_id),
  foreign key (organization_id, amendment_id) references amendments (organization_id, amendment_id)
);
select metaagent_tenant_table('amendment_alarms', append_only => true);
