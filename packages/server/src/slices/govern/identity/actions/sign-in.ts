import type { Me, SignIn } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { isToken } from '../model/credentials.ts'
import { deadLink, judgeLink } from '../model/lifetimes.ts'
import { organizationsOf } from '../store/directory.ts'
import { lockLinkByDigest, markLinkUsed } from '../store/links.ts'
import { ownOrganization } from '../store/organizations.ts'
import { type UserRow, userByEmailIndex, userById } from '../store/users.ts'
import { callerOfUser } from './callers.ts'
import { digestOf, emailIndex } from './digests.ts'
import { describeMe } from './me.ts'
import { checkNobodysPassword, passwordFits } from './passwords.ts'
import { policiesNow } from './policies.ts'
import { endSessionsOf, type StartedSession, startSession } from './sessions.ts'

export interface SignedIn {
  readonly me: Me
  readonly session: StartedSession
}

interface Opened {
  readonly organizationId: string
  readonly user: UserRow
  readonly session: StartedSession
}

/** Turns a one-time link or a password into a session. A refusal says nothing about which addresses or links exist. */
export async function signIn(deps: Deps, input: z.output<typeof SignIn>): Promise<Result<SignedIn>> {
  const opened = 'linkToken' in input ? await openByLink(deps, input.linkToken) : await openByPassword(deps, input)
  if (!opened.ok) return opened
  const { organizationId, user, session } = opened.value
  const caller = callerOfUser(organizationId, { ...session, userId: user.userId, held: user.held })
  return ok({ me: await describeMe(deps, caller), session })
}

async function openByLink(deps: Deps, token: string): Promise<Result<Opened>> {
  if (!isToken(token)) return deadLink
  const digest = digestOf('link', token)
  return deps.store.transaction('deployment', async (tx): Promise<Result<Opened>> => {
    const [organizationId] = await organizationsOf(tx, digest)
    if (organizationId === undefined) return deadLink
    return tx.within({ organizationId }, async (own) => {
      const now = deps.clock.now()
      const link = await lockLinkByDigest(own, digest)
      const user = link === null ? null : await userById(own, link.userId)
      if (link === null || user === null) return deadLink
      const judged = judgeLink(link, user.disabledAt, now)
      if (!judged.ok) {
        await recordRefusal(deps, own, user.userId, judged.refusal.code)
        return judged
      }
      await markLinkUsed(own, link.linkId, now)
      return ok({ organizationId, user, session: await startSession(deps, own, user.userId, 'link') })
    })
  })
}

interface Candidate {
  readonly organizationId: string
  readonly organization: string
  readonly user: UserRow
}

const wrong = refuse('not-authenticated', 'Address and password do not fit. An admin can send you a sign-in link.')

/**
 * The hash is checked between two transactions: it takes long, and PGlite has one session for everybody. One address
 * may belong to several organizations; which of them is meant is asked only after a password has fitted.
 */
async function openByPassword(
  deps: Deps,
  input: { readonly email: string; readonly password: string; readonly organization?: string | undefined },
): Promise<Result<Opened>> {
  const candidates = await candidatesFor(deps, input.email, input.organization)
  if (candidates.length === 0) {
    await checkNobodysPassword(deps, input.password)
    deps.log.warn({}, 'a sign-in was refused: nobody has this address and a password')
    return wrong
  }
  const fitting: Candidate[] = []
  for (const candidate of candidates)
    if (await passwordFits(candidate.user.passwordHash ?? '', input.password)) fitting.push(candidate)
  const [only, another] = fitting
  if (only === undefined) {
    for (const { organizationId, user } of candidates)
      await deps.store.transaction({ organizationId }, (tx) => recordRefusal(deps, tx, user.userId, 'wrong-password'))
    return wrong
  }
  if (another !== undefined)
    return refuse('not-processable', 'You belong to several organizations. Send the name of the one you mean.', {
      organizations: fitting.map((candidate) => candidate.organization),
    })
  const { organizationId, user } = only
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<Opened>> => {
    // What was checked may have changed while it was being checked.
    const now = await userById(tx, user.userId)
    if (now === null || now.passwordHash !== user.passwordHash || now.disabledAt !== null) {
      await recordRefusal(deps, tx, user.userId, 'account-changed')
      return wrong
    }
    return ok({ organizationId, user: now, session: await startSession(deps, tx, user.userId, 'password') })
  })
}

async function candidatesFor(deps: Deps, email: string, organization: string | undefined): Promise<Candidate[]> {
  const index = emailIndex(deps, email)
  return deps.store.transaction('deployment', async (tx) => {
    const found: Candidate[] = []
    for (const organizationId of await organizationsOf(tx, index)) {
      const candidate = await tx.within({ organizationId }, async (own): Promise<Candidate | null> => {
        const user = await userByEmailIndex(own, index)
        const row = await ownOrganization(own)
        if (user === null || user.passwordHash === null || user.disabledAt !== null || row === null) return null
        if (!(await policiesNow(own)).passwordSignIn) return null
        return { organizationId, organization: row.name, user }
      })
      if (candidate !== null && (organization === undefined || candidate.organization === organization))
        found.push(candidate)
    }
    return found
  })
}

async function recordRefusal(deps: Deps, tx: Tx, userId: string, reason: string): Promise<void> {
  await append(deps, tx, [
    {
      type: 'identity.sign_in.refused',
      subject: `user/${userId}`,
      actor: { kind: 'system', id: 'sign-in' },
      payload: { reason },
    },
  ])
}

/** Ends the caller's session; a key or a foreign token has none to end. */
export async function signOut(deps: Deps, caller: Caller): Promise<void> {
  const { actor, organizationId } = caller
  if (actor.kind !== 'user' || actor.sessionId === null) return
  const { sessionId } = actor
  await deps.store.transaction({ organizationId }, (tx) => endSessionsOf(deps, tx, { sessionId }, actorOf(caller)))
}
