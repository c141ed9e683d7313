import type { AnchorState, Because } from '@metaagent/contract'
import { addMs, type Instant } from '../../../kernel/instant.ts'

const minuteMs = 60_000

/**
 * When to try again: after the anchor's own time, or sooner after a failure, one minute at first and twice as long each
 * time up to the anchor's own.
 */
export function nextAttemptAt(now: Instant, everyMinutes: number, failuresInRow: number): Instant {
  if (failuresInRow === 0) return addMs(now, everyMinutes * minuteMs)
  return addMs(now, Math.min(everyMinutes, 2 ** Math.min(failuresInRow - 1, 20)) * minuteMs)
}

export interface Standing {
  readonly state: AnchorState
  readonly failuresInRow: number
}

/** How an anchor stands after an attempt. One failure is a failure: what is not kept outside is not kept. */
export function standingAfter(before: Standing, succeeded: boolean): Standing {
  return succeeded
    ? { state: 'working', failuresInRow: 0 }
    : { state: 'failing', failuresInRow: before.failuresInRow + 1 }
}

/** What a witness knows when it is asked to cosign (C2SP tlog-witness). */
export interface CosigningFacts {
  /** What the log believes was cosigned last. */
  readonly oldSize: number
  readonly newSize: number
  /** What was cosigned last; 0 for never. */
  readonly recordedSize: number
  /** Whether the checkpoint has the root that was cosigned at the same size; asked only for equal sizes. */
  readonly hasSameRoot: boolean
  /** Whether the proof leads from the recorded root to the checkpoint's. */
  readonly proofHolds: boolean
}

export type Cosigning =
  | { readonly outcome: 'cosign'; readonly because: Because }
  | {
      readonly outcome: 'refuse'
      /** The status that the protocol names. */
      readonly status: 400 | 409 | 422
      /** Whether the log's own signature under the checkpoint is evidence against the log. */
      readonly isMisbehaviour: boolean
      readonly because: Because
    }

/** Whether to cosign, in the order that the protocol asks for. A witness never cosigns two histories, nor a way back. */
export function decideCosigning(facts: CosigningFacts): Cosigning {
  const { oldSize, newSize, recordedSize, hasSameRoot, proofHolds } = facts
  if (oldSize > newSize)
    return refuse(400, false, 'old-size-above', oldSize, newSize, 'The old size is larger than the checkpoint’s.')
  if (oldSize !== recordedSize) {
    const text = `The last checkpoint that was cosigned has ${recordedSize} entries. Prove from there.`
    return refuse(409, false, 'old-size-differs', oldSize, recordedSize, text)
  }
  if (newSize === recordedSize && recordedSize > 0 && !hasSameRoot) {
    const text = `Another tree of ${newSize} entries was cosigned: the log shows two histories.`
    return refuse(409, true, 'fork', newSize, recordedSize, text)
  }
  if (!proofHolds) {
    const text = `The proof does not lead from ${recordedSize} to ${newSize} entries: what was cosigned is not the beginning of this.`
    return refuse(422, recordedSize > 0, 'proof-does-not-hold', newSize, recordedSize, text)
  }
  const text = `The log grew from ${recordedSize} to ${newSize} entries, and the proof shows it.`
  return { outcome: 'cosign', because: { rule: 'extends', observed: newSize, limit: recordedSize, text } }
}

function refuse(
  status: 400 | 409 | 422,
  isMisbehaviour: boolean,
  rule: string,
  observed: number,
  limit: number,
  text: string,
): Cosigning {
  return { outcome: 'refuse', status, isMisbehaviour, because: { rule, observed, limit, text } }
}

/** What a witness's answer tells a log to do next. */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** Prove from this size and ask again. */
  | { readonly kind: 'stale'; readonly size: number }
  | { readonly kind: 'refused'; readonly text: string }

/** Reads the answer of a witness. A size above the log's own means that the log was set back. */
export function readWitnessAnswer(
  answer: { readonly status: number; readonly contentType: string; readonly text: string },
  ownSize: number,
): WitnessAnswer {
  const { status, contentType, text } = answer
  if (status === 200) return { kind: 'cosigned', lines: text }
  const size = /^(0|[1-9]\d{0,15})\n?$/.exec(text)?.[1]
  if (status === 409 && contentType.startsWith('text/x.tlog.size') && size !== undefined) {
    if (Number(size) <= ownSize) return { kind: 'stale', size: Number(size) }
    const sentence = `The witness cosigned ${size} entries of this log, which has ${ownSize} now: it was set back.`
    return { kind: 'refused', text: sentence }
  }
  const said = text.replace(/\s+/g, ' ').trim().slice(0, 300)
  return { kind: 'refused', text: `The witness refused with HTTP ${status}${said === '' ? '.' : `: ${said}`}` }
}
