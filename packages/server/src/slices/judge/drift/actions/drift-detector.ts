import {
  CheckDisabledPayload,
  CoveragePayload,
  type DriftStreamName,
  type JournalEvent,
  JudgedPayload,
  type QaSubject,
} from '@metaagent/contract'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { ownersOfExecutions } from '../../../observe/telemetry/index.ts'
import { ratesDefaults } from '../model/rates.ts'
import { type FollowedRow, followRows, streamIdOf } from './follow.ts'

interface Rows {
  readonly name: DriftStreamName
  readonly rows: FollowedRow[]
}

/**
 * Tells when a stream of QA outcomes is no longer what it was: failures that a judge finds, failures of an agent, repeated
 * failures of a check, checks that are switched off, coverage that is lost. Seed 1, “Architecture Overview”. Rows are
 * placed by when they were journaled, so that a replay of the journal gives the same states.
 */
export class DriftDetector implements QaEngine {
  readonly name = 'drift'
  readonly pattern = 'qa_*'

  async observe(deps: Deps, tx: Tx, events: readonly JournalEvent[]): Promise<void> {
    const last = events.at(-1)
    if (last === undefined) return
    const read = events.flatMap((event) => readEvent(event) ?? [])
    const owners = await ownersOfExecutions(tx, [...new Set(read.flatMap(({ row }) => row.executionId ?? []))])
    const byId = new Map<string, Rows>()
    const take = (name: DriftStreamName, row: FollowedRow) => {
      const streamId = streamIdOf(name)
      const known = byId.get(streamId)
      if (known === undefined) byId.set(streamId, { name, rows: [row] })
      else known.rows.push(row)
    }
    for (const { kind, metric, judge, subject, row } of read) {
      const of = { metric, judge: null, agentId: null, subject: null }
      const check = { ...of, subject }
      if (kind !== 'verdict') {
        take({ ...check, kind }, row)
        continue
      }
      take({ ...of, kind: 'judge', judge }, row)
      const agentId = row.executionId === null ? undefined : owners.get(row.executionId)?.agentId
      if (agentId !== undefined) take({ ...of, kind: 'agent', agentId }, row)
      if (!isJudgedAgain(subject)) continue
      take({ ...check, kind: 'check' }, row)
      // A check that judges again is switched on again.
      take({ ...check, kind: 'disabled' }, { ...row, value: 0, failures: null, onlyIfOpen: true })
    }
    const { baseTickMs } = ratesDefaults
    const newest = Math.max(...events.map(({ occurredAt }) => Date.parse(occurredAt)))
    const until = instantFromEpochMs(Math.floor(newest / baseTickMs) * baseTickMs)
    const cause = { correlationId: last.correlationId, eventId: last.eventId }
    await followRows(deps, tx, [...byId.values()], { until, cause })
  }
}

/** An execution is judged once; these are judged again with every run of the check. */
function isJudgedAgain({ kind }: QaSubject): boolean {
  return kind === 'artifact' || kind === 'macro' || kind === 'series'
}

interface ReadEvent {
  readonly kind: 'verdict' | 'disabled' | 'coverage'
  readonly metric: string
  readonly judge: string
  readonly subject: QaSubject
  readonly row: FollowedRow
}

/** What an event says of a stream; null: nothing, or it is synthetic. */
function readEvent(event: JournalEvent): ReadEvent | null {
  const of = (
    kind: ReadEvent['kind'],
    told: Pick<JudgedPayload, 'metric' | 'judge' | 'subject' | 'judgmentId' | 'executionId'>,
    { value, failures }: { readonly value: number; readonly failures: number | null },
  ): ReadEvent => ({
    kind,
    metric: told.metric,
    judge: told.judge,
    subject: told.subject,
    row: {
      atMs: Date.parse(event.occurredAt),
      runs: 1,
      failures,
      value,
      judgmentId: told.judgmentId,
      executionId: told.executionId,
      cause: { correlationId: event.correlationId, eventId: event.eventId },
    },
  })
  switch (event.type) {
    case 'qa_success':
    case 'qa_failure': {
      const { success, data } = JudgedPayload.safeParse(event.payload)
      if (!success || data.synthetic) return null
      const value = event.type === 'qa_failure' ? 1 : 0
      return of('verdict', data, { value, failures: value })
    }
    case 'qa_disabled': {
      const { success, data } = CheckDisabledPayload.safeParse(event.payload)
      return success && !data.synthetic
        ? of('disabled', data, { value: data.change === 'deleted' ? 2 : 1, failures: null })
        : null
    }
    case 'qa_coverage': {
      const { success, data } = CoveragePayload.safeParse(event.payload)
      return success && !data.synthetic
        ? of('coverage', data, { value: data.covered / data.total, failures: null })
        : null
    }
    default:
      return null
  }
}
