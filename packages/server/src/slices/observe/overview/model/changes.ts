import {
  type EventPayload,
  type EventType,
  eventCatalogue,
  type JournalEvent,
  type OverviewChange,
} from '@metaagent/contract'

/** A change without what followed it. */
export type ChangeLine = Omit<OverviewChange, 'effect'>

type Told = Pick<ChangeLine, 'kind' | 'title' | 'link'> & {
  readonly agentId?: string
  readonly because?: ChangeLine['because']
}
type Names = ReadonlyMap<string, string>
type Teller<Type extends EventType> = (
  payload: EventPayload<Type>,
  of: { names: Names; event: JournalEvent },
) => Told | null

const agentOf = (agentId: string, names: Names) => names.get(agentId) ?? agentId
const agentLink = (agentId: string) => `/agents/${agentId}`
const entryLink = ({ event }: { event: JournalEvent }) => `/ledger/events/${event.eventId}`
const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(2)}`

// Every type that can be behind a change of figures, in words. Changes of state are what is explained, not explanations.
const tellers: { readonly [Type in EventType]?: Teller<Type> } = {
  'registry.agent.registered': ({ agentId, name }) => ({
    kind: 'agent',
    title: `${name} reported for the first time`,
    link: agentLink(agentId),
    agentId,
  }),
  'registry.agent.changed': ({ agentId, changed }, { names }) => ({
    kind: 'agent',
    title: `${agentOf(agentId, names)}: ${changed.join(', ')} changed`,
    link: agentLink(agentId),
    agentId,
  }),
  'registry.release.registered': ({ agentId, name }, { names }) => ({
    kind: 'release',
    title: `Release ${name} of ${agentOf(agentId, names)} ran for the first time`,
    link: `${agentLink(agentId)}?release=${encodeURIComponent(name)}`,
    agentId,
  }),
  'registry.dependency.learned': ({ agentId, kind, target }, { names }) =>
    kind === 'model'
      ? {
          kind: 'model',
          title: `${agentOf(agentId, names)} called the model ${target} for the first time`,
          link: agentLink(agentId),
          agentId,
        }
      : null,
  'rollouts.comparison.decided': ({
    comparisonId,
    agentId,
    agent,
    controlRelease,
    candidateRelease,
    verdict,
    because,
  }) => ({
    kind: 'rollout',
    title: `${agent}: ${verdict} ${candidateRelease} over ${controlRelease}`,
    link: `/comparisons/${comparisonId}`,
    agentId,
    because,
  }),
  // What a chaos run simulates moves no figure.
  'recovery.fallback.invoked': ({ policyId, policy, macro, synthetic, because }) =>
    synthetic
      ? null
      : { kind: 'recovery', title: `${policy}: ${macro} took over`, link: `/fallbacks/${policyId}`, because },
  'recovery.fallback.exhausted': ({ policyId, policy, synthetic, because }) =>
    synthetic
      ? null
      : { kind: 'recovery', title: `${policy}: no fallback is left`, link: `/fallbacks/${policyId}`, because },
  'fallbacks.policy.saved': ({ policyId, name, version, enabled }) => ({
    kind: 'recovery',
    title: `The fallback ${name} was ${version === 1 ? 'added' : enabled ? 'changed' : 'switched off'}`,
    link: `/fallbacks/${policyId}`,
  }),
  'fallbacks.policy.removed': ({ name }) => ({
    kind: 'recovery',
    title: `The fallback ${name} was removed`,
    link: '/fallbacks',
  }),
  'prices.override.added': ({ match }) => ({
    kind: 'price',
    title: `A price for ${match.value} was set`,
    link: '/costs',
  }),
  'prices.override.withdrawn': () => ({ kind: 'price', title: 'A price of your own was withdrawn', link: '/costs' }),
  'costs.repricing.finished': ({ state, calls, beforeNanoUsd, afterNanoUsd }) => ({
    kind: 'price',
    title:
      state === 'done'
        ? `${calls} calls were priced again: ${dollars(beforeNanoUsd)} → ${dollars(afterNanoUsd)}`
        : 'Pricing calls again was cancelled',
    link: '/costs',
  }),
  'alerts.rule.saved': ({ name, version, enabled }) => ({
    kind: 'rule',
    title: `The alert rule ${name} was ${version === 1 ? 'made' : enabled ? 'changed' : 'switched off'}`,
    link: '/alerts/rules',
  }),
  'alerts.rule.removed': ({ name }) => ({
    kind: 'rule',
    title: `The alert rule ${name} was removed`,
    link: '/alerts/rules',
  }),
  'alerts.policy.changed': () => ({
    kind: 'rule',
    title: 'Who is told of alerts was changed',
    link: '/alerts/routing',
  }),
  'alerts.silence.created': ({ matchers, comment }) => ({
    kind: 'rule',
    title: `Alerts with ${matchers.join(', ')} were silenced${comment === '' ? '' : `: ${comment}`}`,
    link: '/alerts/silences',
  }),
  'slas.definition.saved': ({ slaId, name, version, enabled }) => ({
    kind: 'sla',
    title: `The service level ${name} was ${version === 1 ? 'promised' : enabled ? 'changed' : 'switched off'}`,
    link: `/slas/${slaId}`,
  }),
  'slas.definition.removed': ({ name }) => ({
    kind: 'sla',
    title: `The service level ${name} was ended`,
    link: '/slas',
  }),
  'tunables.value.changed': ({ key, from, to, reason }, of) => ({
    kind: 'setting',
    title: `${key}: ${from} → ${to}`,
    link: entryLink(of),
    because: { rule: 'reason-given', observed: to, limit: from, text: reason } as NonNullable<ChangeLine['because']>,
  }),
  'masking.settings.changed': ({ agent, because }) => ({
    kind: 'setting',
    title: agent === null ? 'What is masked was changed' : `What is masked of ${agent} was changed`,
    link: '/settings/masking',
    because,
  }),
  'identity.organization.changed': ({ name, timeZone }) => ({
    kind: 'setting',
    title: [
      ...(name === null ? [] : [`The organization is called ${name.to} now, not ${name.from}`]),
      ...(timeZone === null ? [] : [`Its time zone went from ${timeZone.from} to ${timeZone.to}`]),
    ].join('. '),
    link: '/settings/organization',
  }),
}

/** The types of events that are changes. */
export const changeTypes = Object.keys(tellers) as readonly EventType[]

/** An agent's first releases and models come with it: they are no change of their own. */
const firstSightMs = 10 * 60_000

/** The changes among events, in their order; an event of a form unknown here is left out. */
export function changesOf(events: readonly JournalEvent[], names: Names): readonly ChangeLine[] {
  const lines = events.flatMap((event) => lineOf(event, names) ?? [])
  const registered = new Map(
    events
      .filter(({ type }) => type === 'registry.agent.registered')
      .map(({ subject, occurredAt }) => [subject, Date.parse(occurredAt)]),
  )
  return lines.filter(({ kind, agentId, at }) => {
    const since = agentId === null ? undefined : registered.get(`agent/${agentId}`)
    return since === undefined || (kind !== 'release' && kind !== 'model') || Date.parse(at) - since > firstSightMs
  })
}

function lineOf(event: JournalEvent, names: Names): ChangeLine | null {
  const told = tell(event, names)
  if (told === null) return null
  const { agentId = null, because = null, ...rest } = told
  const by = `${event.actor.kind}:${event.actor.id}`
  const agent = agentId === null ? null : (names.get(agentId) ?? null)
  return { ...rest, eventId: event.eventId, at: event.occurredAt, by, because, agentId, agent }
}

function tell(event: JournalEvent, names: Names): Told | null {
  const type = changeTypes.find((known) => known === event.type)
  const teller = type === undefined ? undefined : tellers[type]
  if (type === undefined || teller === undefined) return null
  const payload = eventCatalogue[type].payload.safeParse(event.payload)
  // The catalogue's schema of this very type read the payload, so it is what its teller takes.
  return payload.success ? (teller as Teller<typeof type>)(payload.data, { names, event }) : null
}
