import type { FleetStatus, FleetStatusQuery, StatusOrigins } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../ports/slice.ts'
import { actorOf, append } from '../../govern/journal/index.ts'
import { fleetHealth } from '../health/index.ts'
import { environmentNames } from '../registry/index.ts'
import { agentStatus, groupOf, groupsOf } from './model.ts'
import * as store from './store.ts'

/** The fleet for dashboards of others. `origin` is what a browser says of the page that asks; undefined: no browser. */
export async function readStatus(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof FleetStatusQuery>,
  origin: string | undefined,
): Promise<RouteResult<FleetStatus>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if (origin !== undefined && !(await store.selectOrigins(tx)).includes(origin))
      return refuse(
        'not-allowed',
        `Pages of ${origin} may not read this. An admin lists origins with PUT /api/v1/status/origins.`,
      )
    const fleet = await fleetHealth(deps, tx, query)
    const environments: FleetStatus['environments'] = []
    if (query.environment === undefined)
      for (const name of await environmentNames(deps, tx)) {
        const inside = (await fleetHealth(deps, tx, { ...query, environment: name })).agents
        environments.push(
          groupOf(
            name,
            inside.filter(({ figures }) => figures.executions > 0),
          ),
        )
      }
    const status: FleetStatus = {
      window: fleet.window,
      asOf: fleet.asOf,
      agents: fleet.agents.map(agentStatus),
      domains: [...groupsOf(fleet.agents, ({ domain }) => domain)],
      environments,
    }
    return { ...ok(status), headers: corsHeaders(origin) }
  })
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
