import {
  type AccessScope,
  type AgentHealth,
  type Burning,
  healthWindows,
  type Overview,
  type OverviewChange,
  type OverviewWindow,
} from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { recentEvents, watchPicture } from '../../../govern/journal/index.ts'
import { firingAlerts } from '../../alerts/index.ts'
import { figuresOfSums, fleetPicture, sumsOfSpans } from '../../health/index.ts'
import { allAgents } from '../../registry/index.ts'
import { urgentSlas } from '../../slas/index.ts'
import { byUrgency, fallsOf, ofAlert, ofCost, ofSla } from '../model/burning.ts'
import { type ChangeLine, changesOf, changeTypes } from '../model/changes.ts'
import { compareSides, timesAround } from '../model/effect.ts'

const shownMax = 20
const worstMax = 8
/** Events of one type that are looked at; a type with more of them in a window is told as left out. */
const eventsOfType = 100
/** A picture is a dozen questions: bursts are gathered longer than for the fleet, and still show within a second. */
const settleMs = 700

const windowWords: Readonly<Record<OverviewWindow, string>> = {
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
}
/** How many windows before are what is usual. */
const pastWindowsMax: Readonly<Record<OverviewWindow, number>> = { '1h': 24, '24h': 7, '7d': 4 }

/** What is shown of whom: a credential sees alerts and events only where it may read them. */
export interface OverviewQuestion {
  readonly window: OverviewWindow
  readonly seesAlerts: boolean
  readonly seesJournal: boolean
}

/** The question of a caller. */
export function questionOf({ scopes }: Caller, window: OverviewWindow): OverviewQuestion {
  const has = (scope: AccessScope) => scopes.has(scope)
  return { window, seesAlerts: has('alerts:read'), seesJournal: has('journal:read') }
}

/** The home page: which agents fail, what burns, what changed. Reads rollups, states and a bounded part of the journal. */
export async function readOverview(deps: Deps, tx: Tx, question: OverviewQuestion): Promise<Overview> {
  const now = deps.clock.now()
  const { window, seesAlerts, seesJournal } = question
  const { fleet } = await fleetPicture(deps, tx, { window })
  const since = addMs(now, -1000 * healthWindows[window])
  const types = [...changeTypes, 'health.state.changed']
  const events = seesJournal ? await recentEvents(tx, { types, since, limitEach: eventsOfType }) : []
  const burning = [
    ...(seesAlerts ? (await firingAlerts(deps, tx, shownMax)).map(ofAlert) : []),
    ...(await urgentSlas(deps, tx, shownMax)).flatMap((sla) => ofSla(sla) ?? []),
    ...fallsOf(events, fleet.agents),
    ...(await costsAbove(deps, tx, window, fleet.agents)),
  ].sort(byUrgency)
  const changes = changesOf(events, new Map(fleet.agents.map(({ agentId, agent }) => [agentId, agent])))
  return {
    window,
    asOf: fleet.asOf,
    fleet: {
      states: fleet.states,
      totals: fleet.totals,
      worst: fleet.agents.filter(({ state }) => state !== 'healthy' && state !== 'unknown').slice(0, worstMax),
    },
    burning: burning.slice(0, shownMax),
    burningLeftOut: Math.max(0, burning.length - shownMax),
    changes: [...(await withEffects(tx, changes.slice(0, shownMax), now))],
    changesLeftOut: Math.max(0, changes.length - shownMax),
    withheld: [...(seesAlerts ? [] : ['alerts:read' as const]), ...(seesJournal ? [] : ['journal:read' as const])],
  }
}

async function costsAbove(
  deps: Deps,
  tx: Tx,
  window: OverviewWindow,
  agents: readonly AgentHealth[],
): Promise<readonly Burning[]> {
  const now = deps.clock.now()
  const lengthMs = 1000 * healthWindows[window]
  const known = new Map((await allAgents(deps, tx)).map((agent) => [agent.agentId, Date.parse(agent.firstSeenAt)]))
  const start = addMs(now, -lengthMs)
  const watched = agents.flatMap(({ agentId, agent, figures }) => {
    const age = start - (known.get(agentId) ?? start)
    const pastWindows = Math.min(pastWindowsMax[window], Math.floor(age / lengthMs))
    return figures.costNanoUsd === null || pastWindows < 1 ? [] : [{ agentId, agent, present: figures, pastWindows }]
  })
  const past = await sumsOfSpans(
    tx,
    watched.map(({ agentId, pastWindows }) => ({ agentId, from: addMs(start, -pastWindows * lengthMs), until: start })),
  )
  return watched.flatMap((watch, index) => {
    const sums = past[index]
    if (sums === undefined) return []
    return ofCost({ ...watch, past: figuresOfSums(sums), windowWords: windowWords[window] }) ?? []
  })
}

/** What changes figures of one agent; a rule or a price does not change what it does. */
const withEffect: ReadonlySet<ChangeLine['kind']> = new Set(['release', 'model', 'rollout'])

async function withEffects(tx: Tx, changes: readonly ChangeLine[], now: Instant): Promise<readonly OverviewChange[]> {
  const asked = changes.flatMap(({ eventId, kind, agentId, at }) =>
    agentId === null || !withEffect.has(kind)
      ? []
      : [{ eventId, agentId, times: timesAround(instantFromEpochMs(Date.parse(at)), now) }],
  )
  const sums = await sumsOfSpans(
    tx,
    asked.flatMap(({ agentId, times }) => [
      { agentId, ...times.before },
      { agentId, ...times.after },
    ]),
  )
  const effects = new Map(
    asked.flatMap(({ eventId, times }, index) => {
      const [before, after] = [sums[2 * index], sums[2 * index + 1]]
      if (before === undefined || after === undefined) return []
      return [[eventId, compareSides(times, figuresOfSums(before), figuresOfSums(after))] as const]
    }),
  )
  return changes.map((change) => ({ ...change, effect: effects.get(change.eventId) ?? null }))
}

/** The live home page: the whole of it at first, and again when anything of it changed. */
export function watchOverview(
  deps: Deps,
  caller: Caller,
  window: OverviewWindow,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const question = questionOf(caller, window)
  const event = (overview: Overview) => [{ event: 'overview', about: null, data: overview }]
  const text = ({ asOf: _, ...rest }: Overview) => JSON.stringify(rest)
  return watchPicture<Overview>(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['overview', window, String(question.seesAlerts), String(question.seesJournal)],
      settleMs,
      read: (tx) => readOverview(deps, tx, question),
      first: event,
      next: (before, after) => (text(before) === text(after) ? [] : event(after)),
    },
    signal,
  )
}
