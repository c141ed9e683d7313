import type { EventActor } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../journal/index.ts'
import { sessionLimits } from '../model/policies.ts'
import { addToDirectory, removeFromDirectory } from '../store/directory.ts'
import { endSessions, insertSession } from '../store/sessions.ts'
import { recordSignIn } from '../store/users.ts'
import { digestOf, newToken } from './digests.ts'
import { policiesNow } from './policies.ts'
import { credentialsChanged } from './process-state.ts'

export interface StartedSession {
  readonly sessionId: string
  /** Goes to the browser once; only its digest is kept. */
  readonly token: string
  readonly expiresAt: Instant
}

/** Begins a session with a token of its own: none that a browser brought along is ever taken over. */
export async function startSession(
  deps: Deps,
  tx: Tx,
  userId: string,
  method: 'link' | 'password',
): Promise<StartedSession> {
  const now = deps.clock.now()
  const token = newToken(deps)
  const sessionId = deps.ids.uuid()
  const tokenDigest = digestOf('session', token)
  const expiresAt = addMs(now, sessionLimits(await policiesNow(tx)).absoluteMs)
  await insertSession(tx, { sessionId, userId, tokenDigest, method, createdAt: now, expiresAt })
  await tx.within('deployment', (outer) => addToDirectory(outer, tokenDigest, tx.organizationId))
  await recordSignIn(tx, userId, now)
  await append(deps, tx, [
    {
      type: 'identity.session.started',
      subject: `session/${sessionId}`,
      actor: { kind: 'user', id: userId },
      payload: { userId, sessionId, method },
    },
  ])
  return { sessionId, token, expiresAt }
}

/** Ends one session, or a person's (all but `except`), and takes their tokens out of the directory. */
export async function endSessionsOf(
  deps: Deps,
  tx: Tx,
  which: { readonly sessionId: string } | { readonly userId: string; readonly except: string | null },
  actor: EventActor,
): Promise<void> {
  const ended = await endSessions(tx, which, deps.clock.now())
  const lookups = ended.map((session) => session.tokenDigest)
  await tx.within('deployment', (outer) => removeFromDirectory(outer, lookups, tx.organizationId))
  await append(
    deps,
    tx,
    ended.map(({ sessionId, userId }) => ({
      type: 'identity.session.ended' as const,
      subject: `session/${sessionId}`,
      actor,
      payload: { userId, sessionId },
    })),
  )
  credentialsChanged(deps, tx)
}
