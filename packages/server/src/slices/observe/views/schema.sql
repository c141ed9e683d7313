-- Filters of lists that people keep under a name.
create table saved_views (
  organization_id uuid not null,
  view_id uuid not null,
  page text not null,
  -- Who made it, as events name an actor: user, api_key, token or system.
  owner_kind text not null,
  owner_id text not null,
  name text not null,
  shared boolean not null,
  filters jsonb not null,
  -- Rises when the filters change.
  version integer not null check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (organization_id, view_id)
);
create unique index saved_views_name on saved_views (organization_id, owner_kind, owner_id, page, lower(name));
select metaagent_tenant_table('saved_views');
