import type { Agent, SuspicionKind } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import { allAgents, releasesOf } from '../../registry/index.ts'
import { type JudgedRun, latestJudgedRuns } from '../../telemetry/index.ts'
import { type CostPair, judgeCost, judgeSuccess, type UnitOutcomes } from '../model/plausibility.ts'
import { type Finding, judgeSameAnswers, judgeSilence } from '../model/silence.ts'
import { costsOf } from '../store/risks.ts'
import { allSamples } from '../store/samples.ts'
import * as store from '../store/suspicions.ts'
import { suspectJudges } from './suspect-judges.ts'

const actor = { kind: 'system', id: 'risk' } as const
/** The window: so many of the latest judged runs of each release. */
const windowRuns = 200
/** Older releases are history. */
const releasesMax = 5
const agentsPerStep = 50

/** Judges every organization's reporters by their latest runs and tells what is new; safe to run twice. */
export async function judgeSuspicions(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) await judgeOrganization(deps, organizationId)
}

interface Doer {
  readonly agent: Agent
  readonly releaseId: string | null
  readonly runs: readonly JudgedRun[]
  readonly byUnit: UnitOutcomes
  readonly total: { readonly runs: number; readonly successes: number }
  readonly costs: readonly CostPair[]
}

interface Suspected extends store.SuspicionKey, Finding {}

/** Reads a few agents at a time, so that thousands of them hold nobody up, and judges all of them together. */
async function judgeOrganization(deps: Deps, organizationId: string): Promise<void> {
  const inSteps = <T>(work: (tx: Tx) => Promise<T>) =>
    deps.pacer.step(() => deps.store.transaction({ organizationId }, work))
  const agents = (await inSteps((tx) => allAgents(deps, tx))).filter(({ archivedAt }) => archivedAt === null)
  const doers: Doer[] = []
  for (let from = 0; from < agents.length; from += agentsPerStep)
    doers.push(
      ...(await inSteps(async (tx) => {
        const read: Doer[] = []
        for (const agent of agents.slice(from, from + agentsPerStep)) read.push(...(await doersOf(deps, tx, agent)))
        return read
      })),
    )
  await inSteps(async (tx) => {
    const open = await store.lockOpen(tx)
    const suspected = [
      ...suspectReports(doers),
      ...(await suspectAnswers(tx, agents)),
      ...(await suspectJudges(deps, tx, agents)),
    ]
    const events = [...(await raise(deps, tx, suspected, open)), ...(await clear(deps, tx, suspected, open))]
    if (events.length > 0) await append(deps, tx, events)
  })
}

async function doersOf(deps: Deps, tx: Tx, agent: Agent): Promise<readonly Doer[]> {
  const releases = (await releasesOf(deps, tx, agent.agentId)).slice(0, releasesMax)
  const doers: Doer[] = []
  for (const releaseId of [...releases.map((release) => release.releaseId), null]) {
    const runs = await latestJudgedRuns(deps, tx, { agentId: agent.agentId, releaseId }, windowRuns)
    if (runs.length === 0) continue
    const total = { runs: runs.length, successes: runs.filter(({ succeeded }) => succeeded).length }
    doers.push({ agent, releaseId, runs, byUnit: byUnit(runs), total, costs: await costPairs(tx, runs) })
  }
  return doers
}

function byUnit(runs: readonly JudgedRun[]): UnitOutcomes {
  const outcomes = new Map<string, { runs: number; successes: number }>()
  for (const { unit, succeeded } of runs) {
    if (unit === null) continue
    const known = outcomes.get(unit) ?? { runs: 0, successes: 0 }
    outcomes.set(unit, { runs: known.runs + 1, successes: known.successes + (succeeded ? 1 : 0) })
  }
  return outcomes
}

function suspectReports(doers: readonly Doer[]): readonly Suspected[] {
  const byDomain = Map.groupBy(doers, ({ agent }) => agent.domain)
  const byUnit = new Map<string, Doer[]>()
  for (const doer of doers)
    for (const unit of doer.byUnit.keys()) {
      const known = byUnit.get(unit)
      if (known === undefined) byUnit.set(unit, [doer])
      else known.push(doer)
    }
  const suspected: Suspected[] = []
  for (const doer of doers) {
    const isPeer = (other: Doer) => other !== doer && other.agent.domain === doer.agent.domain
    const suspect = (kind: SuspicionKind, target: string, finding: Finding | null) => {
      if (finding === null) return
      suspected.push({ agentId: doer.agent.agentId, releaseId: doer.releaseId, kind, target, ...finding })
    }
    const outcomes = doer.runs.filter(({ endedInError }) => !endedInError).map(({ succeeded }) => succeeded)
    const peers = (byDomain.get(doer.agent.domain) ?? []).filter(isPeer).map(({ total }) => total)
    suspect('outcome-stopped-varying', 'evaluator', judgeSilence(outcomes, peers))
    // Who has no unit in common says nothing about success on them.
    const compared = new Set([...doer.byUnit.keys()].flatMap((unit) => byUnit.get(unit) ?? []).filter(isPeer))
    suspect(
      'success-beyond-peers',
      'agent',
      judgeSuccess(
        doer.byUnit,
        [...compared].map((peer) => peer.byUnit),
      ),
    )
    suspect('cost-beyond-tokens', 'agent', judgeCost(doer.costs))
  }
  return suspected
}

async function costPairs(tx: Tx, runs: readonly JudgedRun[]): Promise<readonly CostPair[]> {
  const reported = runs.flatMap(({ executionId, reportedCostNanoUsd }) =>
    reportedCostNanoUsd === null ? [] : [{ executionId, reportedNanoUsd: reportedCostNanoUsd }],
  )
  if (reported.length === 0) return []
  const computed = await costsOf(
    tx,
    reported.map(({ executionId }) => executionId),
  )
  return reported.flatMap(({ executionId, reportedNanoUsd }) => {
    const computedNanoUsd = computed.get(executionId)
    return computedNanoUsd === undefined ? [] : [{ reportedNanoUsd, computedNanoUsd }]
  })
}

async function suspectAnswers(tx: Tx, agents: readonly Agent[]): Promise<readonly Suspected[]> {
  const current = new Set(agents.map(({ agentId }) => agentId))
  const samples = (await allSamples(tx)).filter(({ agentId }) => current.has(agentId))
  const byTool = Map.groupBy(samples, ({ tool }) => tool)
  return [...Map.groupBy(samples, ({ agentId, tool }) => `${agentId}|${tool}`).values()].flatMap((own) => {
    const [first] = own
    if (first === undefined) return []
    const { agentId, tool } = first
    const elsewhere = tool === '' ? [] : (byTool.get(tool) ?? []).filter((sample) => sample.agentId !== agentId)
    const finding = judgeSameAnswers(own, elsewhere)
    const target = tool === '' ? 'agent' : `tool/${tool}`
    return finding === null
      ? []
      : [{ agentId, releaseId: null, kind: 'output-stopped-varying' as const, target, ...finding }]
  })
}

const keyOf = ({ agentId, releaseId, kind, target }: store.SuspicionKey) =>
  `${agentId}|${releaseId ?? ''}|${kind}|${target}`

async function raise(
  deps: Deps,
  tx: Tx,
  suspected: readonly Suspected[],
  open: readonly store.StoredSuspicion[],
): Promise<readonly NewEvent[]> {
  const known = new Set(open.map(keyOf))
  const events: NewEvent[] = []
  for (const found of suspected) {
    if (known.has(keyOf(found))) continue
    const suspicionId = deps.ids.uuid()
    await store.insertSuspicion(tx, { ...found, suspicionId, at: deps.clock.now() })
    const { agentId, kind, target, probability, because } = found
    events.push({
      type: 'health.suspicion.raised',
      subject: `agent/${agentId}`,
      actor,
      payload: { suspicionId, agentId, kind, target, probability, because: [...because] },
    })
  }
  return events
}

async function clear(
  deps: Deps,
  tx: Tx,
  suspected: readonly Suspected[],
  open: readonly store.StoredSuspicion[],
): Promise<readonly NewEvent[]> {
  const still = new Set(suspected.map(keyOf))
  const events: NewEvent[] = []
  for (const { suspicionId, agentId, kind, target, ...rest } of open) {
    if (still.has(keyOf({ agentId, kind, target, releaseId: rest.releaseId }))) continue
    await store.clearSuspicion(tx, suspicionId, deps.clock.now())
    const payload = { suspicionId, agentId, kind, target }
    events.push({ type: 'health.suspicion.cleared', subject: `agent/${agentId}`, actor, payload })
  }
  return events
}
