import type { GoldVerdict, LabelledPayload, QaSubject } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'

/** A label as its event tells it. */
export interface ToldLabel {
  readonly labelId: string
  readonly subject: QaSubject
  readonly executionId: string | null
  readonly actionId: string | null
  readonly metric: string
  readonly verdict: GoldVerdict | null
  readonly origin: LabelledPayload['origin']
  readonly observedAt: Instant
}

/** Of each subject and metric the label that came last; a batch counts in its order. */
export function latestOfEach<Label extends Pick<ToldLabel, 'subject' | 'metric'>>(
  labels: readonly Label[],
): readonly Label[] {
  const latest = new Map(labels.map((label) => [`${label.subject.kind}\n${label.subject.id}\n${label.metric}`, label]))
  return [...latest.values()]
}

/** What the event says; a note is never in it. In the story of its run, else of the label. */
export function labelEventOf({ labelId, executionId, observedAt, ...label }: ToldLabel) {
  const { subject, actionId, metric, verdict, origin } = label
  const about = { subject, executionId, actionId, metric }
  const payload: LabelledPayload = { labelId, ...about, verdict, origin, observedAt: toIso(observedAt) }
  return { type: 'qa_label' as const, subject: `label/${labelId}`, correlationId: executionId ?? labelId, payload }
}
