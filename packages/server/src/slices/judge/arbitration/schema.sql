-- The latest vote of each judge on each subject and metric; of a judge who saw both orders, one for each. No texts.
create table arbitration_votes (
  organization_id uuid not null,
  metric text not null,
  subject_kind text not null,
  subject_id text not null,
  judge text not null,
  -- In which order the judge saw what it compared; empty: unknown, or nothing was compared.
  presented text not null check (presented in ('', 'as-given', 'swapped')),
  judge_kind text not null,
  -- Null: the judge abstained.
  verdict text check (verdict in ('pass', 'fail')),
  score double precision,
  confidence double precision,
  judgment_id uuid not null,
  observed_at timestamptz not null,
  primary key (organization_id, metric, subject_kind, subject_id, judge, presented)
);
create index arbitration_votes_observed on arbitration_votes (organization_id, observed_at);
select metaagent_tenant_table('arbitration_votes');

-- One row per subject and metric that judges spoke of: what is to be decided, and what was.
create table arbitration_queue (
  organization_id uuid not null,
  metric text not null,
  subject_kind text not null,
  subject_id text not null,
  -- How many judges gave a verdict; two make it due.
  judges integer not null,
  gold text check (gold in ('pass', 'fail')),
  gold_at timestamptz,
  gold_observed_at timestamptz,
  -- How many items its truth stands for: 1 over the probability of its audit, else 1.
  gold_weight double precision not null default 1,
  -- Somebody said that the metric does not count here: nothing is decided until then.
  exempt_until timestamptz,
  -- Of the latest event that changed it: the decision follows from that.
  correlation_id text not null,
  event_id uuid not null,
  changed_at timestamptz not null,
  -- Null: nothing to decide.
  due_at timestamptz,
  -- The verdict that stands; null: none yet.
  arbitration_id uuid,
  outcome text,
  primary key (organization_id, metric, subject_kind, subject_id)
);
create index arbitration_queue_due on arbitration_queue (organization_id, due_at) where due_at is not null;
create index arbitration_queue_latest on arbitration_queue (organization_id, metric, changed_at desc);
create index arbitration_queue_gold on arbitration_queue (organization_id, metric, gold_at desc) where gold is not null;
create index arbitration_queue_open on arbitration_queue (organization_id, metric, changed_at desc)
  where outcome = 'escalated';
-- Which verdict stands: lists ask it of every row.
create index arbitration_queue_standing on arbitration_queue (organization_id, arbitration_id)
  where arbitration_id is not null;
select metaagent_tenant_table('arbitration_queue');

-- Every verdict ever given, never changed: a later one supersedes it.
create table arbitrations (
  organization_id uuid not null,
  arbitration_id uuid not null,
  -- Its place in the log file's order; see `arbitration_log_cursors`.
  xid xid8 not null default pg_current_xact_id(),
  metric text not null,
  subject_kind text not null,
  subject_id text not null,
  outcome text not null check (outcome in ('decided', 'escalated', 'vetoed', 'labelled')),
  winner text not null check (winner in ('pass', 'fail')),
  probability double precision not null,
  gap double precision not null,
  gap_min double precision not null,
  policy text not null,
  fit_version integer,
  rules_version integer not null,
  dissent text[] not null,
  -- ArbitrationVote[], by judge.
  votes jsonb not null,
  because jsonb not null,
  policy_because jsonb not null,
  supersedes uuid,
  correlation_id text not null,
  causation_id uuid not null,
  event_id uuid not null,
  decided_at timestamptz not null,
  primary key (organization_id, arbitration_id)
);
create index arbitrations_of_subject on arbitrations (organization_id, metric, subject_kind, subject_id, arbitration_id);
create index arbitrations_of_metric on arbitrations (organization_id, metric, arbitration_id);
create index arbitrations_in_commit_order on arbitrations (organization_id, xid, arbitration_id);
create index arbitrations_decided on arbitrations (organization_id, decided_at);
select metaagent_tenant_table('arbitrations');

-- What was learnt about the judges of a metric: every version is kept, since decisions name theirs.
create table arbitration_fits (
  organization_id uuid not null,
  metric text not null,
  version integer not null check (version > 0),
  choice text not null,
  policy text not null,
  -- StoredFit; `sha256:` and the hex digest of its canonical JSON beside it.
  fit jsonb not null,
  digest text not null,
  audits integer not null,
  items integer not null,
  rules_version integer not null,
  fitted_at timestamptz not null,
  primary key (organization_id, metric, version)
);
select metaagent_tenant_table('arbitration_fits');

-- Metrics that judges spoke of; `refit_at`: people changed something that its fit rests on.
create table arbitration_metrics (
  organization_id uuid not null,
  metric text not null,
  refit_at timestamptz,
  primary key (organization_id, metric)
);
select metaagent_tenant_table('arbitration_metrics');

-- Every policy that people set for a metric; the highest version holds, none: `auto`.
create table arbitration_policies (
  organization_id uuid not null,
  metric text not null,
  version integer not null check (version > 0),
  policy text not null,
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, metric, version)
);
select metaagent_tenant_table('arbitration_policies', append_only => true);

-- Every version of what governance says of judges; the highest holds. `file`: it follows the deployment's file.
create table arbitration_rules (
  organization_id uuid not null,
  version integer not null check (version > 0),
  rules jsonb not null,
  -- `sha256:` and the hex digest of the canonical JSON (RFC 8785).
  digest text not null,
  source text not null check (source in ('file', 'organization')),
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  approval_id uuid,
  primary key (organization_id, version)
);
select metaagent_tenant_table('arbitration_rules', append_only => true);

-- The deployment's file as it was last looked at.
create table arbitration_rules_file (
  organization_id uuid not null primary key,
  -- Of its bytes; null: it could not be read.
  digest text,
  -- Empty: the rules that it holds are in force, or the organization has its own.
  faults jsonb not null,
  seen_at timestamptz not null
);
select metaagent_tenant_table('arbitration_rules_file');

-- What humans are asked about, one row per subject and metric.
create table arbitration_audits (
  organization_id uuid not null,
  audit_id uuid not null,
  metric text not null,
  subject_kind text not null,
  subject_id text not null,
  kind text not null check (kind in ('random', 'disagreement', 'escalation')),
  -- With which it came in; its label stands for 1/probability items.
  probability double precision not null check (probability > 0 and probability <= 1),
  state text not null check (state in ('open', 'labelled', 'skipped')),
  arbitration_id uuid not null,
  verdict text check (verdict in ('pass', 'fail')),
  queued_at timestamptz not null,
  closed_at timestamptz,
  -- While it is open: who is answering it.
  closed_by text,
  primary key (organization_id, audit_id),
  unique (organization_id, metric, subject_kind, subject_id),
  check ((state = 'open') = (closed_at is null))
);
create index arbitration_audits_open on arbitration_audits (organization_id, audit_id) where state = 'open';
select metaagent_tenant_table('arbitration_audits');

-- Up to where the file of decisions is written. Behind a transaction that is still open nothing is read, so none is lost.
create table arbitration_log_cursors (
  organization_id uuid not null primary key,
  xid xid8 not null,
  arbitration_id uuid not null,
  failing_since timestamptz,
  error text,
  -- Since when the files are larger than the organization wants to be told; null: they are not.
  large_since timestamptz
);
select metaagent_tenant_table('arbitration_log_cursors');
