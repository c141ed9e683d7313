import type { FleetStatus, FleetStatusQuery, StatusOrigins } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { Caller, Deps, RouteResult, StreamEvent } from '../../../ports/slice.ts'
import type { Tx } from '../../../ports/store.ts'
import { actorOf, append, watchPicture } from '../../govern/journal/index.ts'
import { fleetPicture } from '../health/index.ts'
import { agentStatus, byName, groupStatus, statusDiffers } from './model.ts'
import * as store from './store.ts'

type StatusQuestion = z.output<typeof FleetStatusQuery>

/** The fleet for dashboards of others. `origin` is what a browser says of the page that asks; undefined: no browser. */
export async function readStatus(
  deps: Deps,
  caller: Caller,
  query: StatusQuestion,
  origin: string | undefined,
): Promise<RouteResult<FleetStatus>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const admitted = await admit(tx, origin)
    return admitted.ok ? { ...ok(await statusOf(deps, tx, query)), headers: corsHeaders(origin) } : admitted
  })
}

/** Whether a page of this origin may open the live status, and the headers that let it read. */
export async function admitPage(deps: Deps, caller: Caller, origin: string | undefined): Promise<RouteResult<null>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const admitted = await admit(tx, origin)
    return admitted.ok ? { ...admitted, headers: corsHeaders(origin) } : admitted
  })
}

/** The live status: the whole of it at first, and again when anything of it changed. */
export function watchStatus(
  deps: Deps,
  caller: Caller,
  query: StatusQuestion,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const event = (status: FleetStatus) => [{ event: 'status', about: null, data: status }]
  return watchPicture<FleetStatus>(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['status', query.window, query.environment ?? null, query.domain ?? null],
      read: (tx) => statusOf(deps, tx, query),
      first: event,
      next: (before, after) => (statusDiffers(before, after) ? event(after) : []),
    },
    signal,
  )
}

async function admit(tx: Tx, origin: string | undefined): Promise<Result<null>> {
  if (origin === undefined || (await store.selectOrigins(tx)).includes(origin)) return ok(null)
  return refuse(
    'not-allowed',
    `Pages of ${origin} may not read this. An admin lists origins with PUT /api/v1/status/origins.`,
  )
}

async function statusOf(deps: Deps, tx: Tx, query: StatusQuestion): Promise<FleetStatus> {
  const { fleet, groups } = await fleetPicture(deps, tx, query)
  return {
    window: fleet.window,
    asOf: fleet.asOf,
    agents: fleet.agents.map(agentStatus),
    domains: groups.domains.map(groupStatus).sort(byName),
    environments: query.environment === undefined ? groups.environments.map(groupStatus).sort(byName) : [],
  }
}

/** Answers differ by origin, so caches must know; no page but the one that asked may read this answer. */
function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? { vary: 'Origin' } : { vary: 'Origin', 'access-control-allow-origin': origin }
}

/** The listed origins. */
export async function readOrigins(deps: Deps, caller: Caller): Promise<Result<StatusOrigins>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    ok({ origins: [...(await store.selectOrigins(tx))] }),
  )
}

/** Replaces the list. Saying what is so already changes nothing. */
export async function changeOrigins(
  deps: Deps,
  caller: Caller,
  wanted: readonly string[],
): Promise<Result<StatusOrigins>> {
  const origins = [...new Set(wanted)].sort()
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = await store.selectOrigins(tx)
    if (before.join('\n') !== origins.join('\n')) {
      await store.saveOrigins(tx, origins)
      await append(deps, tx, [
        { type: 'health.origins.changed', subject: 'status', actor: actorOf(caller), payload: { origins } },
      ])
    }
    return ok({ origins })
  })
}
