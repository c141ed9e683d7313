import type { EventActor, MaskedClass, RevealedToken, TokenErasure, TokenReveal } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import { eraseSubject, sealForNew, unseal } from '../../../govern/identity/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import type { Found } from '../model/found.ts'
import { normalized } from '../model/policy.ts'
import { KnownTokens, tokenBytes, tokenOf } from '../model/tokens.ts'
import { eraseToken, insertTokens, lockTokens, type TokenRow, tokenRow, tokensByIndex } from '../store/tokens.ts'
import { orUnavailable } from './settings-cache.ts'

/** What stands in place of a found value. */
export type TokenOf = (found: Found, value: string) => string

interface Kept {
  readonly class: MaskedClass
  /** As it was first seen. */
  readonly value: string
  readonly index: Uint8Array
}

/** Values of one organization that a process remembers the tokens of, about 5 MB at the most. */
const mostKnown = 20_000
const sealedAs = 'masking.value'
const knownByStore = new WeakMap<Store, Map<string, KnownTokens>>()

function knownTokens(deps: Deps, organizationId: string): KnownTokens {
  const byOrganization = knownByStore.get(deps.store) ?? new Map<string, KnownTokens>()
  knownByStore.set(deps.store, byOrganization)
  const known = byOrganization.get(organizationId) ?? new KnownTokens(mostKnown)
  byOrganization.set(organizationId, known)
  return known
}

/**
 * Tokens for found values: the same value, however it is spelt, has the same token within the organization. New values
 * are sealed under the key of a subject made for each, in a transaction of its own before the rows are stored: a token
 * without rows harms nobody, rows with a token that leads nowhere would.
 */
export async function tokensFor(
  deps: Deps,
  organizationId: string,
  values: readonly { readonly found: Found; readonly value: string }[],
): Promise<Result<TokenOf>> {
  const known = knownTokens(deps, organizationId)
  const tokens = new Map<string, string>()
  const missing = new Map<string, Kept>()
  for (const { found, value } of values) {
    const key = keyOf(found.class, value)
    const token = known.get(key)
    if (token !== undefined) tokens.set(key, token)
    else if (!missing.has(key))
      missing.set(key, { class: found.class, value, index: indexOf(deps, organizationId, found.class, value) })
  }
  if (missing.size > 0) {
    const made = await orUnavailable(() =>
      deps.store.transaction({ organizationId }, (tx) => ensureTokens(deps, tx, missing)),
    )
    if (!made.ok) return made
    for (const [key, token] of made.value) {
      known.add(key, token)
      tokens.set(key, token)
    }
  }
  return ok((found, value) => {
    const token = tokens.get(keyOf(found.class, value))
    assertInvariant(token !== undefined, 'every value that was asked for has a token')
    return token
  })
}

function keyOf(kind: MaskedClass, value: string): string {
  return `${kind}\n${normalized(kind, value)}`
}

function indexOf(deps: Deps, organizationId: string, kind: MaskedClass, value: string): Uint8Array {
  return deps.secrets.mac(Buffer.from(keyOf(kind, value)), `masking-token/${organizationId}`)
}

async function ensureTokens(
  deps: Deps,
  tx: Tx,
  missing: ReadonlyMap<string, Kept>,
): Promise<ReadonlyMap<string, string>> {
  const values = [...missing.values()]
  const indexes = values.map(({ index }) => index)
  const before = await tokensByIndex(tx, indexes)
  if (before.size < missing.size) await lockTokens(tx)
  const stored = before.size < missing.size ? await tokensByIndex(tx, indexes) : before
  const made = await makeTokens(
    deps,
    tx,
    values.filter(({ index }) => !stored.has(hexOf(index))),
  )
  return new Map(
    [...missing].map(([key, { index }]) => {
      const token = stored.get(hexOf(index)) ?? made.get(hexOf(index))
      assertInvariant(token !== undefined, 'a value has a token or is given one')
      return [key, token]
    }),
  )
}

/** Gives each value a token and a subject of its own; tokens by the values' digests, as hex. */
async function makeTokens(deps: Deps, tx: Tx, values: readonly Kept[]): Promise<ReadonlyMap<string, string>> {
  if (values.length === 0) return new Map()
  const subjects = values.map(({ value }) => ({ subjectId: deps.ids.uuid(), plaintext: value }))
  const sealed = await sealForNew(deps, tx, subjects, sealedAs)
  const rows = values.map((kept, at) => {
    const token = tokenOf(kept.class, deps.random.bytes(tokenBytes))
    const [subject, valueSealed] = [subjects[at], sealed[at]]
    assertInvariant(token !== null, 'forty-four random bytes hold twenty-two letters')
    assertInvariant(subject !== undefined && valueSealed !== undefined, 'every value is sealed for a subject')
    return { token, class: kept.class, subjectId: subject.subjectId, valueSealed, valueIndex: kept.index }
  })
  await insertTokens(tx, rows, deps.clock.now())
  return new Map(rows.map(({ token, valueIndex }) => [hexOf(valueIndex), token]))
}

function hexOf(index: Uint8Array): string {
  return Buffer.from(index).toString('hex')
}

const noSuchToken = refuse('not-found', 'Your organization has no such token. Copy it whole, brackets included.')
const erasedToken = refuse('evidence-erased', 'The key of this value was destroyed. Nobody can turn the token back.')

/** The value behind a token, for an admin who says why; journaled with the reason. */
export async function revealToken(
  deps: Deps,
  caller: Caller,
  { token, reason }: z.output<typeof TokenReveal>,
): Promise<Result<RevealedToken>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await tokenRow(tx, token)
    if (row === null) return noSuchToken
    // A person's data may also be erased at identity's own door, by the subject's id.
    const value = row.valueSealed === null ? null : await unseal(deps, tx, row.valueSealed, sealedAs)
    if (value === null) return erasedToken
    await tell(deps, tx, actorOf(caller), 'masking.token.revealed', row, reason)
    return ok({ token, class: row.class, value, firstSeenAt: toIso(row.createdAt) })
  })
}

/**
 * Destroys the key of a value, which is named by its token or by itself: every occurrence of its token, wherever it was
 * copied, can never be turned back. Should the value come again, it gets another token. Again is no change.
 */
export async function eraseTokenValue(
  deps: Deps,
  caller: Caller,
  { token, value, reason }: z.output<typeof TokenErasure>,
): Promise<Result<{ token: string; erasedAt: string }>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockTokens(tx)
    const [named] = token === undefined ? await tokensOfValue(deps, tx, value ?? '') : [token]
    const row = named === undefined ? null : await tokenRow(tx, named)
    if (row === null) return noSuchToken
    const erased = await eraseRow(deps, tx, row, { actor: actorOf(caller), reason })
    return erased.ok ? ok({ token: row.token, erasedAt: toIso(erased.value) }) : erased
  })
}

/** Destroys the keys of all these tokens in the caller's transaction; answers how many were not erased before. */
export async function eraseTokens(
  deps: Deps,
  tx: Tx,
  tokens: readonly string[],
  by: { readonly actor: EventActor; readonly reason: string },
): Promise<number> {
  if (tokens.length === 0) return 0
  await lockTokens(tx)
  let erased = 0
  for (const token of [...new Set(tokens)].toSorted()) {
    const row = await tokenRow(tx, token)
    if (row === null || row.erasedAt !== null) continue
    const done = await eraseRow(deps, tx, row, by)
    assertInvariant(done.ok, 'the subject of a token is nobody’s account')
    erased += 1
  }
  return erased
}

async function eraseRow(
  deps: Deps,
  tx: Tx,
  row: TokenRow,
  { actor, reason }: { readonly actor: EventActor; readonly reason: string },
): Promise<Result<Instant>> {
  if (row.erasedAt !== null) return ok(row.erasedAt)
  const erased = await eraseSubject(deps, tx, row.subjectId, actor)
  if (!erased.ok) return erased
  await eraseToken(tx, row.token, erased.value.erasedAt)
  await tell(deps, tx, actor, 'masking.token.erased', row, reason)
  const { organizationId } = tx
  tx.afterCommit(() => knownTokens(deps, organizationId).forgetToken(row.token))
  return ok(erased.value.erasedAt)
}

const classesOfTokens: readonly MaskedClass[] = [
  'email',
  'phone',
  'card',
  'iban',
  'ssn',
  'national_id',
  'ip_address',
  'custom',
]

/** The tokens that a value has now, of whatever class it was taken for; none when it never was masked as a token. */
export async function tokensOfValue(deps: Deps, tx: Tx, value: string): Promise<readonly string[]> {
  const indexes = classesOfTokens.map((kind) => indexOf(deps, tx.organizationId, kind, value.trim()))
  return [...(await tokensByIndex(tx, indexes)).values()]
}

async function tell(
  deps: Deps,
  tx: Tx,
  actor: EventActor,
  type: 'masking.token.revealed' | 'masking.token.erased',
  { token, class: kind }: TokenRow,
  reason: string,
): Promise<void> {
  const subject = `masking-token/${token.split(':')[2]?.slice(0, -1)}`
  await append(deps, tx, [{ type, subject, actor, payload: { token, class: kind, reason } }])
}
