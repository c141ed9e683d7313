import type { EventActor, Organization, OrganizationPatch } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { isTimeZone } from '../../../../kernel/time-zone.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import {
  allOrganizations,
  insertOrganization,
  lockFirstStart,
  ownOrganization,
  updateOrganization,
} from '../store/organizations.ts'
import { anybodySignedIn, lockActiveAdmins } from '../store/users.ts'
import { issueSignInLink } from './links.ts'
import { createUser } from './users.ts'

/** The first admin has no address of their own yet: people sign in with this one until they make a user for theirs. */
export const firstAdminEmail = 'admin@metaagent.local'
const firstStart: EventActor = { kind: 'system', id: 'start' }
const firstOrganization = { name: 'Main', adminEmail: firstAdminEmail, adminName: 'Administrator', actor: firstStart }

export interface NewOrganization {
  readonly organizationId: string
  readonly adminUserId: string
  /** One-time link for the admin, valid for 24 hours. */
  readonly signInLink: string
}

/** Makes an organization with its first admin and their way in, in the caller's transaction (deployment scope). */
export async function createOrganization(
  deps: Deps,
  tx: Tx,
  input: {
    readonly name: string
    readonly adminEmail: string
    readonly adminName: string | null
    readonly actor: EventActor
  },
): Promise<NewOrganization> {
  const organizationId = deps.ids.uuid()
  return tx.within({ organizationId }, async (own) => {
    await insertOrganization(own, input.name, deps.clock.now())
    await append(deps, own, [
      {
        type: 'identity.organization.created',
        subject: `organization/${organizationId}`,
        actor: input.actor,
        payload: { name: input.name },
      },
    ])
    const held = { role: 'admin', customRole: null } as const
    const person = { email: input.adminEmail, displayName: input.adminName, held, actor: input.actor }
    const admin = await createUser(deps, own, person)
    assertInvariant(admin.ok, 'a new organization has no user yet')
    const adminUserId = admin.value.userId
    return { organizationId, adminUserId, signInLink: await issueSignInLink(deps, own, adminUserId, input.actor) }
  })
}

/**
 * At the start of every process: makes the first organization and its admin when there is none. As long as nobody has
 * signed in there, returns a new one-time link (24 hours) and voids the one before. Of processes that start at once one
 * makes the organization and the last one's link counts.
 */
export async function ensureFirstOrganization(
  deps: Deps,
): Promise<{ readonly organizationId: string; readonly signInLink: string | null }> {
  return deps.store.transaction('deployment', async (tx) => {
    await lockFirstStart(tx)
    const [first] = await allOrganizations(tx)
    if (first === undefined) return createOrganization(deps, tx, firstOrganization)
    const { organizationId } = first
    return tx.within({ organizationId }, async (own) => {
      if (await anybodySignedIn(own)) return { organizationId, signInLink: null }
      const [admin] = await lockActiveAdmins(own)
      if (admin === undefined) return { organizationId, signInLink: null }
      return { organizationId, signInLink: await issueSignInLink(deps, own, admin, firstStart) }
    })
  })
}

/** Every organization of the deployment, oldest first: what jobs go through. */
export async function listOrganizationIds(deps: Deps): Promise<readonly string[]> {
  const found = await deps.store.transaction('deployment', (tx) => allOrganizations(tx))
  return found.map((organization) => organization.organizationId)
}

/** The caller's organization. */
export async function readOrganization(deps: Deps, caller: Caller): Promise<z.input<typeof Organization>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, organizationView)
}

async function organizationView(tx: Tx): Promise<z.input<typeof Organization>> {
  const organization = await ownOrganization(tx)
  assertInvariant(organization !== null, 'a caller belongs to an organization')
  const { organizationId, name, timeZone, createdAt } = organization
  return { organizationId, name, timeZone, createdAt: toIso(createdAt) }
}

/** The IANA zone in which the days, weeks and months of the transaction's organization begin. */
export async function organizationTimeZone(tx: Tx): Promise<string> {
  return (await ownOrganization(tx))?.timeZone ?? 'UTC'
}

/** Changes the organization's name or where its days begin; refuses a zone that is not in the IANA database. */
export async function changeOrganization(
  deps: Deps,
  caller: Caller,
  patch: z.output<typeof OrganizationPatch>,
): Promise<Result<z.input<typeof Organization>>> {
  if (patch.timeZone !== undefined && !isTimeZone(patch.timeZone))
    return refuse('not-processable', `"${patch.timeZone}" is no IANA time zone; they are named like Europe/Berlin.`)
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const before = await organizationView(tx)
    const { name = before.name, timeZone = before.timeZone } = patch
    const payload = {
      name: name === before.name ? null : { from: before.name, to: name },
      timeZone: timeZone === before.timeZone ? null : { from: before.timeZone, to: timeZone },
    }
    if (payload.name === null && payload.timeZone === null) return ok(before)
    await updateOrganization(tx, name, timeZone)
    const subject = `organization/${organizationId}`
    await append(deps, tx, [{ type: 'identity.organization.changed', subject, actor: actorOf(caller), payload }])
    return ok(await organizationView(tx))
  })
}
