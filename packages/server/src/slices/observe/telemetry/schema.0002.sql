-- Executions that ended, or of which more arrived after their end, until whoever reads ended traces has taken them.
create table ended_executions (
  organization_id uuid not null,
  execution_id uuid not null,
  primary key (organization_id, execution_id)
);
select metaagent_tenant_table('ended_executions');
