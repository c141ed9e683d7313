import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'
import type { PriceRow } from './model/cost.ts'
import type { MatchKind, PriceScope } from './model/overrides.ts'

/** A price of an organization's own as it is stored. */
export interface StoredPrice extends PriceScope {
  readonly priceId: string
  readonly revision: number
  readonly row: PriceRow
  readonly note: string | null
  readonly createdBy: string
  readonly createdAt: Instant
  readonly withdrawnAt: Instant | null
}

interface PriceColumns {
  readonly price_id: string
  readonly revision: number
  readonly provider: string | null
  readonly match_kind: MatchKind
  readonly match_value: string
  readonly effective_from: Date | null
  readonly effective_to: Date | null
  readonly prices: PriceRow
  readonly note: string | null
  readonly created_by: string
  readonly created_at: Date
  readonly withdrawn_at: Date | null
}

const columns = sql.raw(`price_id, revision, provider, match_kind, match_value, effective_from, effective_to, prices,
  note, created_by, created_at, withdrawn_at`)

/** How often the organization's prices have changed; 0: never. */
export async function presentRevision(tx: Tx): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    select revision from model_price_revisions where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0]?.revision ?? 0
}

/** One change of the organization's prices at a time, to the end of the transaction. */
export async function lockPrices(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_prices'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}

/** Counts a change and returns its number. */
export async function nextRevision(tx: Tx): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    insert into model_price_revisions as known (organization_id, revision) values (${tx.organizationId}, 1)
    on conflict (organization_id) do update set revision = known.revision + 1
    returning revision`.execute(tx.tables())
  return rows[0]?.revision ?? 1
}

/** Every price that has not been withdrawn. */
export async function presentPrices(tx: Tx): Promise<readonly StoredPrice[]> {
  const { rows } = await sql<PriceColumns>`
    select ${columns} from model_prices
    where organization_id = ${tx.organizationId} and withdrawn_at is null order by revision`.execute(tx.tables())
  return rows.map(toPrice)
}

/** Prices from behind a revision on, the newest first. */
export async function listPrices(
  tx: Tx,
  filter: { readonly withdrawn: boolean; readonly below: number | null },
  limit: number,
): Promise<readonly StoredPrice[]> {
  const { rows } = await sql<PriceColumns>`
    select ${columns} from model_prices
    where organization_id = ${tx.organizationId} and (${filter.withdrawn} or withdrawn_at is null)
      and revision < ${filter.below ?? 2_147_483_647}
    order by revision desc limit ${limit}`.execute(tx.tables())
  return rows.map(toPrice)
}

/** One price; null when there is none. */
export async function selectPrice(tx: Tx, priceId: string): Promise<StoredPrice | null> {
  const { rows } = await sql<PriceColumns>`
    select ${columns} from model_prices
    where organization_id = ${tx.organizationId} and price_id = ${priceId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toPrice(rows[0])
}

export async function insertPrice(tx: Tx, price: StoredPrice): Promise<void> {
  await sql`
    insert into model_prices (organization_id, ${columns})
    values (${tx.organizationId}, ${price.priceId}, ${price.revision}, ${price.provider}, ${price.matchKind},
      ${price.matchValue}, ${dateOf(price.effectiveFrom)}, ${dateOf(price.effectiveTo)}, ${JSON.stringify(price.row)},
      ${price.note}, ${price.createdBy}, ${dateOf(price.createdAt)}, null)`.execute(tx.tables())
}

export async function withdraw(tx: Tx, priceId: string, by: string, at: Instant): Promise<void> {
  await sql`
    update model_prices set withdrawn_by = ${by}, withdrawn_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and price_id = ${priceId}`.execute(tx.tables())
}

const dateOf = (at: Instant | null) => (at === null ? null : new Date(at))
const instantOf = (at: Date | null) => (at === null ? null : instantFromEpochMs(at.getTime()))

function toPrice(row: PriceColumns): StoredPrice {
  return {
    priceId: row.price_id,
    revision: row.revision,
    provider: row.provider,
    matchKind: row.match_kind,
    matchValue: row.match_value,
    effectiveFrom: instantOf(row.effective_from),
    effectiveTo: instantOf(row.effective_to),
    row: row.prices,
    note: row.note,
    createdBy: row.created_by,
    createdAt: instantFromEpochMs(row.created_at.getTime()),
    withdrawnAt: instantOf(row.withdrawn_at),
  }
}
