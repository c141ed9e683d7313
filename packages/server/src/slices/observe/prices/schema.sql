-- Prices that an organization sets itself; they come before the price table. Never changed, only withdrawn: costs name
-- the revision by which they were priced.
create table model_prices (
  organization_id uuid not null,
  price_id uuid not null,
  -- The change of the organization's prices by which it came, counted from 1.
  revision integer not null check (revision > 0),
  -- Null: whoever serves the model.
  provider text,
  match_kind text not null check (match_kind in ('equals', 'starts_with', 'ends_with', 'contains')),
  match_value text not null,
  -- The period in which calls begin that it prices; null is open.
  effective_from timestamptz,
  effective_to timestamptz,
  -- Keys of the price table to USD as decimal texts: {"input_mtok": "2.5"}.
  prices jsonb not null,
  note text,
  created_by text not null,
  created_at timestamptz not null,
  withdrawn_by text,
  withdrawn_at timestamptz,
  primary key (organization_id, price_id)
);
create index model_prices_newest on model_prices (organization_id, revision desc);
select metaagent_tenant_table('model_prices');

-- How often an organization's prices have changed: one look tells whether what a process remembers still holds.
create table model_price_revisions (
  organization_id uuid not null,
  revision integer not null,
  primary key (organization_id)
);
select metaagent_tenant_table('model_price_revisions');
