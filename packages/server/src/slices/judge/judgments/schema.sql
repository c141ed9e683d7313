-- What one judge said about one metric of one subject, as it came. Never changed; erased with the person or by retention.
create table qa_events (
  organization_id uuid not null,
  judgment_id uuid not null,
  -- score: a score, a label or an abstention, without a verdict.
  type text not null check (type in (
    'qa_success', 'qa_failure', 'qa_warning', 'qa_exemption', 'qa_disabled', 'qa_coverage', 'score')),
  subject_kind text not null check (subject_kind in ('execution', 'action', 'artifact', 'macro', 'series')),
  -- Null: an execution or one of its actions, which have columns of their own.
  subject_id text,
  execution_id uuid,
  -- The OpenTelemetry span id, 8 bytes; null: the whole execution.
  action_id bytea,
  metric text not null,
  score double precision,
  score_min double precision,
  score_max double precision,
  pass_from double precision,
  confidence double precision check (confidence between 0 and 1),
  answer_order text check (answer_order in ('as-given', 'swapped')),
  label text,
  explanation text,
  judge text not null,
  judge_kind text not null check (judge_kind in ('human', 'code', 'model', 'outcome')),
  -- What an event about the check itself tells.
  details jsonb,
  gold boolean not null,
  synthetic boolean not null,
  source text not null,
  correlation_id text not null,
  idempotency_key text not null,
  observed_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (organization_id, judgment_id),
  unique (organization_id, source, idempotency_key),
  check ((subject_kind in ('execution', 'action')) = (subject_id is null)),
  check ((subject_kind in ('execution', 'action')) = (execution_id is not null)),
  check ((subject_kind = 'action') = (action_id is not null))
);
create index qa_events_of_execution on qa_events (organization_id, execution_id, judgment_id)
  where execution_id is not null;
create index qa_events_of_subject on qa_events (organization_id, subject_kind, subject_id, judgment_id)
  where subject_id is not null;
-- What was recorded in a stretch: service levels of quality ask every few seconds.
create index qa_events_recorded on qa_events (organization_id, recorded_at)
  where type in ('qa_success', 'qa_failure') and execution_id is not null;
create index qa_events_of_judge on qa_events (organization_id, judge, metric, judgment_id);
select metaagent_tenant_table('qa_events');

-- Every version of the words that an organization added for verdicts. The highest version holds; none: the shipped ones.
create table qa_status_words (
  organization_id uuid not null,
  version integer not null check (version > 0),
  words jsonb not null,
  reason text not null,
  -- Kind and id of who changed it: `user:0190…`.
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, version),
  foreign key (organization_id, approval_id) references approval_requests (organization_id, approval_id)
);
select metaagent_tenant_table('qa_status_words', append_only => true);

-- What a subject's verdict ought to be: one row a subject and metric, the one that was given last.
create table qa_labels (
  organization_id uuid not null,
  subject_kind text not null check (subject_kind in ('execution', 'action', 'artifact', 'macro', 'series')),
  subject_id text not null,
  metric text not null,
  label_id uuid not null,
  -- Of executions and their actions.
  execution_id uuid,
  -- Null: the label was taken back.
  verdict text check (verdict in ('pass', 'fail')),
  origin text not null check (origin in ('human', 'outcome')),
  note text,
  labelled_by text not null,
  observed_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (organization_id, subject_kind, subject_id, metric)
);
create unique index qa_labels_newest on qa_labels (organization_id, label_id);
create index qa_labels_of_execution on qa_labels (organization_id, execution_id) where execution_id is not null;
select metaagent_tenant_table('qa_labels');
