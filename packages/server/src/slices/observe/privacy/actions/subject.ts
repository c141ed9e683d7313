import { PersonSubject } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { unseal } from '../../../govern/identity/index.ts'
import { tokensOfValue } from '../../masking/index.ts'
import { type PersonMatch, personMatch } from '../../telemetry/index.ts'
import type { StoredDeletion } from '../store/deletions.ts'

/** What the sealed document of a request is bound to. */
export const sealedAs = 'privacy.subject'

/** Who it is about, and the salt of the digest; null once the key is destroyed. */
export async function openSubject(
  deps: Deps,
  tx: Tx,
  { subjectSealed }: Pick<StoredDeletion, 'subjectSealed'>,
): Promise<{ readonly subject: PersonSubject; readonly salt: string } | null> {
  const text = subjectSealed === null ? null : await unseal(deps, tx, subjectSealed, sealedAs)
  if (text === null) return null
  const { subject, salt } = JSON.parse(text) as { subject: unknown; salt: unknown }
  assertInvariant(typeof salt === 'string', 'a sealed subject has its salt')
  return { subject: PersonSubject.parse(subject), salt }
}

/** Finds a subject again without keeping it: keyed with the master key, so that nobody tries values out. */
export function macOf(deps: Deps, organizationId: string, { kind, key, value }: PersonSubject): Uint8Array {
  const text = canonicalJson({ kind, key: key ?? null, value: kind === 'email' ? value.toLowerCase() : value })
  return deps.secrets.mac(Buffer.from(text), `privacy-subject/${organizationId}`)
}

/** How the subject is looked for now: by its value and by the tokens that stand for it. */
export async function matchOf(
  deps: Deps,
  tx: Tx,
  subject: PersonSubject,
  before: StoredDeletion['requestedAt'],
): Promise<PersonMatch> {
  return personMatch(subject, await tokensOfValue(deps, tx, subject.value), before)
}
