import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { EventActor, Sealed } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../journal/index.ts'
import { isLastAdmin, lastAdminStays } from '../model/people.ts'
import { removeFromDirectory } from '../store/directory.ts'
import { voidLinks } from '../store/links.ts'
import {
  destroySubjectKey,
  insertNewSubjectKeys,
  insertSubjectKey,
  type SubjectKeyRow,
  subjectKeyRow,
  subjectKeyRows,
} from '../store/subjects.ts'
import { eraseUserFields, lockActiveAdmins, userBySubject } from '../store/users.ts'
import { endSessionsOf } from './sessions.ts'

const ivBytes = 12
const tagBytes = 16

/**
 * Encrypts a personal field under its subject's own key (AES-256-GCM), which is made on first use. `context` says what
 * the field is (`user.email`) and is bound to the ciphertext, as organization and subject are: a sealed value moved
 * elsewhere does not open. Throws for a subject that was erased: nothing new may be kept about them under the old id.
 */
export async function seal(deps: Deps, tx: Tx, subjectId: string, plaintext: string, context: string): Promise<Sealed> {
  return sealWith(deps, tx, await keyForSealing(deps, tx, subjectId), subjectId, plaintext, context)
}

/** Seals one field of each of several subjects that nothing was sealed for before, with one query for all their keys. */
export async function sealForNew(
  deps: Deps,
  tx: Tx,
  fields: readonly { readonly subjectId: string; readonly plaintext: string }[],
  context: string,
): Promise<readonly Sealed[]> {
  const keys = fields.map(() => deps.random.bytes(32))
  const wrapped = fields.map(({ subjectId }, index) => ({
    subjectId,
    wrappedKey: deps.secrets.seal(keys[index] ?? new Uint8Array(), keyContext(tx, subjectId)),
  }))
  await insertNewSubjectKeys(tx, wrapped, deps.clock.now())
  return fields.map(({ subjectId, plaintext }, index) =>
    sealWith(deps, tx, keys[index] ?? new Uint8Array(), subjectId, plaintext, context),
  )
}

function sealWith(deps: Deps, tx: Tx, key: Uint8Array, subjectId: string, plaintext: string, context: string): Sealed {
  const iv = deps.random.bytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(boundData(tx, subjectId, context))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return {
    enc: 'A256GCM',
    subject: subjectId,
    iv: Buffer.from(iv).toString('base64url'),
    ct: body.toString('base64url'),
  }
}

/** Decrypts what `seal` made; null when the subject was erased. Throws when it was tampered with or moved. */
export async function unseal(deps: Deps, tx: Tx, sealed: Sealed, context: string): Promise<string | null> {
  const row = await subjectKeyRow(tx, sealed.subject)
  return openWith(deps, tx, row, sealed, context)
}

/** Decrypts many fields with one query, in their order. */
export async function unsealAll(
  deps: Deps,
  tx: Tx,
  fields: readonly { readonly sealed: Sealed | null; readonly context: string }[],
): Promise<readonly (string | null)[]> {
  const subjects = new Set(fields.flatMap(({ sealed }) => (sealed === null ? [] : [sealed.subject])))
  if (subjects.size === 0) return fields.map(() => null)
  const keys = await subjectKeyRows(tx, [...subjects])
  return fields.map(({ sealed, context }) =>
    sealed === null ? null : openWith(deps, tx, keys.get(sealed.subject) ?? null, sealed, context),
  )
}

function openWith(deps: Deps, tx: Tx, row: SubjectKeyRow | null, sealed: Sealed, context: string): string | null {
  if (row === null || row.wrappedKey === null) return null
  const key = deps.secrets.open(row.wrappedKey, keyContext(tx, sealed.subject))
  const bytes = Buffer.from(sealed.ct, 'base64url')
  assertInvariant(bytes.length >= tagBytes, 'a sealed field carries its authentication tag')
  const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64url'), { authTagLength: tagBytes })
    .setAAD(boundData(tx, sealed.subject, context))
    .setAuthTag(bytes.subarray(-tagBytes))
  return Buffer.concat([cipher.update(bytes.subarray(0, -tagBytes)), cipher.final()]).toString('utf8')
}

async function keyForSealing(deps: Deps, tx: Tx, subjectId: string): Promise<Uint8Array> {
  let row = await subjectKeyRow(tx, subjectId)
  if (row === null) {
    const wrapped = deps.secrets.seal(deps.random.bytes(32), keyContext(tx, subjectId))
    await insertSubjectKey(tx, subjectId, wrapped, deps.clock.now())
    // Another transaction may have been first: what counts is what is in the table.
    row = await subjectKeyRow(tx, subjectId)
  }
  assertInvariant(row !== null && row.wrappedKey !== null, 'nothing is sealed for a subject that was erased')
  return deps.secrets.open(row.wrappedKey, keyContext(tx, subjectId))
}

function keyContext(tx: Tx, subjectId: string): string {
  return `subject-key/${tx.organizationId}/${subjectId}`
}

function boundData(tx: Tx, subjectId: string, context: string): Buffer {
  return Buffer.from(`${tx.organizationId}/${subjectId}/${context}`)
}

/**
 * Erases a subject for ever: destroys the key, so that every sealed field of theirs, wherever it stands, is noise; and
 * if the subject is a user, takes their fields and address index away, ends their sessions and shuts them out. Every
 * ledger proof stays valid, since what was hashed is the ciphertext. Again is no change and no second event.
 *
 * Refuses an unknown subject and the last admin. Copies outside this database (backups, exports) keep their wrapped
 * key until they are thrown away.
 */
export async function eraseSubject(
  deps: Deps,
  tx: Tx,
  subjectId: string,
  actor: EventActor,
): Promise<Result<{ readonly subjectId: string; readonly erasedAt: Instant }>> {
  const now = deps.clock.now()
  const key = await subjectKeyRow(tx, subjectId)
  if (key === null) return refuse('not-found', 'Your organization keeps no data under this subject id.')
  if (key.destroyedAt !== null) return ok({ subjectId, erasedAt: key.destroyedAt })
  const user = await userBySubject(tx, subjectId)
  if (user !== null) {
    if (isLastAdmin(user.userId, await lockActiveAdmins(tx))) return lastAdminStays
    const email = user.email === null ? null : await unseal(deps, tx, user.email, 'user.email')
    const holdId = email === null ? null : await deps.findHoldOfAddress(tx, email)
    if (holdId !== null)
      return refuse('on-legal-hold', 'A legal hold keeps this person’s data. Ask again when it is lifted.', { holdId })
    const { userId, emailIndex } = user
    await voidLinks(tx, userId, now)
    await eraseUserFields(tx, userId, now)
    await endSessionsOf(deps, tx, { userId, except: null }, actor)
    const lookups = emailIndex === null ? [] : [emailIndex]
    await tx.within('deployment', (outer) => removeFromDirectory(outer, lookups, tx.organizationId))
  }
  if (await destroySubjectKey(tx, subjectId, now)) {
    await append(deps, tx, [
      { type: 'identity.subject.erased', subject: `subject/${subjectId}`, actor, payload: { subjectId } },
    ])
  }
  return ok({ subjectId, erasedAt: now })
}
