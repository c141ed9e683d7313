import type { DriftChangePoints } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { changesOf } from '../model/dating.ts'
import { latestReadings } from '../store/readings.ts'
import { selectStream } from '../store/streams.ts'

const readingsMax = 3_000

/** Where a stream changed, seen from now over its latest readings. */
export async function readChangePoints(
  deps: Deps,
  caller: Caller,
  streamId: string,
): Promise<Result<DriftChangePoints>> {
  const readings = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await selectStream(tx, streamId)) === null) return null
    return (await latestReadings(tx, [streamId], readingsMax)).get(streamId) ?? []
  })
  if (readings === null)
    return refuse('not-found', 'There is no stream with this id. GET /api/v1/drift/streams lists them.')
  const { changes, ...found } = changesOf(readings)
  const iso = (atMs: number | undefined) => (atMs === undefined ? null : toIso(atMs as Instant))
  return ok({
    readings: readings.length,
    from: iso(readings[0]?.atMs),
    until: iso(readings.at(-1)?.atMs),
    changes: changes.map(({ atMs, before, after, because }) => ({
      at: toIso(atMs as Instant),
      before,
      after,
      because,
    })),
    ...found,
  })
}
