import {
  type CustomRoleChange,
  type CustomRoleInput,
  Role,
  type RoleDefinition,
  scopesOfRole,
} from '@metaagent/contract'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { judgeGrant } from '../model/rights.ts'
import { type CustomRole, judgeRole, type RoleHeld } from '../model/roles.ts'
import {
  allCustomRoles,
  countMembers,
  deleteCustomRole,
  insertCustomRole,
  lockCustomRole,
  updateCustomRole,
} from '../store/roles.ts'
import { credentialsChanged } from './process-state.ts'

const unknownRole = refuse('not-found', 'Your organization has no role of its own with this id.')
const nameTaken = refuse(
  'already-exists',
  'Your organization has a role of this name. Change that one, or use another name.',
)

const descriptions: Readonly<Record<Role, string>> = {
  admin: 'Everything: people, keys, rules, approvals, and erasing data.',
  developer: 'Sees everything, reports, proposes, runs and asks for approvals.',
  viewer: 'Sees dashboards and reports.',
}

/** The built-in roles, then the organization's own by name. */
export async function listRoles(deps: Deps, caller: Caller): Promise<readonly RoleDefinition[]> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const members = await countMembers(tx)
    const builtIn = Role.options.map((role) => ({
      roleId: null,
      name: role,
      description: descriptions[role],
      scopes: [...scopesOfRole[role]],
      countsAs: role,
      members: members.get(role) ?? 0,
      version: null,
      changedAt: null,
    }))
    return [...builtIn, ...(await allCustomRoles(tx)).map((role) => describe(role, members.get(role.roleId) ?? 0))]
  })
}

/** Makes a role; nobody puts a scope into it that they lack. */
export async function addRole(deps: Deps, caller: Caller, input: CustomRoleInput): Promise<Result<RoleDefinition>> {
  const judged = judgeRole({ granter: caller.scopes, before: null, draft: input })
  if (!judged.ok) return judged
  const role = { ...judged.value, roleId: deps.ids.uuid(), version: 1, changedAt: deps.clock.now() }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if (!(await insertCustomRole(tx, role))) return nameTaken
    const { roleId, name, scopes, countsAs } = role
    const payload = { roleId, name, scopes: [...scopes], countsAs }
    await append(deps, tx, [
      { type: 'identity.role.created', subject: `role/${roleId}`, actor: actorOf(caller), payload },
    ])
    return ok(describe(role, 0))
  })
}

/** Changes a role, for everybody who has it at once. */
export async function changeRole(
  deps: Deps,
  caller: Caller,
  roleId: string,
  { expectedVersion, ...draft }: CustomRoleChange,
): Promise<Result<RoleDefinition>> {
  return deps.store.transaction(
    { organizationId: caller.organizationId },
    async (tx): Promise<Result<RoleDefinition>> => {
      const before = await lockCustomRole(tx, roleId)
      if (before === null) return unknownRole
      if (before.version !== expectedVersion)
        return refuse('precondition-failed', 'The role has changed since you read it. Read it again.', {
          version: before.version,
        })
      const judged = judgeRole({ granter: caller.scopes, before, draft })
      if (!judged.ok) return judged
      const role = { ...judged.value, roleId, version: before.version + 1, changedAt: deps.clock.now() }
      if (!(await updateCustomRole(tx, role))) return nameTaken
      const payload = {
        roleId,
        name: role.name,
        scopes: [...role.scopes],
        countsAs: role.countsAs,
        version: role.version,
      }
      await append(deps, tx, [
        { type: 'identity.role.changed', subject: `role/${roleId}`, actor: actorOf(caller), payload },
      ])
      credentialsChanged(deps, tx)
      return ok(describe(role, (await countMembers(tx)).get(roleId) ?? 0))
    },
  )
}

/** Takes a role away that nobody has. */
export async function removeRole(deps: Deps, caller: Caller, roleId: string): Promise<Result<RoleDefinition>> {
  return deps.store.transaction(
    { organizationId: caller.organizationId },
    async (tx): Promise<Result<RoleDefinition>> => {
      const role = await lockCustomRole(tx, roleId)
      if (role === null) return unknownRole
      const allowed = judgeGrant(caller.scopes, role.scopes)
      if (!allowed.ok) return allowed
      const members = (await countMembers(tx)).get(roleId) ?? 0
      if (members > 0)
        return refuse('conflict', `${peopleHave(members)} this role. Give them another one first.`, { members })
      await deleteCustomRole(tx, roleId)
      const payload = { roleId, name: role.name }
      await append(deps, tx, [
        { type: 'identity.role.removed', subject: `role/${roleId}`, actor: actorOf(caller), payload },
      ])
      return ok(describe(role, 0))
    },
  )
}

/** What a request means by `role` or `customRoleId`; null: it names neither. */
export async function wantedRole(
  tx: Tx,
  wanted: { readonly role?: Role | undefined; readonly customRoleId?: string | undefined },
): Promise<Result<RoleHeld | null>> {
  if (wanted.role !== undefined) return ok({ role: wanted.role, customRole: null })
  if (wanted.customRoleId === undefined) return ok(null)
  const customRole = await lockCustomRole(tx, wanted.customRoleId)
  return customRole === null ? unknownRole : ok({ role: null, customRole })
}

function peopleHave(members: number): string {
  return members === 1 ? '1 person has' : `${members} people have`
}

function describe(role: CustomRole, members: number): RoleDefinition {
  const { roleId, name, description, countsAs, version } = role
  const scopes = [...role.scopes]
  return { roleId, name, description, scopes, countsAs, members, version, changedAt: toIso(role.changedAt) }
}
