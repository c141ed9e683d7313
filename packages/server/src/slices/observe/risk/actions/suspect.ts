import type { Agent, SuspicionKind } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import { allAgents, releasesOf } from '../../registry/index.ts'
import { type JudgedRun, latestJudgedRuns } from '../../telemetry/index.ts'
import { judgeCost, judgeSuccess, type UnitOutcomes } from '../model/plausibility.ts'
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

/** Judges every organization's reporters by their latest runs and tells what is new; safe to run twice. */
export async function judgeSuspicions(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    await deps.pacer.step(() => deps.store.transaction({ organizationId }, (tx) => judgeOrganization(deps, tx)))
}

interface Doer {
  readonly agent: Agent
  readonly releaseId: string | null
  readonly runs: readonly JudgedRun[]
  readonly byUnit: UnitOutcomes
}

interface Suspected extends store.SuspicionKey, Finding {}

async function judgeOrganization(deps: Deps, tx: Tx): Promise<void> {
  const open = await store.lockOpen(tx)
  const agents = (await allAgents(deps, tx)).filter(({ archivedAt }) => archivedAt === null)
  const doers: Doer[] = []
  for (const agent of agents) doers.push(...(await doersOf(deps, tx, agent)))
  const suspected = [
    ...(await suspectReports(tx, doers)),
    ...(await suspectAnswers(tx, agents)),
    ...(await suspectJudges(deps, tx, agents)),
  ]
  const events = [...(await raise(deps, tx, suspected, open)), ...(await clear(deps, tx, suspected, open))]
  if (events.length > 0) await append(deps, tx, events)
}

async function doersOf(deps: Deps, tx: Tx, agent: Agent): Promise<readonly Doer[]> {
  const releases = (await releasesOf(deps, tx, agent.agentId)).slice(0, releasesMax)
  const doers: Doer[] = []
  for (const releaseId of [...releases.map((release) => release.releaseId), null]) {
    const runs = await latestJudgedRuns(deps, tx, { agentId: agent.agentId, releaseId }, windowRuns)
    if (runs.length > 0) doers.push({ agent, releaseId, runs, byUnit: byUnit(runs) })
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

async function suspectReports(tx: Tx, doers: readonly Doer[]): Promise<readonly Suspected[]> {
  const suspected: Suspected[] = []
  for (const doer of doers) {
    const peers = doers.filter((other) => other !== doer && other.agent.domain === doer.agent.domain)
    const suspect = (kind: SuspicionKind, target: string, finding: Finding | null) => {
      if (finding === null) return
      suspected.push({ agentId: doer.agent.agentId, releaseId: doer.releaseId, kind, target, ...finding })
    }
    const outcomes = doer.runs.filter(({ endedInError }) => !endedInError).map(({ succeeded }) => succeeded)
    suspect('outcome-stopped-varying', 'evaluator', judgeSilence(outcomes, peers.map(totalOf)))
    const compared = peers.map((peer) => peer.byUnit)
    suspect('success-beyond-peers', 'agent', judgeSuccess(doer.byUnit, compared))
    suspect('cost-beyond-tokens', 'agent', judgeCost(await costPairs(tx, doer.runs)))
  }
  return suspected
}

const totalOf = ({ runs }: Doer) => ({ runs: runs.length, successes: runs.filter(({ succeeded }) => succeeded).length })

async function costPairs(tx: Tx, runs: readonly JudgedRun[]) {
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
