import { assertInvariant } from '../../../../kernel/assert.ts'
import type { NewJudgment } from '../../../../ports/judgments.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { syntheticAmong } from '../../../observe/telemetry/index.ts'
import { detailsOf, eventOf, subjectOfRun, typeOf, withoutRepeats } from '../model/judgment.ts'
import { type DraftJudgment, insertJudgments } from '../store/judgments.ts'

/**
 * Stores judgments and journals each new one, in the caller's transaction. What came under its key before, or earlier in
 * the same batch, changes nothing and is counted as a duplicate.
 */
export async function recordJudgments(
  deps: Deps,
  tx: Tx,
  rows: readonly NewJudgment[],
): Promise<{ readonly accepted: number; readonly duplicates: number }> {
  if (rows.length === 0) return { accepted: 0, duplicates: 0 }
  const first = withoutRepeats(rows)
  const synthetic = await syntheticOf(tx, first)
  const drafts = first.map((row) => completed(row, deps.ids.uuid(), synthetic))
  const inserted = await insertJudgments(tx, drafts, deps.clock.now())
  const fresh = drafts.filter(({ judgmentId }) => inserted.has(judgmentId))
  await append(
    deps,
    tx,
    fresh.map(({ row, ...draft }) => ({
      ...eventOf({ scale: null, confidence: null, order: null, ...row, ...draft }),
      subject: `judgment/${draft.judgmentId}`,
      actor: row.recordedBy,
      correlationId: draft.correlationId,
    })),
  )
  return { accepted: fresh.length, duplicates: rows.length - fresh.length }
}

/** The runs among them that nobody asked for: a probe's or an experiment's. */
async function syntheticOf(tx: Tx, rows: readonly NewJudgment[]): Promise<ReadonlySet<string>> {
  const sought = rows.flatMap(({ executionId, synthetic, observedAt }) =>
    executionId === null || synthetic !== undefined ? [] : [{ executionId, observedAt }],
  )
  return syntheticAmong(tx, sought)
}

function completed(row: NewJudgment, judgmentId: string, syntheticRuns: ReadonlySet<string>): DraftJudgment {
  const { executionId, actionId, judgeKind, notice = null } = row
  const subject = row.subject ?? (executionId === null ? null : subjectOfRun(executionId, actionId))
  assertInvariant(subject !== null, 'a judgment is about a run or names its subject')
  return {
    judgmentId,
    row,
    type: typeOf(row.verdict, notice),
    subject,
    details: detailsOf(notice),
    // What the world answered and what a person found are what judges are measured against.
    gold: row.verdict !== null && (row.gold ?? (judgeKind === 'outcome' || judgeKind === 'human')),
    synthetic: row.synthetic ?? (executionId !== null && syntheticRuns.has(executionId)),
    correlationId: row.correlationId ?? executionId ?? judgmentId,
  }
}
