-- The words of ended executions and their likeness. Read from telemetry by jobs after the commit, so that ingest only notes
-- which executions wait.

-- What the filter `q` is held against: each word of an execution once, between spaces.
create table execution_words (
  organization_id uuid not null,
  started_on date not null,
  execution_id uuid not null,
  words text not null,
  primary key (organization_id, started_on, execution_id)
) partition by range (started_on);
-- Compressing took longer than finding the words.
alter table execution_words alter column words set storage external;
select metaagent_partitioned_by_day('execution_words');
select metaagent_tenant_table('execution_words');

-- Executions whose words stand in no segment yet. Never many: as soon as they fill a segment they leave.
create table unsealed_words (
  organization_id uuid not null,
  execution_id uuid not null,
  started_on date not null,
  primary key (organization_id, execution_id)
);
select metaagent_tenant_table('unsealed_words');

-- An inverted index in pieces that are written once: some hundred executions each, and which of them hold which word.
-- Leakproof comparisons alone find a word, so that row-level security leaves the index in use (a GIN index it does not).
create table word_segments (
  organization_id uuid not null,
  segment_id uuid not null,
  first_day date not null,
  last_day date not null,
  -- By place 16 bytes of id and 4 of the day, counted from 1970.
  executions bytea not null,
  primary key (organization_id, segment_id)
);
-- Uncompressed and out of line: one execution is cut out without reading the others.
alter table word_segments alter column executions set storage external;
create index word_segments_by_day on word_segments (organization_id, first_day);
select metaagent_tenant_table('word_segments');

-- A run of a segment's sorted words, and for each the places of the executions that hold it (model/postings.ts).
create table word_blocks (
  organization_id uuid not null,
  segment_id uuid not null,
  first_word text collate "C" not null,
  words text not null,
  places text not null,
  primary key (organization_id, segment_id, first_word)
);
alter table word_blocks alter column words set storage external, alter column places set storage external;
select metaagent_tenant_table('word_blocks');

-- What executions are like: a vector each. Portable arrays, so that a server without pgvector holds and compares them too;
-- where it is there, the comparison casts them.
create table execution_embeddings (
  organization_id uuid not null,
  started_on date not null,
  execution_id uuid not null,
  agent_id uuid not null,
  started_at timestamptz not null,
  -- Whose vector it is; vectors of different embedders are never compared. Empty: it has none yet.
  embedder text collate "C" not null,
  -- In whole numbers, 100,000 being 1: the cosine knows directions only.
  embedding real[],
  -- Why the embedder does not take its text.
  refusal text,
  -- SHA-256 of the text that was embedded: unchanged, it is not paid for again.
  text_digest bytea,
  primary key (organization_id, started_on, execution_id)
) partition by range (started_on);
alter table execution_embeddings alter column embedding set storage external;
create index execution_embeddings_newest on execution_embeddings (organization_id, embedder, started_at desc);
select metaagent_partitioned_by_day('execution_embeddings');
select metaagent_tenant_table('execution_embeddings');

-- What endpoints were asked to embed, and what that cost.
create table embedding_usage (
  organization_id uuid not null,
  day date not null,
  name text not null,
  model text not null,
  calls bigint not null,
  executions bigint not null,
  -- Null: no call told of any.
  input_tokens bigint,
  cost_nano_usd bigint,
  unpriced_calls bigint not null,
  primary key (organization_id, day, name, model)
);
select metaagent_tenant_table('embedding_usage');
