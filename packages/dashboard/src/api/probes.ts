import { Probe, type ProbeChange } from '@metaagent/contract'
import type { z } from 'zod'
import { request } from './request.ts'

type Order = z.input<typeof ProbeChange>

/** Changes a probe; header values that are left out stay as they are. */
export const changeProbe = (probeId: string, change: Order) =>
  request(Probe, `/probes/${probeId}`, { method: 'PUT', body: change })

/** A probe as the API takes it, with everything that it has but its sealed headers. */
export function orderOfProbe(probe: Probe): Order {
  const { name, agentId, environment, kind, method, url, body, schedule, timeZone, timeoutMs, assertions } = probe
  const common = { name, agentId, environment, kind, method, url, schedule, timeZone, timeoutMs, assertions }
  return { ...common, enabled: probe.enabled, ...(body === null ? {} : { body }) }
}
