-- Who runs a piece of work that must not run twice at once. The database's clock decides when a lease has run out.
create table leases (
  name text primary key,
  holder text not null,
  held_until timestamptz not null
);
select metaagent_deployment_table('leases');
