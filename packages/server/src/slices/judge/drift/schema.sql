-- What is watched: one row a stream with all that its method remembers. The id is made from what the stream is, so that
-- it is found without a look-up.
create table drift_streams (
  organization_id uuid not null,
  stream_id uuid not null,
  kind text not null,
  metric text not null,
  judge text,
  agent_id uuid,
  subject_kind text,
  subject_id text,
  -- DriftMethodChoice; another one than the settings have starts the stream anew.
  method json not null,
  -- StreamState, as text: numbers stay as they were written.
  state json not null,
  runs bigint not null,
  failures bigint,
  value double precision,
  observed double precision,
  limit_value double precision,
  e_value double precision,
  -- Start of the tick that is not over, where ticks are read; null where rows are.
  tick_at timestamptz,
  alarm_id uuid,
  last_at timestamptz not null,
  created_at timestamptz not null,
  primary key (organization_id, stream_id)
) with (fillfactor = 70);
select metaagent_tenant_table('drift_streams');

-- Ticks of streams, for charts and change points.
create table drift_readings (
  organization_id uuid not null,
  stream_id uuid not null,
  at timestamptz not null,
  runs bigint not null,
  value double precision not null,
  observed double precision,
  limit_value double precision,
  alarm boolean not null,
  primary key (organization_id, stream_id, at)
);
-- For retention: rows lie in the order of time.
create index drift_readings_by_age on drift_readings using brin (organization_id, at);
select metaagent_tenant_table('drift_readings');

-- Alarms of streams: open from opened_at until closed_at. They stay when their stream is retired.
create table drift_alarms (
  organization_id uuid not null,
  alarm_id uuid not null,
  stream_id uuid not null,
  kind text not null,
  -- DriftStreamName.
  stream jsonb not null,
  method text not null,
  severity text not null,
  -- AlarmFacts: what it rests on.
  facts jsonb not null,
  alarms integer not null,
  -- Hours in which it was raised.
  alarm_hours integer not null,
  evidence double precision,
  correlation_id text not null,
  causation_id uuid,
  opened_at timestamptz not null,
  last_at timestamptz not null,
  told_at timestamptz,
  closed_at timestamptz,
  closed_because text,
  verdict text,
  judged_by text,
  judged_at timestamptz,
  primary key (organization_id, alarm_id)
);
create unique index drift_alarms_open on drift_alarms (organization_id, stream_id) where closed_at is null;
create index drift_alarms_of_stream on drift_alarms (organization_id, stream_id, alarm_id desc);
select metaagent_tenant_table('drift_alarms');

-- Every version of which method watches what.
create table drift_settings (
  organization_id uuid not null,
  version integer not null,
  settings json not null,
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, version)
);
select metaagent_tenant_table('drift_settings');

-- Up to which hour agents' figures were read, and alarms compared.
create table drift_cursors (
  organization_id uuid not null,
  figures_until timestamptz,
  compared_until timestamptz,
  primary key (organization_id)
);
select metaagent_tenant_table('drift_cursors');
