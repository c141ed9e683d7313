-- The oldest transaction of this database that still ran when the statement's snapshot was taken: whatever writers
-- before it did is visible or will never be, so a reader that stops here misses nothing. `pg_snapshot_xmin` would do as
-- well, but it counts the transactions of every database of the cluster, and somebody else's long one would hold up ours.
-- A transaction is left out only if it is known to be another database's; one that ended meanwhile, or whose session
-- cannot be found, still counts. The id is looked up in the locks and not in pg_stat_activity, which pairs a session's
-- database with whatever transaction its slot runs a moment later.
create function metaagent_settled_before()
returns xid8 language sql stable set search_path = pg_catalog, pg_temp as $$
  select least(
    coalesce(
      (select running from pg_snapshot_xip(pg_current_snapshot()) running
        where not exists (
          select from pg_locks l join pg_stat_activity a on a.pid = l.pid
          where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
            and l.transactionid = running::xid
            and a.datid <> (select oid from pg_database where datname = current_database()))
          and not exists (
            select from pg_prepared_xacts p where p.transaction = running::xid and p.database <> current_database())
        order by running limit 1),
      pg_snapshot_xmax(pg_current_snapshot())),
    pg_current_xact_id_if_assigned())
$$;
revoke execute on function metaagent_settled_before() from public;
grant execute on function metaagent_settled_before() to metaagent_app;
