-- The entries of each organization's log, in their one order. The leaf is the exact text that was hashed.
create table ledger_entries (
  organization_id uuid not null,
  entry_index bigint not null check (entry_index >= 0),
  event_id uuid not null,
  type text not null,
  subject text not null,
  occurred_at timestamptz not null,
  sequenced_at timestamptz not null,
  leaf text not null,
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  primary key (organization_id, entry_index),
  unique (organization_id, event_id)
);
create index ledger_entries_by_type on ledger_entries (organization_id, type, entry_index);
create index ledger_entries_by_subject on ledger_entries (organization_id, subject, entry_index);
select metaagent_tenant_table('ledger_entries', append_only => true);

-- Tiles of the Merkle tree (C2SP tlog-tiles). A partial tile grows in place; its earlier widths are its prefixes.
create table ledger_tiles (
  organization_id uuid not null,
  level smallint not null,
  tile_index bigint not null,
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (organization_id, level, tile_index)
);
select metaagent_tenant_table('ledger_tiles');

-- Every checkpoint that was signed; the largest is the head of the log.
create table ledger_checkpoints (
  organization_id uuid not null,
  tree_size bigint not null check (tree_size > 0),
  root_hash bytea not null check (octet_length(root_hash) = 32),
  note text not null,
  signed_at timestamptz not null,
  primary key (organization_id, tree_size)
);
-- Hashes only: the deployment reads all, to sign each log's head again with a new key.
select metaagent_tenant_table('ledger_checkpoints', append_only => true, deployment_reads => true);

-- Where the organization's checkpoints stand in the deployment's log.
create table ledger_anchors (
  organization_id uuid not null,
  tree_size bigint not null,
  deployment_index bigint not null,
  leaf text not null,
  primary key (organization_id, tree_size),
  foreign key (organization_id, tree_size) references ledger_checkpoints (organization_id, tree_size)
);
select metaagent_tenant_table('ledger_anchors', append_only => true);

-- Logs that do not go on, because what is stored contradicts what was signed. Their events wait behind this place.
create table ledger_halts (
  organization_id uuid not null,
  xid xid8 not null,
  event_id uuid not null,
  reason text not null,
  halted_at timestamptz not null,
  primary key (organization_id)
);
select metaagent_tenant_table('ledger_halts', deployment_reads => true);

-- The deployment's log of checkpoints. Hashes only, so that every organization may read it and learns of no other.
create table ledger_deployment_tiles (
  level smallint not null,
  tile_index bigint not null,
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (level, tile_index)
);
select metaagent_deployment_table('ledger_deployment_tiles', readable_everywhere => true);

create table ledger_deployment_checkpoints (
  tree_size bigint primary key check (tree_size > 0),
  root_hash bytea not null check (octet_length(root_hash) = 32),
  note text not null,
  signed_at timestamptz not null
);
select metaagent_deployment_table('ledger_deployment_checkpoints', append_only => true, readable_everywhere => true);

-- How far the journal was sequenced, and the name under which the logs were begun. One row; its lock is the sequencer's.
create table ledger_sequencer (
  only_row boolean primary key default true check (only_row),
  origin text not null,
  xid xid8 not null,
  event_id uuid not null
);
select metaagent_deployment_table('ledger_sequencer', readable_everywhere => true);

create table ledger_keys (
  key_number integer primary key,
  public_key bytea not null check (octet_length(public_key) = 32),
  created_at timestamptz not null
);
select metaagent_deployment_table('ledger_keys', append_only => true, readable_everywhere => true);

-- The secret halves, sealed under the deployment's master key.
create table ledger_key_seeds (
  key_number integer primary key references ledger_keys (key_number),
  sealed_seed bytea not null
);
select metaagent_deployment_table('ledger_key_seeds', append_only => true);

-- When a key that was followed by another stops signing beside it. A key without a row here signs.
create table ledger_key_ends (
  key_number integer primary key references ledger_keys (key_number),
  signs_until timestamptz not null,
  reason text not null
);
select metaagent_deployment_table('ledger_key_ends', append_only => true, readable_everywhere => true);

-- Lines that were added to checkpoints after they were signed: by a key that came later, and by witnesses.
create table ledger_signatures (
  organization_id uuid not null,
  tree_size bigint not null,
  line text not null check (line like '— %' and line like E'%\n'),
  added_at timestamptz not null,
  primary key (organization_id, tree_size, line),
  foreign key (organization_id, tree_size) references ledger_checkpoints (organization_id, tree_size)
);
select metaagent_tenant_table('ledger_signatures', append_only => true);

create table ledger_deployment_signatures (
  tree_size bigint not null references ledger_deployment_checkpoints (tree_size),
  line text not null check (line like '— %' and line like E'%\n'),
  added_at timestamptz not null,
  primary key (tree_size, line)
);
select metaagent_deployment_table('ledger_deployment_signatures', append_only => true, readable_everywhere => true);
