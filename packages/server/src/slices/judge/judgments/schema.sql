-- One judge's verdict about one metric of one subject, as it came. Never changed; erased with the person or by retention.
create table qa_events (
  organization_id uuid not null,
  judgment_id uuid not null,
  execution_id uuid not null,
  -- The OpenTelemetry span id, 8 bytes; null: the whole execution.
  action_id bytea,
  metric text not null,
  -- Null: a score or a label without a verdict.
  verdict text check (verdict in ('qa_success', 'qa_failure')),
  score double precision,
  label text,
  explanation text,
  judge text not null,
  judge_kind text not null check (judge_kind in ('human', 'code', 'model', 'outcome')),
  source text not null,
  idempotency_key text not null,
  observed_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (organization_id, judgment_id),
  unique (organization_id, source, idempotency_key)
);
create index qa_events_of_execution on qa_events (organization_id, execution_id, judgment_id);
-- What was recorded in a stretch: service levels of quality ask every few seconds.
create index qa_events_recorded on qa_events (organization_id, recorded_at) where verdict is not null;
create index qa_events_of_judge on qa_events (organization_id, judge, metric, judgment_id);
select metaagent_tenant_table('qa_events');
