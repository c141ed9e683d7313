import { defaultMaskingSettings, type MaskingTrial, type MaskingTrialResult } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { maskFound, maskLabel } from '../model/found.ts'
import type { MaskingPolicy } from '../model/policy.ts'
import { exampleToken } from '../model/tokens.ts'
import { compileSettings } from './compile.ts'
import { findAll } from './find.ts'
import { policiesOf } from './settings-cache.ts'

/** What would be masked in a text, and by which rule. Neither the text nor what is found in it is kept. */
export async function tryText(
  deps: Deps,
  caller: Caller,
  { text, field, agent, settings }: z.output<typeof MaskingTrial>,
): Promise<Result<MaskingTrialResult>> {
  if (settings !== undefined) {
    const compiled = compileSettings(settings)
    return compiled.ok ? ok(await tried(text, field ?? null, compiled.value)) : compiled
  }
  const policies = await policiesOf(deps, caller.organizationId)
  if (!policies.ok) return policies
  const { organization, byAgent } = policies.value
  const policy = (agent === undefined ? undefined : byAgent.get(agent)) ?? organization
  return ok(await tried(text, field ?? null, policy))
}

/** The same under the settings that an organization begins with. */
export async function tryDefaultMasking(text: string): Promise<MaskingTrialResult> {
  const compiled = compileSettings(defaultMaskingSettings)
  assertInvariant(compiled.ok, 'the default settings are usable')
  return tried(text, null, compiled.value)
}

async function tried(text: string, field: string | null, policy: MaskingPolicy): Promise<MaskingTrialResult> {
  const [found = []] = await findAll([{ text, field }], () => policy)
  const { mode, storeInputs, storeOutputs } = policy
  const finds = found.map((one) => {
    const replacement = mode === 'token' && one.class !== 'secret' ? exampleToken(one.class) : maskLabel(one)
    return { ...one, replacement }
  })
  const replacementOf = (start: number) => finds.find((find) => find.start === start)?.replacement ?? ''
  return { text: maskFound(text, found, ({ start }) => replacementOf(start)).text, finds, storeInputs, storeOutputs }
}
