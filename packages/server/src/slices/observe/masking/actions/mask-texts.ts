import { ok, type Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { type Found, type MaskedText, maskFound, maskLabel } from '../model/found.ts'
import type { JsonString } from '../model/json-strings.ts'
import type { MaskingPolicy } from '../model/policy.ts'
import { findAll } from './find.ts'
import { policiesOf } from './settings-cache.ts'
import { type TokenOf, tokensFor } from './tokens.ts'

/** Gives values their tokens; for tests of what needs none, one that has none. */
export type TokenSource = (
  values: readonly { readonly found: Found; readonly value: string }[],
) => Promise<Result<TokenOf>>

/**
 * Masks texts of an organization that belong to no agent's row, such as explanations of outcomes. Refuses with
 * `store-unavailable` when settings or tokens cannot be read.
 */
export async function maskTexts(
  deps: Deps,
  organizationId: string,
  texts: readonly string[],
): Promise<Result<readonly MaskedText[]>> {
  const policies = await policiesOf(deps, organizationId)
  if (!policies.ok) return policies
  return replaceFound(
    texts.map((text) => ({ text, field: null })),
    () => policies.value.organization,
    (values) => tokensFor(deps, organizationId, values),
  )
}

/** Replaces in each text what its policy does not let be stored: by a label, or by a token where the policy keeps one. */
export async function replaceFound(
  texts: readonly JsonString[],
  policyOf: (index: number) => MaskingPolicy,
  tokenSource: TokenSource,
): Promise<Result<readonly MaskedText[]>> {
  const found = await findAll(texts, policyOf)
  // A secret is never kept, under no key.
  const isToken = (index: number, one: Found) => one.class !== 'secret' && policyOf(index).mode === 'token'
  const kept = found.flatMap((finds, index) =>
    finds
      .filter((one) => isToken(index, one))
      .map((one) => ({ found: one, value: texts[index]?.text.slice(one.start, one.end) ?? '' })),
  )
  const tokens = kept.length === 0 ? null : await tokenSource(kept)
  if (tokens?.ok === false) return tokens
  return ok(
    texts.map(({ text }, index) =>
      maskFound(text, found[index] ?? [], (one, value) =>
        tokens !== null && isToken(index, one) ? tokens.value(one, value) : maskLabel(one),
      ),
    ),
  )
}
