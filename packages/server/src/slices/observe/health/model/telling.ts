import type { AgentHealth, FleetGroups, FleetHealth, HealthWindow } from '@metaagent/contract'

/** The window in which the told state of an agent is judged. */
export const defaultStateWindow: HealthWindow = '24h'

/** What the live stream sends after the whole picture: agents whose figures or state differ, and whether any went or came. */
export interface FleetChange {
  readonly changed: readonly AgentHealth[]
  /** True when the set of agents differs: then the whole picture is sent again. */
  readonly reshaped: boolean
}

/** Compares two pictures of the same fleet and window. Equal pictures give an empty change. */
export function fleetChange(before: FleetHealth, after: FleetHealth): FleetChange {
  const known = new Map(before.agents.map((health) => [health.agentId, health]))
  const reshaped =
    before.agents.length !== after.agents.length || after.agents.some((health) => !known.has(health.agentId))
  if (reshaped) return { changed: [], reshaped }
  // The pictures are plain JSON made by the same code in the same key order, so their text decides.
  const changed = after.agents.filter((health) => JSON.stringify(known.get(health.agentId)) !== JSON.stringify(health))
  return { changed, reshaped }
}

/** Whether two pictures of the groups differ in anything but the time at which they were made. */
export function groupsDiffer(before: FleetGroups, after: FleetGroups): boolean {
  const text = ({ domains, environments }: FleetGroups) => JSON.stringify([domains, environments])
  return text(before) !== text(after)
}
