import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { typePattern } from '../../journal/index.ts'
import { type AuditFilter, anyEntry } from '../store/audit.ts'

/** What a list and an export of entries can be asked for. */
export interface EntryQuery {
  readonly type?: string | undefined
  readonly subject?: string | undefined
  readonly actor?: string | undefined
  readonly agent?: string | undefined
  readonly provider?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export function filterOf({ type, subject, actor, agent, provider, from, to }: EntryQuery): AuditFilter {
  return {
    ...anyEntry,
    typeLike: type === undefined ? null : typePattern(type).like,
    subject: subject ?? null,
    actor: actor ?? null,
    agent: agent ?? null,
    provider: provider ?? null,
    from: instantOf(from),
    to: instantOf(to),
  }
}

function instantOf(iso: string | undefined): Instant | null {
  return iso === undefined ? null : instantFromEpochMs(Date.parse(iso))
}

/** Whether what is asked for must be looked up in the entries themselves, which no index can. */
export function readsTexts({ actor, agent, provider, from, to }: AuditFilter): boolean {
  return [actor, agent, provider, from, to].some((one) => one !== null)
}
