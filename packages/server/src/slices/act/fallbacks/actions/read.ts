import {
  type FallbackChain,
  type FallbackDryRun,
  type FallbackInvocation,
  type FallbackInvocationQuery,
  type FallbackOrder,
  type FallbackPolicy,
  type FallbackPolicyQuery,
  type FallbackVersionList,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { watchPicture } from '../../../govern/journal/index.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import { definitionFault } from '../model/definition.ts'
import { becauseOf } from '../model/sentences.ts'
import {
  newestInvocations,
  openChains,
  policyNames,
  type StoredChain,
  type StoredInvocation,
  selectInvocations,
} from '../store/chains.ts'
import { policyById, type StoredPolicy, selectPolicies, selectVersions } from '../store/policies.ts'
import { type Considered, FallbackManager, shownReason } from './fallback-manager.ts'

export const noSuchPolicy = refuse(
  'not-found',
  'There is no fallback policy with this id. GET /api/v1/fallbacks lists them.',
)

function shownChain({ policyId: _, runId: __, lastExecutionId: ___, ...chain }: StoredChain): FallbackChain {
  return {
    ...chain,
    openedAt: chain.openedAt.toISOString(),
    lastInvokedAt: chain.lastInvokedAt?.toISOString() ?? null,
    exhaustedAt: chain.exhaustedAt?.toISOString() ?? null,
  }
}

function shownInvocation(row: StoredInvocation, names: ReadonlyMap<string, string>): FallbackInvocation {
  return {
    ...row,
    policy: names.get(row.policyId) ?? row.policyId,
    synthetic: row.runId !== null,
    at: row.at.toISOString(),
  }
}

async function shownPolicies(deps: Deps, tx: Tx, policies: readonly StoredPolicy[]): Promise<FallbackPolicy[]> {
  const agentIds = policies.flatMap(({ definition: { primary } }) =>
    primary.kind === 'agent' ? [primary.agentId] : [],
  )
  const names = await namesOf(deps, tx, { agentIds, releaseIds: [] })
  const chains = await openChains(tx)
  const newest = await newestInvocations(tx)
  return policies.map(({ definition, ...policy }) => {
    const chain = chains.get(policy.policyId)
    const last = newest.get(policy.policyId)
    const { primary } = definition
    return {
      ...policy,
      ...definition,
      primaryName: primary.kind === 'macro' ? primary.name : (names.get(primary.agentId) ?? null),
      openChain: chain === undefined ? null : shownChain(chain),
      lastInvocation: last === undefined ? null : shownInvocation(last, new Map([[policy.policyId, definition.name]])),
      createdAt: policy.createdAt.toISOString(),
      changedAt: policy.changedAt.toISOString(),
    }
  })
}

/** One policy as it stands, in the caller's transaction. */
export async function readPolicyIn(deps: Deps, tx: Tx, policyId: string): Promise<Result<FallbackPolicy>> {
  const found = await policyById(tx, policyId)
  const [shown] = found === null ? [] : await shownPolicies(deps, tx, [found])
  return shown === undefined ? noSuchPolicy : ok(shown)
}

/** What a policy said when; of one that was removed, too. */
export async function readVersions(deps: Deps, caller: Caller, policyId: string): Promise<Result<FallbackVersionList>> {
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => selectVersions(tx, policyId))
  if (rows.length === 0) return noSuchPolicy
  return ok({ items: rows.map((row) => ({ ...row, changedAt: row.changedAt.toISOString() })) })
}

/** One page of policies, by name. */
export async function listPolicies(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof FallbackPolicyQuery>,
): Promise<Result<{ readonly items: FallbackPolicy[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? ok([]) : decodePageCursor('fallbacks', filters, cursor, 1)
  if (!position.ok) return position
  const after = position.value[0] ?? null
  if (after?.includes('\0') === true)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const filter = { environment: filters.environment ?? null, primary: filters.primary ?? null }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectPolicies(tx, filter, after, limit + 1)
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const more = found.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor('fallbacks', filters, [last.definition.name]) : null
    return ok({ items: await shownPolicies(deps, tx, rows), nextCursor })
  })
}

/** One page of invocations, the newest first. */
export async function listInvocations(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof FallbackInvocationQuery>,
): Promise<Result<{ readonly items: FallbackInvocation[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const list = 'fallback-invocations'
  const position = cursor === undefined ? ok([]) : decodePageCursor(list, filters, cursor, 1)
  if (!position.ok) return position
  const before = position.value[0] ?? null
  if (before !== null && !Uuid.safeParse(before).success)
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const { policyId = null, outcome = null, synthetic = null } = filters
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectInvocations(tx, { policyId, outcome, synthetic, runId: null }, before, limit + 1)
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const more = found.length > limit && last !== undefined
    const names = rows.length === 0 ? new Map() : await policyNames(tx)
    const nextCursor = more ? encodePageCursor(list, filters, [last.invocationId]) : null
    return ok({ items: rows.map((row) => shownInvocation(row, names)), nextCursor })
  })
}

/** What a saved policy would do now. */
export async function dryRunPolicy(deps: Deps, caller: Caller, policyId: string): Promise<Result<FallbackDryRun>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await policyById(tx, policyId)
    if (found === null) return noSuchPolicy
    const considered = await new FallbackManager(deps).dryRun(tx, found.definition, policyId)
    return ok(shownDryRun(deps, considered))
  })
}

/** What a definition that is not saved would do now. */
export async function dryRunDefinition(
  deps: Deps,
  caller: Caller,
  { approvalId: _, reason: __, ...definition }: FallbackOrder,
): Promise<Result<FallbackDryRun>> {
  const fault = definitionFault(definition)
  if (fault !== null) return refuse('not-processable', fault)
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    ok(shownDryRun(deps, await new FallbackManager(deps).dryRun(tx, definition, null))),
  )
}

function shownDryRun(deps: Deps, { decision, observed }: Considered): FallbackDryRun {
  const passedOver = 'passedOver' in decision ? decision.passedOver.map(shownReason(observed)) : []
  const invokes = decision.kind === 'invoke'
  return {
    outcome: decision.kind,
    macro: invokes ? decision.macro : null,
    because: becauseOf(observed.primaryName, decision.because),
    chosenBecause: invokes ? becauseOf(decision.macro, decision.chosenBecause) : null,
    passedOver,
    primary: observed.shown.primary,
    candidates: [...observed.shown.candidates],
    asOf: toIso(deps.clock.now()),
  }
}

const mostWatched = 200

/** Policies with their incidents and last invocations, live: as they are, and again whenever one is different. */
export function watchPolicies(deps: Deps, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent> {
  const told = (items: readonly FallbackPolicy[]) => [{ event: 'policies', about: null, data: { items } }]
  return watchPicture(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['fallbacks'],
      read: async (tx) => {
        const policies = await selectPolicies(tx, { environment: null, primary: null }, null, mostWatched)
        return await shownPolicies(deps, tx, policies)
      },
      first: told,
      next: (before, after) => (canonicalJson(before) === canonicalJson(after) ? [] : told(after)),
    },
    signal,
  )
}
