-- What the trace of each ended execution shows, and how likely it failed. Outcomes are not here, so they cannot be read.
create table execution_risks (
  organization_id uuid not null,
  execution_id uuid not null,
  agent_id uuid not null,
  release_id uuid,
  -- Of runs in no release zeros, so that the index finds them too. A column, since under row-level security an expression
  -- with `coalesce` is no index condition.
  release_key uuid not null generated always as (coalesce(release_id, '00000000-0000-0000-0000-000000000000')) stored,
  environment text not null,
  unit text,
  synthetic boolean not null,
  ended_at timestamptz not null,
  -- By list price, of its own model calls; null when one of them has no price.
  cost_nano_usd bigint,
  -- RiskFeatures.
  features jsonb not null,
  -- Whether it made a change that another run of its unit made as well; null when one of them changed nothing.
  shares_change boolean,
  score double precision,
  formula text,
  -- KeptReason[].
  because jsonb,
  peers integer,
  -- Null: to be scored, or scored again since more of its unit is known.
  scored_at timestamptz,
  primary key (organization_id, execution_id)
);
create index execution_risks_due on execution_risks (organization_id, execution_id) where scored_at is null;
create index execution_risks_of_unit on execution_risks (organization_id, unit, ended_at desc) where unit is not null;
create index execution_risks_of_agent on execution_risks (organization_id, agent_id, release_key, ended_at desc);
create index execution_risks_by_score on execution_risks (organization_id, score desc, execution_id)
  where score is not null;
select metaagent_tenant_table('execution_risks');

-- Reports that hardly can be: open from raised_at until cleared_at.
create table suspicions (
  organization_id uuid not null,
  suspicion_id uuid not null,
  agent_id uuid not null,
  release_id uuid,
  kind text not null,
  target text not null,
  probability double precision,
  because jsonb not null,
  raised_at timestamptz not null,
  cleared_at timestamptz,
  primary key (organization_id, suspicion_id)
);
create unique index suspicions_open on suspicions (organization_id, agent_id, kind, target, release_id)
  nulls not distinct where cleared_at is null;
create index suspicions_newest on suspicions (organization_id, raised_at desc, suspicion_id);
select metaagent_tenant_table('suspicions');

-- The latest calls of each tool by each agent, as digests: whether answers still vary. Tool '' is the agent's own reply.
-- A ring: a new answer takes the slot of the oldest, and no key changes. With room left in each page for the newer version
-- of a row, neither an index nor a vacuum has work with that, however many answers come.
create table answer_samples (
  organization_id uuid not null,
  agent_id uuid not null,
  tool text not null,
  slot integer not null,
  at timestamptz not null,
  input_digest text not null,
  output_digest text not null,
  primary key (organization_id, agent_id, tool, slot)
) with (fillfactor = 50);
select metaagent_tenant_table('answer_samples');

-- How many answers each ring has taken: where its next one goes.
create table answer_rings (
  organization_id uuid not null,
  agent_id uuid not null,
  tool text not null,
  taken bigint not null,
  primary key (organization_id, agent_id, tool)
) with (fillfactor = 50);
select metaagent_tenant_table('answer_rings');
