import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface RepricingRow {
  readonly repricingId: string
  readonly state: 'running' | 'done' | 'cancelled'
  readonly from: Instant
  readonly until: Instant
  readonly provider: string | null
  readonly model: string | null
  readonly reason: string
  readonly expectedCalls: number
  readonly positionDay: string | null
  /** 32 hex digits. */
  readonly positionExecutionId: string | null
  readonly calls: number
  readonly changedCalls: number
  readonly newlyPricedCalls: number
  readonly noLongerPricedCalls: number
  readonly beforeNanoUsd: number
  readonly afterNanoUsd: number
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly finishedAt: Instant | null
}

type Stored = Omit<RepricingRow, 'from' | 'until' | 'requestedAt' | 'finishedAt'> & {
  readonly from: Date
  readonly until: Date
  readonly requestedAt: Date
  readonly finishedAt: Date | null
}

const columns = sql.raw(`repricing_id as "repricingId", state, from_at as "from", until_at as "until", provider, model,
  reason, expected_calls as "expectedCalls", position_day as "positionDay",
  replace(position_execution_id::text, '-', '') as "positionExecutionId", calls, changed_calls as "changedCalls",
  newly_priced_calls as "newlyPricedCalls", no_longer_priced_calls as "noLongerPricedCalls",
  before_nano_usd as "beforeNanoUsd", after_nano_usd as "afterNanoUsd", requested_by as "requestedBy",
  requested_at as "requestedAt", finished_at as "finishedAt"`)

const instantOf = (at: Date) => instantFromEpochMs(at.getTime())

function toRow(row: Stored): RepricingRow {
  return {
    ...row,
    from: instantOf(row.from),
    until: instantOf(row.until),
    requestedAt: instantOf(row.requestedAt),
    finishedAt: row.finishedAt === null ? null : instantOf(row.finishedAt),
  }
}

/** Stores a re-pricing that begins; false when one runs already. */
export async function insertRepricing(tx: Tx, row: RepricingRow): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into repricings (organization_id, repricing_id, state, from_at, until_at, provider, model, reason,
      expected_calls, requested_by, requested_at)
    values (${tx.organizationId}, ${row.repricingId}, 'running', ${new Date(row.from)}, ${new Date(row.until)},
      ${row.provider}, ${row.model}, ${row.reason}, ${row.expectedCalls}, ${row.requestedBy},
      ${new Date(row.requestedAt)})
    on conflict (organization_id) where state = 'running' do nothing`.execute(tx.tables())
  return numAffectedRows === 1n
}

/** The one that runs, locked until the transaction ends; null when none does. */
export async function lockRunning(tx: Tx): Promise<RepricingRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from repricings where organization_id = ${tx.organizationId} and state = 'running' for update`.execute(
    tx.tables(),
  )
  return rows[0] === undefined ? null : toRow(rows[0])
}

export async function selectRepricing(tx: Tx, repricingId: string): Promise<RepricingRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from repricings
    where organization_id = ${tx.organizationId} and repricing_id = ${repricingId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toRow(rows[0])
}

/** Writes how far a re-pricing is. */
export async function saveRepricing(tx: Tx, row: RepricingRow): Promise<void> {
  await sql`
    update repricings set state = ${row.state}, position_day = ${row.positionDay},
      position_execution_id = ${row.positionExecutionId}, calls = ${row.calls}, changed_calls = ${row.changedCalls},
      newly_priced_calls = ${row.newlyPricedCalls}, no_longer_priced_calls = ${row.noLongerPricedCalls},
      before_nano_usd = ${row.beforeNanoUsd}, after_nano_usd = ${row.afterNanoUsd},
      finished_at = ${row.finishedAt === null ? null : new Date(row.finishedAt)}
    where organization_id = ${tx.organizationId} and repricing_id = ${row.repricingId}`.execute(tx.tables())
}

/** Re-pricings from behind one on, the newest first; ids are in the order of time. */
export async function listRepricings(tx: Tx, below: string | null, limit: number): Promise<readonly RepricingRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from repricings
    where organization_id = ${tx.organizationId} ${below === null ? sql`` : sql`and repricing_id < ${below}`}
    order by repricing_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toRow)
}
