import type { JournalEvent } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { eventColumns, eventOfRow, type StoredEvent } from './events.ts'

/**
 * The newest events of each of these types since an instant, at most `limitEach` of one type, all together the newest
 * first. One index look-up per type, however long the journal is.
 */
export async function recentEvents(
  tx: Tx,
  question: { readonly types: readonly string[]; readonly since: Instant; readonly limitEach: number },
): Promise<readonly JournalEvent[]> {
  const { rows } = await sql<StoredEvent>`
    select e.* from unnest(${question.types}::text[]) as wanted(type) cross join lateral (
      select ${eventColumns} from journal_events e
      where e.organization_id = ${tx.organizationId}::uuid and e.type = wanted.type
      order by e.event_id desc limit ${question.limitEach}) e
    where e.occurred_at >= ${new Date(question.since).toISOString()}::timestamptz
    order by e.event_id desc`.execute(tx.tables())
  return rows.map(eventOfRow)
}
