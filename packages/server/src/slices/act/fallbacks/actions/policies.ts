import type { FallbackChange, FallbackOrder, FallbackPolicy } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { agentById } from '../../../observe/registry/index.ts'
import { macroStates } from '../../playbooks/index.ts'
import { definitionFault, type FallbackDefinition, weighChange } from '../model/definition.ts'
import { closeChain, openChain } from '../store/chains.ts'
import { archivePolicy, policyById, policyInTheWay, type StoredPolicy, savePolicy } from '../store/policies.ts'
import { noSuchPolicy, readPolicyIn } from './read.ts'

/** Makes a policy; what starts macros by itself passes the approval gate. */
export async function createPolicy(deps: Deps, caller: Caller, order: FallbackOrder): Promise<Result<FallbackPolicy>> {
  const { approvalId, reason, ...definition } = order
  return await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    save(deps, tx, caller, { before: null, definition, reason, approvalId: approvalId ?? null }),
  )
}

/** Changes a policy as it was read: somebody else's change in between is refused with `precondition-failed`. */
export async function changePolicy(
  deps: Deps,
  caller: Caller,
  policyId: string,
  change: FallbackChange,
): Promise<Result<FallbackPolicy>> {
  const { approvalId, reason, version, ...definition } = change
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = await policyById(tx, policyId, true)
    if (before === null) return noSuchPolicy
    if (before.version !== version)
      return refuse(
        'precondition-failed',
        `The policy is at version ${before.version} by now, you changed version ${version}. Read it again.`,
      )
    return await save(deps, tx, caller, { before, definition, reason, approvalId: approvalId ?? null })
  })
}

interface Asked {
  readonly before: StoredPolicy | null
  readonly definition: FallbackDefinition
  readonly reason: string
  readonly approvalId: string | null
}

async function save(deps: Deps, tx: Tx, caller: Caller, asked: Asked): Promise<Result<FallbackPolicy>> {
  const { before, definition } = asked
  const fits = await fitsHere(deps, tx, definition, before?.policyId ?? null)
  if (!fits.ok) return fits
  const version = (before?.version ?? 0) + 1
  const { impact, because } = weighChange(before?.definition ?? null, definition)
  const action = {
    operation: 'fallbacks.save',
    subject: `fallback-policy/${definition.name}`,
    environment: definition.environment,
    impact,
    parameters: { version, definition, because: because.text },
  }
  const passed = await passGate(deps, tx, caller, action, asked.approvalId)
  if (!passed.ok) return passed
  const { approvalId } = passed.value
  const policyId = before?.policyId ?? deps.ids.uuid()
  const actor = actorOf(caller)
  const at = new Date(deps.clock.now())
  await savePolicy(tx, { policyId, version, definition, approvalId, at, by: `${actor.kind}:${actor.id}` })
  const { name, environment, enabled } = definition
  const payload = { policyId, name, version, environment, enabled, impact, because, reason: asked.reason, approvalId }
  await append(deps, tx, [
    {
      type: 'fallbacks.policy.saved',
      subject: `fallback-policy/${policyId}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload,
    },
  ])
  return await readPolicyIn(deps, tx, policyId)
}

async function fitsHere(deps: Deps, tx: Tx, definition: FallbackDefinition, own: string | null): Promise<Result<null>> {
  const fault = definitionFault(definition)
  if (fault !== null) return refuse('not-processable', fault)
  const { primary, name, environment } = definition
  if (primary.kind === 'agent' && (await agentById(deps, tx, primary.agentId)) === null)
    return refuse('not-processable', 'There is no agent with this id. GET /api/v1/agents lists them.')
  const named = [...(primary.kind === 'macro' ? [primary.name] : []), ...definition.fallbacks.map(({ macro }) => macro)]
  const known = await macroStates(tx, named)
  const unknown = named.find((macro) => !known.has(macro))
  if (unknown !== undefined)
    return refuse('not-processable', `There is no macro named "${unknown}". GET /api/v1/macros lists them.`)
  const other = await policyInTheWay(tx, definition, own)
  if (other === null) return ok(null)
  return other.name === name
    ? refuse('already-exists', `There is a fallback policy named "${name}" already. Choose another name.`)
    : refuse('already-exists', `"${other.name}" watches the same in ${environment} already. Change that policy.`)
}

/** Ends a policy with its incident; versions and invocations stay. */
export async function removePolicy(
  deps: Deps,
  caller: Caller,
  policyId: string,
  asked: { readonly reason: string; readonly approvalId?: string | undefined },
): Promise<Result<null>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = await policyById(tx, policyId, true)
    if (before === null) return noSuchPolicy
    const { definition, version } = before
    const { impact, because } = weighChange(definition, null)
    const action = {
      operation: 'fallbacks.remove',
      subject: `fallback-policy/${definition.name}`,
      environment: definition.environment,
      impact,
      parameters: { version, because: because.text },
    }
    const passed = await passGate(deps, tx, caller, action, asked.approvalId ?? null)
    if (!passed.ok) return passed
    const now = deps.clock.now()
    await archivePolicy(tx, policyId, new Date(now))
    const chain = await openChain(tx, policyId, null)
    if (chain !== null) {
      const text = 'The policy was removed.'
      await closeChain(tx, chain.chainId, now, { rule: 'policy-removed', observed: null, limit: null, text })
    }
    const { approvalId } = passed.value
    const { reason } = asked
    const payload = { policyId, name: definition.name, version, impact, because, reason, approvalId }
    await append(deps, tx, [
      {
        type: 'fallbacks.policy.removed',
        subject: `fallback-policy/${policyId}`,
        actor: actorOf(caller),
        ...(approvalId === null ? {} : { correlationId: approvalId }),
        payload,
      },
    ])
    return ok(null)
  })
}
