import type { Because, Impact } from '@metaagent/contract'
import { addMs, type Instant, utcDay } from '../../../kernel/instant.ts'

const dayMs = 86_400_000

/** Days that a legal hold keeps; null: without a beginning, or without an end. Both ends are held. */
export interface HeldDays {
  readonly from: string | null
  readonly to: string | null
}

/** How many days an organization keeps the rows of a table. */
export interface KeptDays {
  readonly organizationId: string
  readonly days: number
}

/** What is due in one table: the days that may go as a whole, and where each organization's rows end. */
export interface DueInTable {
  /** Days before this one are kept by nobody. */
  readonly dropBefore: string
  readonly because: Because
  /** Of organizations that keep less than the longest time. */
  readonly deletions: readonly { readonly organizationId: string; readonly before: string }[]
}

/** The first day that is still kept: today is kept, and as many days before it as are asked for. */
export function keptFrom(now: Instant, days: number): string {
  return utcDay(addMs(now, -days * dayMs))
}

/**
 * What is due: a day goes as a whole when every organization's time for it has run out; before that, rows are deleted for
 * each organization whose time is shorter. Null when there is no organization.
 */
export function dueInTable(kept: readonly KeptDays[], now: Instant): DueInTable | null {
  if (kept.length === 0) return null
  const longest = Math.max(...kept.map(({ days }) => days))
  const dropBefore = keptFrom(now, longest)
  const text = `The organization that keeps it longest keeps ${longest} days; days before ${dropBefore} are kept by nobody.`
  return {
    dropBefore,
    because: { rule: 'kept-by-nobody', observed: longest, limit: dropBefore, text },
    deletions: kept
      .filter(({ days }) => days < longest)
      .map(({ organizationId, days }) => ({ organizationId, before: keptFrom(now, days) })),
  }
}

/** The same where no day can be dropped: every organization's rows are deleted up to its own day. */
export function deletionsInTable(kept: readonly KeptDays[], now: Instant): DueInTable['deletions'] {
  return kept.map(({ organizationId, days }) => ({ organizationId, before: keptFrom(now, days) }))
}

/** The first day that any hold keeps; null: there is no hold. Days before it are held by nobody. */
export function firstHeldDay(held: readonly HeldDays[]): string | null {
  return held.map(({ from }) => from ?? firstDay).toSorted()[0] ?? null
}

const firstDay = '0001-01-01'

/** How much a change of the time weighs, and why: a shorter one deletes what cannot be brought back. */
export function judgeChange(asked: {
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly rowsAtLeast: boolean
  readonly before: string
}): { readonly impact: Impact | null; readonly because: Because } {
  const { from, to, rows, rowsAtLeast, before } = asked
  const many = `${rowsAtLeast ? 'more than ' : ''}${rows} ${rows === 1 ? 'row' : 'rows'}`
  const goes = rows === 0 ? `Nothing lies before ${before}` : `The next run deletes ${many} from before ${before}`
  const because = { observed: to, limit: from }
  if (to === from)
    return { impact: null, because: { rule: 'kept-as-long', ...because, text: `${goes}, as things stand.` } }
  if (to > from)
    return {
      impact: 'LOW',
      because: { rule: 'kept-longer', ...because, text: `${goes}; what is gone already stays gone.` },
    }
  return { impact: 'HIGH', because: { rule: 'kept-shorter', ...because, text: `${goes}, and nothing brings it back.` } }
}
