import type { PasswordInput } from '@metaagent/contract'
import { hash, verify } from '@node-rs/argon2'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../journal/index.ts'
import { updatePasswordHash, userById } from '../store/users.ts'
import { newToken } from './digests.ts'
import { endSessionsOf } from './sessions.ts'

/** Argon2id (the library's default) with the first of OWASP's equivalent settings: 19 MiB, 2 passes, 1 lane. */
const argon2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Never inside a transaction: it takes tens of milliseconds on purpose. */
export async function passwordFits(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password)
}

let nobodysHash: Promise<string> | null = null

/** Takes as long as a real check, so that the time does not tell which addresses exist. */
export async function checkNobodysPassword(deps: Deps, password: string): Promise<void> {
  nobodysHash ??= hash(newToken(deps), argon2)
  await verify(await nobodysHash, password)
}

/**
 * Sets the caller's own password; the present one is asked for when there is one. Every other session of the person
 * ends, since whoever began it may be the reason for the change.
 */
export async function setOwnPassword(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof PasswordInput>,
): Promise<Result<null>> {
  const { actor, organizationId } = caller
  if (actor.kind !== 'user') return refuse('not-allowed', 'Only a person who is signed in has a password.')
  const { userId, sessionId } = actor
  const user = await deps.store.transaction({ organizationId }, (tx) => userById(tx, userId))
  if (user === null) return refuse('not-found', 'This user does not exist any more.')
  if (user.passwordHash !== null) {
    const fits = input.current !== undefined && (await passwordFits(user.passwordHash, input.current))
    if (!fits) return refuse('not-allowed', 'Send your present password as `current`.')
  }
  const passwordHash = await hash(input.password, argon2)
  return deps.store.transaction({ organizationId }, async (tx) => {
    const now = await userById(tx, userId)
    if (now?.passwordHash !== user.passwordHash) return refuse('conflict', 'The password was just changed. Try again.')
    await updatePasswordHash(tx, userId, passwordHash)
    await append(deps, tx, [
      { type: 'identity.password.changed', subject: `user/${userId}`, actor: actorOf(caller), payload: { userId } },
    ])
    await endSessionsOf(deps, tx, { userId, except: sessionId }, actorOf(caller))
    return ok(null)
  })
}
