-- The ground under every slice's schema: what has been applied, who may see which table, and day partitions.
-- Slices call metaagent_tenant_table, metaagent_deployment_table and metaagent_partitioned_by_day; nothing else here is
-- for them.

create table schema_migrations (
  slice text not null,
  file text not null,
  -- SHA-256 of the file's text, hex.
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (slice, file)
);

-- What each table was declared to be; the generated access tests hold the catalogue against it.
create table table_access (
  table_name text primary key,
  kind text not null check (kind in ('tenant', 'deployment')),
  append_only boolean not null,
  -- Rows of a tenant table that jobs of the deployment may read; rows of a deployment table: always true.
  deployment_reads boolean not null,
  -- Rows that every scope may read: names and positions that are no tenant's data.
  readable_everywhere boolean not null default false
);

-- Parents that metaagent_ensure_day_partitions may extend.
create table day_partitioned_tables (
  table_name text primary key
);

-- Gives a table forced row-level security: one policy per command. An append-only table gets no update and no delete.
create function metaagent_make_policies(target regclass, readable text, writable text, append_only boolean)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy metaagent_select on %s for select using (%s)', target, readable);
  execute format('create policy metaagent_insert on %s for insert with check (%s)', target, writable);
  execute format('grant select, insert on %s to metaagent_app', target);
  if not append_only then
    execute format('create policy metaagent_update on %s for update using (%s) with check (%s)', target, writable, writable);
    execute format('create policy metaagent_delete on %s for delete using (%s)', target, writable);
    execute format('grant update, delete on %s to metaagent_app', target);
  end if;
end $$;

-- The rows of one organization each. Set deployment_reads where jobs of the deployment read across organizations; a
-- statement on such a table must name organization_id itself, because the policy's `or` hides it from the index.
create function metaagent_tenant_table(
  name text, append_only boolean default false, deployment_reads boolean default false)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  target regclass := name::regclass;
  own text := 'organization_id = (select nullif(current_setting(''metaagent.organization_id'', true), '''')::uuid)';
  readable text := own;
begin
  if not exists (select from pg_index i where i.indrelid = target and i.indisprimary and i.indkey[0] = (
      select attnum from pg_attribute
      where attrelid = target and attname = 'organization_id' and atttypid = 'uuid'::regtype and attnotnull)) then
    raise exception 'tenant table % needs "organization_id uuid not null" first in its primary key', name
      using errcode = 'MA002';
  end if;
  if deployment_reads then
    readable := own || ' or (select current_setting(''metaagent.scope'', true)) = ''deployment''';
  end if;
  perform metaagent_make_policies(target, readable, own, append_only);
  insert into table_access values (name, 'tenant', append_only, deployment_reads);
end $$;

-- The deployment's own rows: written in the deployment scope only, and read there only unless readable_everywhere.
create function metaagent_deployment_table(
  name text, append_only boolean default false, readable_everywhere boolean default false)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare own text := '(select current_setting(''metaagent.scope'', true)) = ''deployment''';
begin
  perform metaagent_make_policies(
    name::regclass, case when readable_everywhere then 'true' else own end, own, append_only);
  insert into table_access values (name, 'deployment', append_only, true, readable_everywhere);
end $$;

-- Registers a parent that is declared `partition by range (started_on)` with one partition a day.
create function metaagent_partitioned_by_day(name text)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (
      select from pg_partitioned_table p
      join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
      where p.partrelid = name::regclass and p.partstrat = 'r' and p.partnatts = 1
        and a.attname = 'started_on' and a.atttypid = 'date'::regtype) then
    raise exception 'table % is not declared "partition by range (started_on)" with a date', name using errcode = 'MA002';
  end if;
  if length(name) > 54 then
    raise exception 'table name % leaves no room for the day in 63 characters', name using errcode = 'MA002';
  end if;
  insert into day_partitioned_tables values (name);
end $$;

create function metaagent_day_partition_name(parent text, day date)
returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select parent || '_' || to_char(day, 'YYYYMMDD')
$$;

-- Reads the catalogue itself: to_regclass may answer from a cache that has not heard of another transaction's commit.
create function metaagent_has_table(name text)
returns boolean language sql volatile set search_path = pg_catalog, pg_temp as $$
  select exists (select from pg_class where relnamespace = 'public'::regnamespace and relname = name)
$$;

-- Makes the missing partitions of a registered parent and returns how many it made. Safe to call from several
-- transactions at once. A partition has forced row-level security, no policy and no grant: it is reached through its
-- parent only. Refuses (MA001) above 2,000 partitions, which is where planning time starts to hurt.
create function metaagent_ensure_day_partitions(parent text, days date[])
returns integer language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  cap constant integer := 2000;
  day date;
  part text;
  made integer := 0;
begin
  if not exists (
      select from unnest(days) wanted(d) where not metaagent_has_table(metaagent_day_partition_name(parent, d))) then
    return 0;
  end if;
  perform metaagent_assert_day_partitioned(parent);
  perform pg_advisory_xact_lock(hashtext('metaagent_day_partitions'), hashtext(parent));
  for day in select distinct d from unnest(days) wanted(d) where d is not null order by d loop
    if day not between '1970-01-01' and '2999-12-31' then
      raise exception 'no partition is made for the day %', day using errcode = 'datetime_field_overflow';
    end if;
    part := metaagent_day_partition_name(parent, day);
    if not metaagent_has_table(part) then
      if (select count(*) from pg_inherits where inhparent = ('public.' || quote_ident(parent))::regclass) >= cap then
        raise exception 'table % has % day partitions, the most allowed', parent, cap
          using errcode = 'MA001', hint = 'drop old days by retention, or refuse rows with dates that far apart';
      end if;
      -- Attaching takes a lock that readers and writers of the parent do not feel; `partition of` would stop them.
      execute format('create table public.%I (like public.%I including all)', part, parent);
      execute format('alter table public.%I enable row level security', part);
      execute format('alter table public.%I force row level security', part);
      execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
        parent, part, day, day + 1);
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;

-- Drops whole days before a date and returns how many. It takes rows of every organization, so only the deployment
-- scope may; it gives up after five seconds rather than stop everybody behind its lock.
create function metaagent_drop_day_partitions(parent text, before date)
returns integer language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set lock_timeout = '5s' as $$
declare
  part text;
  dropped integer := 0;
begin
  if current_setting('metaagent.scope', true) is distinct from 'deployment' then
    raise exception 'only the deployment scope drops days of %', parent using errcode = 'insufficient_privilege';
  end if;
  perform metaagent_assert_day_partitioned(parent);
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ('public.' || quote_ident(parent))::regclass
      and c.relname < metaagent_day_partition_name(parent, before) and c.relname ~ '_\d{8}$'
    order by c.relname
  loop
    execute format('drop table public.%I', part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

create function metaagent_assert_day_partitioned(parent text)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from day_partitioned_tables where table_name = parent) then
    raise exception 'table % is not registered as partitioned by day', parent using errcode = 'MA003';
  end if;
end $$;

do $$
declare own regprocedure;
begin
  for own in select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and proname like 'metaagent%' loop
    execute format('revoke execute on function %s from public', own);
  end loop;
end $$;
grant execute on function metaagent_ensure_day_partitions(text, date[]) to metaagent_app;
grant execute on function metaagent_drop_day_partitions(text, date) to metaagent_app;

select metaagent_deployment_table('schema_migrations');
select metaagent_deployment_table('table_access');

-- The partition functions read the register in every scope.
select metaagent_deployment_table('day_partitioned_tables', readable_everywhere => true);
