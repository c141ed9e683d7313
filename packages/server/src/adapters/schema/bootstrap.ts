/**
 * What must exist before the first migration, run by a superuser: the two roles and the right to own the schema. Roles
 * belong to the whole cluster, so another database's migration may make them at the same moment.
 */
export const bootstrapStatements = `
  do $$
  declare wanted text;
  begin
    foreach wanted in array array['metaagent_owner', 'metaagent_app'] loop
      if to_regrole(wanted) is null then
        begin
          execute format('create role %I nologin nosuperuser nocreatedb nocreaterole nobypassrls', wanted);
        exception when duplicate_object or unique_violation then null;
        end;
      end if;
    end loop;
    if exists (select from pg_available_extensions where name = 'vector')
      and not exists (select from pg_extension where extname = 'vector') then
      begin
        create extension vector;
      exception when duplicate_object or unique_violation or insufficient_privilege then null;
      end;
    end if;
    if not has_schema_privilege('metaagent_owner', 'public', 'create') then
      grant usage, create on schema public to metaagent_owner;
    end if;
    if not has_schema_privilege('metaagent_app', 'public', 'usage') then
      grant usage on schema public to metaagent_app;
    end if;
    -- Databases that come from before PostgreSQL 15 let everybody create tables here.
    if has_schema_privilege('public', 'public', 'create') then
      revoke create on schema public from public;
    end if;
    if not has_database_privilege('metaagent_app', current_database(), 'temporary') then
      execute format('grant temporary on database %I to metaagent_app', current_database());
    end if;
  end $$`
