import type { AlertMatcher, AlertPolicy, AlertRoute, Labels } from '@metaagent/contract'
import { compileMatchers, type LabelTest, matcherText } from './matching.ts'

/** A route with everything that it inherits filled in. */
export interface PlainRoute {
  /** The matchers from the root down to it, as in Alertmanager's group keys: `{}/{severity="critical"}`. */
  readonly path: string
  readonly name: string
  readonly channels: readonly string[]
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly escalation: readonly { readonly afterMinutes: number; readonly channels: readonly string[] }[]
}

interface CompiledRoute {
  readonly plain: PlainRoute
  readonly fits: LabelTest
  readonly continues: boolean
  readonly children: readonly CompiledRoute[]
}

/** The routes that an alert takes, each with its group there. Never empty: the root takes what nobody else does. */
export type Router = (labels: Labels) => readonly PlainRoute[]

/** Alertmanager's own defaults: 30 s, 5 min, 4 h. */
const defaults = { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 }

/**
 * Compiles a route tree. An alert goes depth first to the first child that fits, and on to its siblings only after a
 * `continue`; a node none of whose children fits takes it itself. The root fits always.
 */
export function compileRoutes(root: AlertRoute): Router {
  const compiled = compile(root, null)
  return (labels) => match(compiled, labels, true)
}

function compile(route: AlertRoute, parent: PlainRoute | null): CompiledRoute {
  const own = `{${route.matchers.map(matcherText).sort().join(',')}}`
  const plain: PlainRoute = {
    path: parent === null ? own : `${parent.path}/${own}`,
    name: route.name,
    channels: route.channels ?? parent?.channels ?? [],
    groupBy: (route.groupBy ?? parent?.groupBy ?? []).toSorted(),
    groupWaitMs: route.groupWaitMs ?? parent?.groupWaitMs ?? defaults.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs ?? parent?.groupIntervalMs ?? defaults.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs ?? parent?.repeatIntervalMs ?? defaults.repeatIntervalMs,
    // Not inherited, as in Alertmanager: a child of a muted route speaks.
    muteTimeIntervals: route.muteTimeIntervals,
    activeTimeIntervals: route.activeTimeIntervals,
    escalation: route.escalation ?? parent?.escalation ?? [],
  }
  const children = route.routes.map((child) => compile(child, plain))
  return { plain, fits: compileMatchers(route.matchers), continues: route.continue, children }
}

function match(route: CompiledRoute, labels: Labels, isRoot: boolean): readonly PlainRoute[] {
  if (!isRoot && !route.fits(labels)) return []
  const found: PlainRoute[] = []
  for (const child of route.children) {
    const ofChild = match(child, labels, false)
    found.push(...ofChild)
    if (ofChild.length > 0 && !child.continues) break
  }
  return found.length === 0 ? [route.plain] : found
}

/** Every route of a tree, the root first. */
export function everyRoute(route: AlertRoute): readonly AlertRoute[] {
  return [route, ...route.routes.flatMap(everyRoute)]
}

/** The part of an alert's labels that its group has in common. */
export function groupLabels(route: PlainRoute, labels: Labels): Labels {
  return Object.fromEntries(
    route.groupBy.flatMap((name) => {
      const value = labels[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** What names a group for ever: the route's path, its name and the common labels. */
export function groupKeyOf(route: PlainRoute, labels: Labels): string {
  const common = Object.entries(groupLabels(route, labels)).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${route.path}:${route.name}:{${common.join(', ')}}`
}

const critical: AlertMatcher = { name: 'severity', operator: '=', value: 'critical' }

/**
 * What an organization has before it writes its own: one message per rule and environment after Alertmanager's 30 s;
 * what is critical is told after a second, since its 30 s are the ones that hurt. Nobody is told before a channel is named.
 */
export const defaultPolicy: AlertPolicy = {
  timeZone: 'UTC',
  route: {
    name: 'everything',
    matchers: [],
    continue: false,
    channels: [],
    groupBy: ['alertname'],
    ...defaults,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: [
      {
        name: 'critical',
        matchers: [critical],
        continue: false,
        groupWaitMs: 1_000,
        muteTimeIntervals: [],
        activeTimeIntervals: [],
        routes: [],
      },
    ],
  },
  // A failing agent's warnings say nothing that its critical alert does not.
  inhibitions: [
    {
      sourceMatchers: [critical],
      targetMatchers: [{ name: 'severity', operator: '=~', value: 'warning|info' }],
      equal: ['alertname', 'agent'],
    },
  ],
  timeIntervals: [],
}
