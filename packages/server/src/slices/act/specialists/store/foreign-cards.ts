import type { AgentCard, Because, CardSignatureState, ForeignCardState, Sensitivity } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Somebody else's card as the table holds it. */
export interface StoredCard {
  readonly cardId: string
  readonly url: string | null
  readonly jwksUrl: string | null
  readonly pinnedKey: Readonly<Record<string, string | readonly string[]>> | null
  readonly state: ForeignCardState
  readonly because: Because
  readonly pinnedCard: AgentCard | null
  readonly pinnedDigest: string | null
  readonly seenCard: AgentCard
  readonly seenDigest: string
  readonly signature: CardSignatureState
  readonly signatureDetail: string | null
  readonly lastCheckedAt: Date
  readonly nextCheckAt: Date | null
  readonly problem: string | null
  readonly sensitivityCeiling: Sensitivity | null
  readonly approvalId: string | null
  readonly revision: number
  readonly createdAt: Date
  readonly changedAt: Date
}

const columns = sql.raw(`card_id as "cardId", url, jwks_url as "jwksUrl", pinned_key as "pinnedKey", state, because,
  pinned_card as "pinnedCard", pinned_digest as "pinnedDigest", seen_card as "seenCard", seen_digest as "seenDigest",
  signature, signature_detail as "signatureDetail", last_checked_at as "lastCheckedAt", next_check_at as "nextCheckAt",
  problem, sensitivity_ceiling as "sensitivityCeiling", approval_id as "approvalId", revision, created_at as "createdAt", changed_at as "changedAt"`)

export async function cardById(tx: Tx, cardId: string, lock = false): Promise<StoredCard | null> {
  const { rows } = await sql<StoredCard>`
    select ${columns} from foreign_cards
    where organization_id = ${tx.organizationId}::uuid and card_id = ${cardId}::uuid
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** By name, from behind a name and an id on. */
export async function selectCards(
  tx: Tx,
  state: ForeignCardState | null,
  after: readonly [string, string] | null,
  limit: number,
): Promise<readonly StoredCard[]> {
  const [name, id] = after ?? [null, null]
  const { rows } = await sql<StoredCard>`
    select ${columns} from foreign_cards
    where organization_id = ${tx.organizationId}::uuid and (${state}::text is null or state = ${state}::text)
      and (${name}::text is null or (name, card_id) > (${name}::text, ${id}::uuid))
    order by name, card_id limit ${limit}`.execute(tx.tables())
  return rows
}

/** Cards that are due to be looked at again, the longest waiting first. */
export async function dueCards(tx: Tx, now: Date, limit: number): Promise<readonly StoredCard[]> {
  const { rows } = await sql<StoredCard>`
    select ${columns} from foreign_cards
    where organization_id = ${tx.organizationId}::uuid and next_check_at <= ${now.toISOString()}::timestamptz
    order by next_check_at, card_id limit ${limit}`.execute(tx.tables())
  return rows
}

/** False when a card of this address is there already. */
export async function insertCard(tx: Tx, card: StoredCard): Promise<boolean> {
  const { rows } = await sql`
    insert into foreign_cards (organization_id, card_id, url, jwks_url, pinned_key, name, state, because, seen_card,
      seen_digest, signature, signature_detail, last_checked_at, next_check_at, revision, created_at, changed_at)
    values (${tx.organizationId}::uuid, ${card.cardId}::uuid, ${card.url}, ${card.jwksUrl},
      ${card.pinnedKey === null ? null : JSON.stringify(card.pinnedKey)}::jsonb, ${card.seenCard.name}, ${card.state},
      ${JSON.stringify(card.because)}::jsonb, ${JSON.stringify(card.seenCard)}::jsonb, ${card.seenDigest},
      ${card.signature}, ${card.signatureDetail}, ${card.lastCheckedAt.toISOString()}::timestamptz,
      ${card.nextCheckAt?.toISOString() ?? null}::timestamptz, ${card.revision},
      ${card.createdAt.toISOString()}::timestamptz, ${card.changedAt.toISOString()}::timestamptz)
    on conflict (organization_id, url) where url is not null do nothing returning card_id`.execute(tx.tables())
  return rows.length > 0
}

/** Writes everything of a card that can change. */
export async function updateCard(tx: Tx, card: StoredCard): Promise<void> {
  await sql`
    update foreign_cards set name = ${card.seenCard.name}, state = ${card.state},
      because = ${JSON.stringify(card.because)}::jsonb,
      pinned_card = ${card.pinnedCard === null ? null : JSON.stringify(card.pinnedCard)}::jsonb,
      pinned_digest = ${card.pinnedDigest}, seen_card = ${JSON.stringify(card.seenCard)}::jsonb,
      seen_digest = ${card.seenDigest}, signature = ${card.signature}, signature_detail = ${card.signatureDetail},
      last_checked_at = ${card.lastCheckedAt.toISOString()}::timestamptz,
      next_check_at = ${card.nextCheckAt?.toISOString() ?? null}::timestamptz, problem = ${card.problem},
      sensitivity_ceiling = ${card.sensitivityCeiling},
      approval_id = ${card.approvalId}::uuid, revision = ${card.revision},
      changed_at = ${card.changedAt.toISOString()}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and card_id = ${card.cardId}::uuid`.execute(tx.tables())
}

export async function deleteCard(tx: Tx, cardId: string): Promise<void> {
  await sql`
    delete from foreign_cards
    where organization_id = ${tx.organizationId}::uuid and card_id = ${cardId}::uuid`.execute(tx.tables())
}
