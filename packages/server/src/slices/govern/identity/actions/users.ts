import type { EventActor, User, UserInput, UserPatch } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { decideUserChange } from '../model/people.ts'
import { judgeGrant } from '../model/rights.ts'
import { type RoleHeld, roleText, scopesOfHeld } from '../model/roles.ts'
import { addToDirectory } from '../store/directory.ts'
import { voidLinks } from '../store/links.ts'
import { allUsers, insertUser, lockActiveAdmins, type UserRow, updateStanding, userById } from '../store/users.ts'
import { emailIndex } from './digests.ts'
import { issueSignInLink } from './links.ts'
import { credentialsChanged } from './process-state.ts'
import { wantedRole } from './roles.ts'
import { endSessionsOf } from './sessions.ts'
import { seal, unsealAll } from './subjects.ts'

const unknownUser = refuse('not-found', 'Your organization has no user with this id.')

export async function listUsers(deps: Deps, caller: Caller): Promise<readonly User[]> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    describeUsers(deps, tx, await allUsers(tx)),
  )
}

/** Makes a person and a one-time link for them, which is shown once. Nobody makes a person with more rights than theirs. */
export async function addUser(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof UserInput>,
): Promise<Result<{ readonly user: User; readonly signInLink: string }>> {
  const { email, displayName = null } = input
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const wanted = await wantedRole(tx, input)
    if (!wanted.ok) return wanted
    if (wanted.value === null) return refuse('invalid-body', 'Send either `role` or `customRoleId`.')
    const held = wanted.value
    const allowed = judgeGrant(caller.scopes, scopesOfHeld(held))
    if (!allowed.ok) return allowed
    const actor = actorOf(caller)
    const made = await createUser(deps, tx, { email, displayName, held, actor })
    if (!made.ok) return made
    const signInLink = await issueSignInLink(deps, tx, made.value.userId, actor)
    return ok({ user: await describeUser(deps, tx, made.value), signInLink })
  })
}

/** Makes a person; refuses an address that the organization has already. */
export async function createUser(
  deps: Deps,
  tx: Tx,
  person: {
    readonly email: string
    readonly displayName: string | null
    readonly held: RoleHeld
    readonly actor: EventActor
  },
): Promise<Result<UserRow>> {
  const subjectId = deps.ids.uuid()
  const email = await seal(deps, tx, subjectId, person.email, 'user.email')
  const displayName =
    person.displayName === null ? null : await seal(deps, tx, subjectId, person.displayName, 'user.display_name')
  const index = emailIndex(deps, person.email)
  const user: UserRow = {
    userId: deps.ids.uuid(),
    subjectId,
    held: person.held,
    email,
    displayName,
    emailIndex: index,
    passwordHash: null,
    createdAt: deps.clock.now(),
    lastSignedInAt: null,
    disabledAt: null,
  }
  if (!(await insertUser(tx, user)))
    return refuse('already-exists', 'A user with this e-mail address exists. Change that one, or use another address.')
  await tx.within('deployment', (outer) => addToDirectory(outer, index, tx.organizationId))
  await append(deps, tx, [
    {
      type: 'identity.user.created',
      subject: `user/${user.userId}`,
      actor: person.actor,
      payload: { userId: user.userId, role: roleText(user.held), email, displayName },
    },
  ])
  return ok(user)
}

/** Changes role or standing. Disabling ends sessions and links at once; the last admin stays. */
export async function changeUser(
  deps: Deps,
  caller: Caller,
  userId: string,
  patch: z.output<typeof UserPatch>,
): Promise<Result<User>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx): Promise<Result<User>> => {
    const now = deps.clock.now()
    const activeAdminIds = await lockActiveAdmins(tx)
    const user = await userById(tx, userId)
    if (user === null) return unknownUser
    if (user.email === null) return refuse('conflict', 'This user was erased. Make a new one.')
    const wanted = await wantedRole(tx, patch)
    if (!wanted.ok) return wanted
    const change = { wanted: wanted.value, disabled: patch.disabled }
    const decided = decideUserChange({ user, ...change, activeAdminIds, granter: caller.scopes, now })
    if (!decided.ok) return decided
    const { held, disabledAt, changed, shutOut } = decided.value
    if (changed) {
      await updateStanding(tx, userId, held, disabledAt)
      await append(deps, tx, [
        {
          type: 'identity.user.changed',
          subject: `user/${userId}`,
          actor: actorOf(caller),
          payload: { userId, role: roleText(held), disabled: disabledAt !== null },
        },
      ])
      credentialsChanged(deps, tx)
    }
    if (shutOut) {
      await voidLinks(tx, userId, now)
      await endSessionsOf(deps, tx, { userId, except: null }, actorOf(caller))
    }
    return ok(await describeUser(deps, tx, { ...user, held, disabledAt }))
  })
}

/** A new link for somebody who cannot sign in any more. */
export async function renewSignInLink(
  deps: Deps,
  caller: Caller,
  userId: string,
): Promise<Result<{ readonly user: User; readonly signInLink: string }>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const user = await userById(tx, userId)
    if (user === null) return unknownUser
    if (user.disabledAt !== null) return refuse('conflict', 'This account is disabled. Enable it first.')
    const allowed = judgeGrant(caller.scopes, scopesOfHeld(user.held))
    if (!allowed.ok) return allowed
    const signInLink = await issueSignInLink(deps, tx, userId, actorOf(caller))
    return ok({ user: await describeUser(deps, tx, user), signInLink })
  })
}

export async function describeUser(deps: Deps, tx: Tx, row: UserRow): Promise<User> {
  const [user] = await describeUsers(deps, tx, [row])
  if (user === undefined) throw new Error('broken invariant: one row describes one user')
  return user
}

async function describeUsers(deps: Deps, tx: Tx, rows: readonly UserRow[]): Promise<User[]> {
  const fields = rows.flatMap((row) => [
    { sealed: row.email, context: 'user.email' },
    { sealed: row.displayName, context: 'user.display_name' },
  ])
  const opened = await unsealAll(deps, tx, fields)
  return rows.map((row, at) => ({
    userId: row.userId,
    subjectId: row.subjectId,
    email: opened[at * 2] ?? null,
    displayName: opened[at * 2 + 1] ?? null,
    role: row.held.role,
    customRole:
      row.held.customRole === null ? null : { roleId: row.held.customRole.roleId, name: row.held.customRole.name },
    lastSignedInAt: row.lastSignedInAt === null ? null : toIso(row.lastSignedInAt),
    disabledAt: row.disabledAt === null ? null : toIso(row.disabledAt),
    createdAt: toIso(row.createdAt),
  }))
}
