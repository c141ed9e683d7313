import type pg from 'pg'
import { UnsafeStoreSetup } from '../../ports/store-errors.ts'

interface ServingRole {
  readonly login: string
  readonly superuser: boolean
  readonly bypassesRls: boolean
  readonly serverVersion: number
  readonly appExists: boolean
  readonly memberOfApp: boolean
  readonly memberOfOwner: boolean
  readonly ownedTable: string | null
  readonly dangerousRole: string | null
  readonly migrated: boolean
}

const readServingRole = `
  select session_user::text as "login", r.rolsuper as "superuser", r.rolbypassrls as "bypassesRls",
    current_setting('server_version_num')::int as "serverVersion",
    to_regrole('metaagent_app') is not null as "appExists",
    coalesce(pg_has_role(session_user, to_regrole('metaagent_app'), 'member'), false) as "memberOfApp",
    coalesce(pg_has_role(session_user, to_regrole('metaagent_owner'), 'member'), false) as "memberOfOwner",
    (select c.oid::regclass::text from pg_class c
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        and c.relowner in (r.oid, to_regrole('metaagent_app')) limit 1) as "ownedTable",
    (select d.rolname::text from pg_roles d
      where (d.rolsuper or d.rolbypassrls or d.rolname in
          ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
        and (pg_has_role(r.oid, d.oid, 'member') or pg_has_role(to_regrole('metaagent_app'), d.oid, 'member'))
      limit 1) as "dangerousRole",
    to_regclass('public.schema_migrations') is not null as "migrated"
  from pg_roles r where r.rolname = session_user`

/**
 * Refuses to serve with a login for which row-level security would not hold, or whose database is not ready. Throws
 * UnsafeStoreSetup with what is wrong and the statement that mends it.
 */
export async function assertServingRoleIsSafe(client: pg.ClientBase | pg.Pool): Promise<void> {
  const { rows } = await client.query<ServingRole>(readServingRole)
  const role = rows[0]
  if (role === undefined) throw new UnsafeStoreSetup('the database does not know the login it was opened with')
  const objection = objectionTo(role)
  if (objection !== null) throw new UnsafeStoreSetup(objection)
}

const oldestServerVersion = 150_000

function objectionTo(role: ServingRole): string | null {
  const login = `the serving login "${role.login}" of DATABASE_URL`
  const instead =
    'Serve with a login that is only a member of metaagent_app: create role … login in role metaagent_app.'
  if (role.serverVersion < oldestServerVersion) return 'the server is older than PostgreSQL 15; upgrade it'
  if (role.superuser) return `${login} is a superuser, for whom row-level security does not hold. ${instead}`
  if (role.bypassesRls) {
    return `${login} has BYPASSRLS, so row-level security does not hold. Run: alter role "${role.login}" nobypassrls`
  }
  if (role.memberOfOwner) {
    return `${login} is metaagent_owner or a member of it and could switch policies off. ${instead}`
  }
  if (role.dangerousRole !== null)
    return `${login} may become "${role.dangerousRole}", which evades row-level security. ${instead}`
  if (role.ownedTable !== null) {
    return `${login} (or metaagent_app) owns the table ${role.ownedTable} and could switch its policies off. Run: alter table ${role.ownedTable} owner to metaagent_owner`
  }
  if (!role.appExists || !role.migrated) {
    return 'the database has no MetaAgent schema. Run `metaagent migrate` with METAAGENT_MIGRATION_URL first.'
  }
  if (!role.memberOfApp) return `${login} may not act as metaagent_app. Run: grant metaagent_app to "${role.login}"`
  return null
}
