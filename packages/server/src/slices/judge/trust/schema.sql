-- A judge on a metric: what it gave and what audits say of it. One row each, written over; the journal has every step.
create table trust_evidence (
  organization_id uuid not null,
  judge text not null,
  metric text not null,
  judge_kind text not null check (judge_kind in ('human', 'code', 'model', 'outcome')),
  given bigint not null,
  last_given_at timestamptz not null,
  standing text not null check (standing in ('unproven', 'trusted', 'suspended')),
  -- The last entry of the journal about it, and the state after it; null: nothing was audited.
  seq bigint,
  pass_said_pass double precision,
  pass_said_fail double precision,
  fail_said_pass double precision,
  fail_said_fail double precision,
  abstained double precision,
  verdicts bigint,
  halvings double precision,
  primary key (organization_id, judge, metric),
  check (num_nulls(seq, pass_said_pass, pass_said_fail, fail_said_pass, fail_said_fail, abstained, verdicts, halvings)
    in (0, 8))
) with (fillfactor = 70);
create index trust_evidence_of_metric on trust_evidence (organization_id, metric, judge);
select metaagent_tenant_table('trust_evidence');

-- Every audited verdict and every correction, in their order. Replayed from any snapshot it gives the state above.
create table trust_journal (
  organization_id uuid not null,
  seq bigint not null check (seq > 0),
  judge text not null,
  metric text not null,
  subject_kind text not null,
  subject_id text not null,
  judgment_id uuid not null,
  said text not null check (said in ('pass', 'fail', 'abstain')),
  -- Null: what was known to be right was taken back.
  gold text check (gold in ('pass', 'fail')),
  is_correction boolean not null,
  was text check (was in ('pass', 'fail')),
  -- How much of the verdict still counted when it was corrected.
  weight double precision not null,
  half_life_verdicts double precision check (half_life_verdicts > 0),
  gold_from text not null check (gold_from in ('label', 'judgment')),
  gold_id uuid not null,
  -- What the model in use then said after this entry.
  reliability double precision,
  lower_bound double precision,
  authority double precision not null,
  effective_count double precision not null,
  causation_id uuid not null,
  correlation_id text not null,
  recorded_at timestamptz not null,
  primary key (organization_id, seq),
  check (is_correction = (half_life_verdicts is null)),
  check (is_correction or (gold is not null and was is null and weight = 1))
);
create index trust_journal_of_judge on trust_journal (organization_id, judge, metric, seq);
select metaagent_tenant_table('trust_journal', append_only => true);

-- The state as JSON after an entry of the journal; the latest few are kept.
create table trust_snapshots (
  organization_id uuid not null,
  seq bigint not null check (seq > 0),
  -- Text: the digest is over exactly these bytes.
  state text not null,
  state_sha256 bytea not null check (octet_length(state_sha256) = 32),
  made_at timestamptz not null,
  primary key (organization_id, seq),
  check (state_sha256 = sha256(convert_to(state, 'UTF8')))
);
select metaagent_tenant_table('trust_snapshots');

-- Which entries were let go, and the snapshot that stands for them.
create table trust_retirements (
  organization_id uuid not null,
  through_seq bigint not null,
  entries bigint not null,
  snapshot_seq bigint not null,
  state_sha256 bytea not null,
  retired_at timestamptz not null,
  primary key (organization_id, through_seq),
  check (through_seq <= snapshot_seq)
);
select metaagent_tenant_table('trust_retirements', append_only => true);

-- The one way in which entries go: those that a kept snapshot stands for, with a record of it. The serving role has no
-- right to delete; while this runs nobody else reads or writes the journal, since policies are not forced on its owner.
create function metaagent_retire_trust_journal(through bigint, at timestamptz)
returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set lock_timeout = '5s' as $$
declare
  own uuid := nullif(current_setting('metaagent.organization_id', true), '')::uuid;
  oldest trust_snapshots;
  retired bigint;
begin
  select * into oldest from trust_snapshots where organization_id = own order by seq limit 1;
  if own is null or oldest.seq is null or through > oldest.seq then
    raise exception 'entries through % are not covered by the oldest kept snapshot', through
      using errcode = 'insufficient_privilege';
  end if;
  alter table trust_journal no force row level security;
  delete from trust_journal where organization_id = own and seq <= through;
  get diagnostics retired = row_count;
  alter table trust_journal force row level security;
  if retired > 0 then
    insert into trust_retirements values (own, through, retired, oldest.seq, oldest.state_sha256, at);
  end if;
  return retired;
end $$;
revoke all on function metaagent_retire_trust_journal(bigint, timestamptz) from public;
grant execute on function metaagent_retire_trust_journal(bigint, timestamptz) to metaagent_app;

-- The verdict of a judge on an item (subject and metric) in an order that counts: its latest, or the one that was audited.
create table trust_verdicts (
  organization_id uuid not null,
  -- Of subject and metric: the first 16 bytes of their SHA-256.
  item_id uuid not null,
  judge text not null,
  -- '': the judge did not tell the order.
  presented text not null check (presented in ('', 'as-given', 'swapped')),
  subject_kind text not null,
  subject_id text not null,
  metric text not null,
  judgment_id uuid not null,
  judge_kind text not null check (judge_kind in ('human', 'code', 'model', 'outcome')),
  said text not null check (said in ('pass', 'fail', 'abstain')),
  is_gold boolean not null,
  observed_at timestamptz not null,
  recorded_at timestamptz not null,
  -- Null: the journal never spoke of it.
  audited_halvings double precision,
  audited_gold text check (audited_gold in ('pass', 'fail')),
  primary key (organization_id, item_id, judge, presented),
  check (audited_halvings is not null or audited_gold is null)
) with (fillfactor = 85);
create index trust_verdicts_latest on trust_verdicts (organization_id, metric, recorded_at);
select metaagent_tenant_table('trust_verdicts');

-- What is known to be right of an item: the latest label wins over the latest gold judgment until it is taken back.
create table trust_gold (
  organization_id uuid not null,
  item_id uuid not null,
  subject_kind text not null,
  subject_id text not null,
  metric text not null,
  label_id uuid,
  label_verdict text check (label_verdict in ('pass', 'fail')),
  label_author text,
  judged_id uuid,
  judged_verdict text check (judged_verdict in ('pass', 'fail')),
  judged_author text,
  judged_at timestamptz,
  recorded_at timestamptz not null,
  primary key (organization_id, item_id),
  check (num_nulls(judged_id, judged_verdict, judged_author, judged_at) in (0, 4))
);
select metaagent_tenant_table('trust_gold');

-- Votes, copies and order effects of each metric, measured from its latest items when something new was heard.
create table trust_metrics (
  organization_id uuid not null,
  metric text not null,
  heard_at timestamptz not null,
  measured_at timestamptz,
  -- MetricTrust without metric and time.
  figures jsonb,
  primary key (organization_id, metric)
) with (fillfactor = 70);
select metaagent_tenant_table('trust_metrics');
