import type { Because, DeletionState, PersonSubject } from '@metaagent/contract'
import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { addMs, type Instant, utcDay } from '../../../kernel/instant.ts'

const dayMs = 86_400_000

/** Late reports are looked for this long: outcomes wait for their run as long, and senders give up sooner. */
export const watchedMs = 30 * dayMs

/** How often they are looked for meanwhile. */
export const lookEveryMs = dayMs

/** What a request has come to, as far as the next step depends on it. */
export interface DeletionProgress {
  readonly state: DeletionState
  /** The next day that was not searched yet; null: all were. */
  readonly nextDay: string | null
  /** Executions that were found, are not erased, and that no legal hold is known to keep. */
  readonly open: number
  /** Executions that were found and that legal holds keep. */
  readonly held: number
  /** A hold of this very person. */
  readonly isOnLegalHold: boolean
  readonly completedAt: Instant | null
  readonly watchedUntil: Instant | null
  readonly nextLookAt: Instant | null
}

/** What is to be done next. Read anew before each step, so that a request goes on wherever it was cut off. */
export type NextStep = { readonly because: Because } & (
  | { readonly step: 'search'; readonly day: string }
  | { readonly step: 'erase' | 'complete' | 'look-again' | 'close' | 'rest' }
)

export function decideNext(progress: DeletionProgress, now: Instant): NextStep {
  const { state, nextDay, open, held, watchedUntil, nextLookAt } = progress
  if (state === 'closed') return { step: 'rest', because: because('closed', null, null, 'The request is closed.') }
  if (progress.isOnLegalHold)
    return { step: 'rest', because: because('person-on-hold', null, null, 'A legal hold keeps this person’s data.') }
  if (state === 'done') {
    if (watchedUntil !== null && now >= watchedUntil)
      return { step: 'close', because: because('watched-long-enough', now, watchedUntil, 'Nothing more is expected.') }
    if (nextLookAt !== null && now >= nextLookAt)
      return { step: 'look-again', because: because('look-is-due', now, nextLookAt, 'Late reports are looked for.') }
    return { step: 'rest', because: because('watching', now, nextLookAt, 'The next look is not due.') }
  }
  if (state === 'finding' && nextDay !== null)
    return { step: 'search', day: nextDay, because: because('day-not-searched', nextDay, null, `${nextDay} is next.`) }
  if (open > 0) return { step: 'erase', because: because('runs-left', open, 0, `${open} runs are left.`) }
  if (held > 0)
    return { step: 'rest', because: because('runs-on-hold', held, 0, `${held} runs are kept by legal holds.`) }
  return { step: 'complete', because: because('all-erased', 0, 0, 'Every run that was found is erased.') }
}

function because(rule: string, observed: number | string | null, limit: number | string | null, text: string): Because {
  return { rule, observed, limit, text }
}

/** When a finished request is looked at again and closed; the watch ends 30 days after the first completion. */
export function watchAfter(
  progress: Pick<DeletionProgress, 'watchedUntil'>,
  now: Instant,
): { readonly watchedUntil: Instant; readonly nextLookAt: Instant } {
  const watchedUntil = progress.watchedUntil ?? addMs(now, watchedMs)
  const nextLookAt = addMs(now, lookEveryMs)
  return { watchedUntil, nextLookAt: nextLookAt < watchedUntil ? nextLookAt : watchedUntil }
}

/** What the request's digest is over: canonical JSON (RFC 8785) of subject and salt, which the certificate tells. */
export function digestedText({ kind, key, value }: PersonSubject, salt: string): string {
  return canonicalJson({ key: key ?? null, kind, salt, value })
}

/** Deleting a person's data cannot be undone, so it always needs somebody else's approval (the matrix' HIGH). */
export function weighDeletion(): { readonly impact: 'HIGH'; readonly because: Because } {
  const text = 'Deleting a person’s data cannot be undone.'
  return { impact: 'HIGH', because: { rule: 'erases-for-ever', observed: null, limit: null, text } }
}

/** What stays after a deletion, and why it names nobody. */
export const keptSentences: readonly string[] = [
  'Sums and daily metrics: counts, durations, tokens and costs of many runs together.',
  'Of each run its times, agent, release, models, names of tools, status, counts and costs.',
  'Verdicts and scores of runs without their explanations.',
  'The journal and the ledger: they name runs and decisions by ids; personal fields in them lie under keys of their own.',
  'Copies outside this database, such as backups and exports, until they are thrown away.',
]

/** How much a request has erased: runs, keys of tokens, rows by table. */
export interface ErasedFigures {
  readonly executions: number
  readonly tokens: number
  readonly counts: Readonly<Record<string, number>>
}

/** What was erased since an event told of it last; null when that is nothing. */
export function untold(now: ErasedFigures, told: ErasedFigures | null): ErasedFigures | null {
  const counts = Object.fromEntries(
    Object.entries(now.counts)
      .map(([table, rows]) => [table, rows - (told?.counts[table] ?? 0)] as const)
      .filter(([, rows]) => rows > 0),
  )
  const executions = now.executions - (told?.executions ?? 0)
  const tokens = now.tokens - (told?.tokens ?? 0)
  const isNothing = executions === 0 && tokens === 0 && Object.keys(counts).length === 0
  return isNothing && told !== null ? null : { executions, tokens, counts }
}

/** Adds what one step erased, table by table. */
export function addCounts(
  counts: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...counts }
  for (const [table, rows] of Object.entries(more)) sum[table] = (sum[table] ?? 0) + rows
  return sum
}

/** What a hold keeps of runs, as far as it does not name a person. */
export interface HeldRuns {
  readonly holdId: string
  /** Null: of every agent. */
  readonly agentId: string | null
  /** Runs that began from then on; null: from the first on. */
  readonly from: Instant | null
  /** Runs that began before then; null: for good. */
  readonly to: Instant | null
}

/** Placing a hold keeps things, so it may run by itself; lifting it lets go of what cannot be brought back. */
export function weighHold(change: 'place' | 'lift'): { readonly impact: 'LOW' | 'HIGH'; readonly because: Because } {
  return change === 'place'
    ? { impact: 'LOW', because: because('keeps', null, null, 'A hold keeps data; nothing is lost by it.') }
    : { impact: 'HIGH', because: because('lets-go', null, null, 'What was held may be erased from then on.') }
}

/** The UTC days of which retention lets go of nothing, because of a hold: all of them, where it names no time. */
export function heldDaysOf({ from, to }: Pick<HeldRuns, 'from' | 'to'>): {
  readonly from: string | null
  readonly to: string | null
} {
  return { from: from === null ? null : utcDay(from), to: to === null ? null : utcDay(addMs(to, -1)) }
}

/** Access to the file of an access export ends after this time: the request then names nobody. */
export const accessFileMs = 14 * dayMs

/** What an access export leaves out, and why; told in the file. */
export const notExportedSentences: readonly string[] = [
  'Sums and daily metrics of many runs together name nobody and are left out.',
  'The index of words is made of the texts that stand here; its rows are counted and not repeated.',
  'Personal fields of ledger entries about accounts lie under keys of their own and stand here sealed.',
  'Copies outside this database are not reached: backups, earlier exports, buffers of SDKs that have not sent yet, and what agents or models keep themselves.',
]
