import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { tunableValue } from '../../../govern/tunables/index.ts'
import { subjectOf } from '../model/intake.ts'
import * as store from '../store/log.ts'
import { appendLines, logSize } from './log-file.ts'

const linesPerWrite = 500
/** Counting what is not written stops here: it is behind by so many at least. */
const countedBehind = 100_000

/**
 * Writes decisions that are committed into the file of all arbitrations, in the order of their commits. The cursor moves
 * after the file has the lines on disk: a crash in between writes some twice (`arbitrationId` tells), and none is left
 * out. While the disk fails nothing else waits for it; when it is back the file catches up.
 */
export async function writeArbitrationLog(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) while (await writeNext(deps, organizationId));
}

async function writeNext(deps: Deps, organizationId: string): Promise<boolean> {
  const { cursor, rows } = await deps.store.transaction({ organizationId }, async (tx) => {
    const cursor = await store.logCursor(tx)
    return { cursor, rows: await store.nextForLog(tx, cursor, linesPerWrite) }
  })
  const last = rows.at(-1)
  if (last === undefined) return false
  try {
    await appendLines(
      deps.settings.arbitrationLog,
      rows.map((row) => JSON.stringify(lineOf(organizationId, row))),
    )
  } catch (error) {
    await tellFailure(deps, organizationId, cursor, error instanceof Error ? error.message : String(error))
    return false
  }
  const size = await logSize(deps.settings.arbitrationLog)
  await deps.store.transaction({ organizationId }, async (tx) => {
    await store.saveLogCursor(tx, last, null)
    if (size !== null) await tellSize(deps, tx, cursor, size.totalBytes)
  })
  return rows.length === linesPerWrite
}

/** Once for each time that the files grow beyond what the organization wants to be told. */
async function tellSize(deps: Deps, tx: Tx, cursor: store.LogCursor, totalBytes: number): Promise<void> {
  const limitBytes = Number(await tunableValue(deps, tx, 'arbitration.log_alert_mebibytes')) * 1024 ** 2
  const isLarge = totalBytes > limitBytes
  if (isLarge === (cursor.largeSince !== null)) return
  await store.saveLargeSince(tx, isLarge ? deps.clock.now() : null)
  if (!isLarge) return
  await append(deps, tx, [
    {
      type: 'arbitration.log.large',
      subject: 'arbitration-log',
      actor: { kind: 'system', id: 'arbitration' },
      payload: { totalBytes, limitBytes },
    },
  ])
}

/** Once for each time that it begins to fail, or fails otherwise. */
async function tellFailure(deps: Deps, organizationId: string, cursor: store.LogCursor, error: string): Promise<void> {
  if (cursor.failingSince !== null && cursor.error === error) return
  deps.log.error({ error }, 'arbitrations cannot be written to their file')
  const now = deps.clock.now()
  await deps.store.transaction({ organizationId }, async (tx) => {
    const since = cursor.failingSince === null ? now : instantFromEpochMs(cursor.failingSince.getTime())
    await store.saveLogCursor(tx, cursor, { since, error })
    const behind = await store.countBehind(tx, cursor, countedBehind)
    await append(deps, tx, [
      {
        type: 'qa_arbitration_log_error',
        subject: 'arbitration-log',
        actor: { kind: 'system', id: 'arbitration' },
        payload: { error, behind },
      },
    ])
  })
}

function lineOf(organizationId: string, row: store.LogRow) {
  const { arbitrationId, eventId, correlationId, causationId, metric, outcome, winner, probability, gap } = row
  const { gapMin, policy, fitVersion, rulesVersion, dissent, votes, because, supersedes, decidedAt } = row
  return {
    at: decidedAt.toISOString(),
    organizationId,
    arbitrationId,
    eventId,
    correlationId,
    causationId,
    ...subjectOf(row),
    metric,
    outcome,
    winner,
    probability,
    confidenceGap: gap,
    gapMin,
    policy,
    fitVersion,
    rulesVersion,
    dissent,
    votes,
    because,
    supersedes,
  }
}

/** What is known of the file, for the status page. */
export async function logState(deps: Deps, organizationId: string) {
  return deps.store.transaction({ organizationId }, async (tx) => {
    const cursor = await store.logCursor(tx)
    const behind = await store.countBehind(tx, cursor, countedBehind)
    return { behind, failingSince: cursor.failingSince?.toISOString() ?? null, error: cursor.error }
  })
}
