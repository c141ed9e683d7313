-- Executions that ended, or of which more arrived after their end, until their texts were read for search. Whoever has
-- read one takes it off only if nobody has noted it since.
create table execution_search_queue (
  organization_id uuid not null,
  execution_id uuid not null,
  noted_by xid8 not null default pg_current_xact_id(),
  primary key (organization_id, execution_id)
);
select metaagent_tenant_table('execution_search_queue');
