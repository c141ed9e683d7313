import type { AgentHealth, GroupHealth } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import { figuresOf, lastClosedWindow, metricsWindowMs } from '../model/figures.ts'
import { defaultStateWindow } from '../model/telling.ts'
import * as store from '../store.ts'
import { fleetPicture } from './judge.ts'

const actor = { kind: 'system', id: 'health' } as const

/** Judges every organization's agents and tells what changed; safe to run twice and in several processes. */
export async function tellHealth(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    await deps.store.transaction({ organizationId }, (tx) => tellOrganization(deps, tx))
}

async function tellOrganization(deps: Deps, tx: Tx): Promise<void> {
  const now = deps.clock.now()
  const before = await store.lockJudgedStates(tx)
  const { fleet, groups } = await fleetPicture(deps, tx, { window: defaultStateWindow })
  const closed = lastClosedWindow(now)
  const events: NewEvent[] = []
  for (const health of fleet.agents) {
    const was = before.get(health.agentId)
    const changed = was === undefined ? health.state !== 'unknown' : was.state !== health.state
    if (changed) events.push(stateChanged(health, was?.state ?? 'unknown'))
    const tellFrom = was === undefined ? closed : addMs(was.reportedUntil, 0)
    const told = await windowsToTell(tx, health.agentId, tellFrom, addMs(closed, metricsWindowMs))
    events.push(...told.map((window) => metricsEvent(health, window)))
    const reportedUntil = instantFromEpochMs(Math.max(tellFrom, closed + metricsWindowMs))
    if (
      changed ||
      told.length > 0 ||
      was === undefined ||
      was.score !== health.score ||
      was.reportedUntil !== reportedUntil
    )
      await store.saveJudgedState(tx, { ...health, reportedUntil, at: now, changed })
  }
  events.push(...(await tellGroups(tx, [...groups.domains, ...groups.environments], now)))
  if (events.length > 0) await append(deps, tx, events)
}

/** Keeps what is judged of domains and environments, and returns what changed. */
async function tellGroups(tx: Tx, groups: readonly GroupHealth[], now: Instant): Promise<readonly NewEvent[]> {
  const keyOf = ({ kind, name }: Pick<GroupHealth, 'kind' | 'name'>) => `${kind}/${name}`
  const before = new Map((await store.lockJudgedGroups(tx)).map((group) => [keyOf(group), group]))
  const events: NewEvent[] = []
  for (const group of groups) {
    const was = before.get(keyOf(group))
    before.delete(keyOf(group))
    const changed = was === undefined ? group.state !== 'unknown' : was.state !== group.state
    if (changed) events.push(groupChanged(group, was?.state ?? 'unknown'))
    if (changed || was === undefined || was.score !== group.score || was.agents !== group.agents)
      await store.saveJudgedGroup(tx, { ...group, at: now, changed })
  }
  // An environment in which nothing ran for the length of the window is no group of it any more.
  await store.forgetGroups(tx, [...before.values()])
  return events
}

function groupChanged({ kind, name, state, score, because }: GroupHealth, from: string): NewEvent {
  return {
    type: 'health.group.changed',
    subject: `${kind}/${name}`,
    actor,
    payload: { kind, name, from, to: state, score, because },
  }
}

function stateChanged(health: AgentHealth, from: string): NewEvent {
  return {
    type: 'health.state.changed',
    subject: `agent/${health.agentId}`,
    actor,
    payload: { agentId: health.agentId, from, to: health.state, score: health.score, because: health.because },
  }
}

interface ClosedWindow {
  readonly startAt: Instant
  readonly sums: Parameters<typeof figuresOf>[0]
}

/** Closed windows with executions since the last telling; one query, none when nothing is new. */
async function windowsToTell(tx: Tx, agentId: string, from: Instant, until: Instant): Promise<readonly ClosedWindow[]> {
  if (from >= until) return []
  const filter = { agentId, environment: null, releaseId: null }
  const sums = await store.sumsByStep(tx, filter, { from, until, grain: 'minute', stepSeconds: metricsWindowMs / 1000 })
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([at, ofWindow]) => ({ startAt: instantFromEpochMs(at), sums: ofWindow }))
}

function metricsEvent(health: AgentHealth, window: ClosedWindow): NewEvent {
  const figures = figuresOf(window.sums, { running: 0, waiting: 0 })
  return {
    type: 'processing_metrics',
    subject: `agent/${health.agentId}`,
    actor,
    payload: {
      agentId: health.agentId,
      window: '5m',
      windowStartAt: toIso(window.startAt),
      executions: figures.executions,
      successRate: figures.successRate,
      latencyP95Ms: figures.latencyP95Ms,
      costNanoUsd: figures.costNanoUsd,
      score: health.score,
    },
  }
}
