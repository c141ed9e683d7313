-- Whose web pages may read the status with a key of the organization, as browsers write origins.
create table status_origins (
  organization_id uuid not null,
  origin text not null,
  primary key (organization_id, origin)
);
select metaagent_tenant_table('status_origins');
