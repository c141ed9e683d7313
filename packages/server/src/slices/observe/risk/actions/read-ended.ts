import { createHash } from 'node:crypto'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { recordDependencies } from '../../dependencies/index.ts'
import { allAgents } from '../../registry/index.ts'
import { type EndedExecution, type EndedStep, takeEndedExecutions } from '../../telemetry/index.ts'
import { type Agreement, agreementOf, meansSameUnits, sharesChange } from '../model/agreement.ts'
import { featuresOf } from '../model/features.ts'
import { scoreRisk } from '../model/score.ts'
import { type Usual, usualOf, usualRunsMax } from '../model/usual.ts'
import * as store from '../store/risks.ts'
import * as samples from '../store/samples.ts'

/** Executions per transaction and turn: a reader must not stand in the way of those who store. */
const readPerTurn = 100
const scoredPerTurn = 200
/** Peers beyond this many change an agreement no more. */
const peersMax = 20
/** Of how many runs an agent's understanding of units is judged. */
const sharingRuns = 50

/**
 * Reads the traces of executions that ended since the last turn and scores what is to be scored. What is left waits for
 * the next turn, within a second of the next commit.
 */
export async function readEndedTraces(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    await deps.pacer.step(() => deps.store.transaction({ organizationId }, (tx) => readTraces(deps, tx)))
    await deps.pacer.step(() => deps.store.transaction({ organizationId }, (tx) => scoreDue(deps, tx)))
  }
}

async function readTraces(deps: Deps, tx: Tx): Promise<void> {
  const ended = await takeEndedExecutions(deps, tx, readPerTurn)
  if (ended.length === 0) return
  const fresh = await store.saveFeatures(tx, ended.map(readRun), peersMax)
  const isFresh = ({ executionId }: EndedExecution) => fresh.has(executionId)
  const again = ended.filter((run) => !isFresh(run))
  await recordDependencies(deps, tx, { fresh: ended.filter(isFresh), again })
  await samples.addSamples(tx, ended.filter((run) => isFresh(run) && !run.synthetic).flatMap(samplesOf))
}

function readRun(execution: EndedExecution): store.ReadRun {
  const steps = execution.steps.map((step) => ({ ...step, own: step.agentId === execution.agentId }))
  const { executionId, agentId, releaseId, environment, unit, synthetic, startedAt, endedAt } = execution
  const features = featuresOf(steps, { startedAt, endedAt }, digest)
  const costNanoUsd = costOf(execution)
  return {
    executionId,
    agentId,
    releaseId,
    environment,
    unit,
    synthetic,
    endedAt: endedAt ?? startedAt,
    costNanoUsd,
    features,
  }
}

/** What the agent's own calls cost by list price; null when that is not known of all of them, or there are none. */
function costOf({ agentId, steps }: EndedExecution): number | null {
  const calls = steps.filter((step) => step.agentId === agentId && step.hasTokens)
  const costs = calls.flatMap(({ costNanoUsd }) => costNanoUsd ?? [])
  return calls.length === 0 || costs.length < calls.length ? null : costs.reduce((sum, cost) => sum + cost, 0)
}

/** Of each tool in each run so many calls: a loop must not fill the memory of a tool with one question. */
const samplesPerTool = 3

function samplesOf(run: EndedExecution): readonly samples.AnswerSample[] {
  const found: samples.AnswerSample[] = []
  const taken = new Map<string, number>()
  const add = (agentId: string, tool: string, step: EndedStep) => {
    const before = taken.get(`${agentId}|${tool}`) ?? 0
    if (before >= samplesPerTool || step.output === null) return
    taken.set(`${agentId}|${tool}`, before + 1)
    found.push({ agentId, tool, at: step.endedAt, input: digest(step.input ?? ''), output: digest(step.output) })
  }
  for (const step of run.steps)
    if (step.kind === 'tool' && step.status === 'success') add(step.agentId, step.name, step)
  const reply = run.steps.findLast(({ agentId, kind }) => agentId === run.agentId && kind === 'llm')
  if (reply !== undefined) add(run.agentId, '', reply)
  return found
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

async function scoreDue(deps: Deps, tx: Tx): Promise<void> {
  const due = await store.lockDue(tx, scoredPerTurn)
  if (due.length === 0) return
  const usual = await usuals(tx, due)
  const peers = await peersOfDue(deps, tx, due)
  const scored = due.map((run) => {
    const agreement = peers.get(run.executionId) ?? null
    const verdict = scoreRisk(run.features, usual.get(doerKey(run)) ?? null, agreement)
    return { ...verdict, executionId: run.executionId, peers: agreement?.peers ?? 0 }
  })
  await store.saveScores(tx, scored, deps.clock.now())
}

const doerKey = ({ agentId, releaseId }: store.Doer) => `${agentId}|${releaseId ?? ''}`

const doersOf = (runs: readonly store.KnownRun[]): readonly store.Doer[] => [
  ...new Map(runs.map((run) => [doerKey(run), run])).values(),
]

async function usuals(tx: Tx, due: readonly store.KnownRun[]): Promise<ReadonlyMap<string, Usual>> {
  const latest = await store.latestRuns(tx, doersOf(due), usualRunsMax)
  const byDoer = Map.groupBy(latest, doerKey)
  return new Map([...byDoer].map(([key, runs]) => [key, usualOf(runs.map(({ features }) => features))]))
}

/** How each due run agrees with the other runs of its unit by agents of its domain that mean the same units. */
async function peersOfDue(
  deps: Deps,
  tx: Tx,
  due: readonly store.KnownRun[],
): Promise<ReadonlyMap<string, Agreement | null>> {
  const withUnit = due.filter(({ unit }) => unit !== null)
  if (withUnit.length === 0) return new Map()
  const agents = await allAgents(deps, tx)
  const domainOf = new Map(agents.map(({ agentId, domain }) => [agentId, domain]))
  const found: { readonly run: store.KnownRun; readonly others: readonly store.KnownRun[] }[] = []
  for (const [domain, runs] of Map.groupBy(withUnit, ({ agentId }) => domainOf.get(agentId) ?? '')) {
    const units = [...new Set(runs.flatMap(({ unit }) => unit ?? []))]
    const ids = agents.filter((agent) => agent.domain === domain).map(({ agentId }) => agentId)
    const byUnit = Map.groupBy(await store.runsOfUnits(tx, units, ids, peersMax + 1), ({ unit }) => unit)
    for (const run of runs)
      found.push({ run, others: (byUnit.get(run.unit) ?? []).filter((other) => other.executionId !== run.executionId) })
  }
  await store.saveSharing(
    tx,
    found.map(({ run, others }) => ({
      executionId: run.executionId,
      shares: sharesChange(
        run.features,
        others.map(({ features }) => features),
      ),
    })),
  )
  const doers = doersOf(found.flatMap(({ run, others }) => [run, ...others]))
  const sharing = await store.sharingOf(tx, doers, sharingRuns)
  const foreign = new Set(sharing.filter((one) => !meansSameUnits(one)).map(doerKey))
  return new Map(
    found.map(({ run, others }) => {
      const peers = foreign.has(doerKey(run)) ? [] : others.filter((other) => !foreign.has(doerKey(other)))
      const features = peers.slice(0, peersMax).map((peer) => peer.features)
      return [run.executionId, agreementOf(run.features, features)]
    }),
  )
}
