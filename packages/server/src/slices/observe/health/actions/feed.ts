import type { FleetTotals } from '@metaagent/contract'
import type { Deps, StreamEvent } from '../../../../ports/slice.ts'
import { type LiveEvent, watchPicture } from '../../../govern/journal/index.ts'
import { fleetChange, groupsDiffer } from '../model/telling.ts'
import { type FleetPicture, type FleetQuestion, fleetPicture } from './judge.ts'

/**
 * Events of the live fleet: first the whole picture (`fleet`, `groups`), then what changed (`agent` with `totals`, `groups`, or
 * `fleet` again when agents came or went). Totals go along, so that no page has to ask for them.
 */
export function watchFleet(
  deps: Deps,
  organizationId: string,
  question: FleetQuestion,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  return watchPicture<FleetPicture>(
    deps,
    {
      organizationId,
      key: ['fleet', question.window, question.environment ?? null, question.domain ?? null],
      read: (tx) => fleetPicture(deps, tx, question),
      first: whole,
      next: (before, after) => {
        const change = fleetChange(before.fleet, after.fleet)
        if (change.reshaped) return whole(after)
        const changed = change.changed.map((health) => ({ event: 'agent', about: health.agentId, data: health }))
        const agents = changed.length === 0 ? [] : [...changed, totalsOf(after)]
        return groupsDiffer(before.groups, after.groups) ? [...agents, groupsOf(after)] : agents
      },
    },
    signal,
  )
}

function whole(picture: FleetPicture): readonly LiveEvent[] {
  return [{ event: 'fleet', about: null, data: picture.fleet }, groupsOf(picture)]
}

function groupsOf({ groups }: FleetPicture): LiveEvent {
  return { event: 'groups', about: 'groups', data: groups }
}

function totalsOf({ fleet: { window, asOf, totals } }: FleetPicture): LiveEvent {
  const data: FleetTotals = { window, asOf, totals }
  return { event: 'totals', about: 'totals', data }
}
