-- Words of executions and their steps, for the list's filter `q`. Read by a job after the commit, so that ingest only
-- notes which executions wait. There is no GIN index: the operator @@ is not leakproof, so row-level security keeps the
-- planner from using one; the list walks its own order and looks each execution's words up by key.
create table execution_search (
  organization_id uuid not null,
  started_on date not null,
  execution_id uuid not null,
  words tsvector not null,
  primary key (organization_id, started_on, execution_id)
) partition by range (started_on);
select metaagent_partitioned_by_day('execution_search');
select metaagent_tenant_table('execution_search');

create table execution_search_queue (
  organization_id uuid not null,
  execution_id uuid not null,
  primary key (organization_id, execution_id)
);
select metaagent_tenant_table('execution_search_queue');
