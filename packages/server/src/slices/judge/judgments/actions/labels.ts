import { type QaLabel, type QaLabelBatch, type QaLabelQuery, type QaLabelReceipt, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { maskTexts } from '../../../observe/masking/index.ts'
import { labelEventOf, latestOfEach } from '../model/label.ts'
import { aboutWhich, observationTime } from '../model/qa-event.ts'
import { type DraftLabel, saveLabels, selectLabels } from '../store/labels.ts'
import { subjectFilter } from './subject-filter.ts'

type Report = z.output<typeof QaLabelBatch>['labels'][number]

/**
 * Takes labels: what verdicts ought to be. A later label of a subject and metric replaces an earlier one, null takes it
 * back; each change is journaled as `qa_label`, what says the same again is not.
 */
export async function receiveLabels(
  deps: Deps,
  caller: Caller,
  { labels }: z.output<typeof QaLabelBatch>,
): Promise<Result<QaLabelReceipt>> {
  const drafts = await draftsOf(deps, caller, labels)
  if (!drafts.ok) return drafts
  const latest = latestOfEach(drafts.value)
  const actor = actorOf(caller)
  const labelled = await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const changed = await saveLabels(tx, latest, deps.clock.now())
    const told = latest.filter(({ labelId }) => changed.has(labelId))
    await append(
      deps,
      tx,
      told.map((label) => ({ ...labelEventOf(label), actor })),
    )
    return told.length
  })
  return ok({ labelled, unchanged: labels.length - labelled })
}

async function draftsOf(
  deps: Deps,
  caller: Caller,
  labels: readonly Report[],
): Promise<Result<readonly (DraftLabel & { readonly actionId: string | null })[]>> {
  const now = deps.clock.now()
  const notes = await maskTexts(
    deps,
    caller.organizationId,
    labels.map(({ note }) => note ?? ''),
  )
  if (!notes.ok) return notes
  const { kind, id } = actorOf(caller)
  const drafts: (DraftLabel & { readonly actionId: string | null })[] = []
  for (const [index, { note, observedAt: time, ...label }] of labels.entries()) {
    const observedAt = observationTime(time, now)
    if (observedAt === null)
      return refuse('not-processable', `labels[${index}].observedAt must lie between 1970 and a day from now.`)
    drafts.push({
      ...label,
      ...aboutWhich(label.subject),
      labelId: deps.ids.uuid(),
      note: note === null ? null : (notes.value[index]?.text ?? null),
      labelledBy: `${kind}:${id}`,
      observedAt,
    })
  }
  return ok(drafts)
}

const list = 'judgments.labels'

/** One page of the labels that hold, and of those that were taken back, the newest first. */
export async function readLabels(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof QaLabelQuery>,
): Promise<Result<{ readonly items: QaLabel[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const labelId = Uuid.safeParse(position.value[0])
    if (!labelId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = labelId.data
  }
  const subject = subjectFilter(filters)
  if (!subject.ok) return subject
  const { executionId = null, metric = null, verdict = null, origin = null } = filters
  const filter = { subject: subject.value, executionId, metric, verdict, origin }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectLabels(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.labelId]) : null })
}
