import type { AlertPolicy, AlertSilence } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Silence } from '../model/muting.ts'
import type { Group, Told } from '../model/notify.ts'
import { dateOrNull, instantOf, instantOrNull, tables } from './tables.ts'

export interface StoredPolicy {
  readonly version: number
  readonly policy: AlertPolicy
  readonly changedBy: string
  readonly changedAt: Instant
}

/** The policy in force; null while the organization has written none. */
export async function presentPolicy(tx: Tx): Promise<StoredPolicy | null> {
  const row = await tables(tx)
    .selectFrom('alert_policies')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined
    ? null
    : { version: row.version, policy: row.policy, changedBy: row.changed_by, changedAt: instantOf(row.changed_at) }
}

/** Adds a version; false when somebody else has written it first. */
export async function insertPolicy(tx: Tx, policy: StoredPolicy): Promise<boolean> {
  const inserted = await tables(tx)
    .insertInto('alert_policies')
    .values({
      organization_id: tx.organizationId,
      version: policy.version,
      policy: policy.policy,
      changed_by: policy.changedBy,
      changed_at: new Date(policy.changedAt),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .execute()
  return inserted.length === 1
}

export interface StoredSilence extends Silence {
  readonly matchers: AlertSilence['matchers']
  readonly createdBy: string
  readonly createdAt: Instant
  readonly comment: string
}

/** Silences that end after an instant, the latest end first. */
export async function silencesEndingAfter(tx: Tx, after: Instant): Promise<readonly StoredSilence[]> {
  const rows = await tables(tx)
    .selectFrom('alert_silences')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('ends_at', '>', new Date(after))
    .orderBy('ends_at', 'desc')
    .orderBy('silence_id', 'desc')
    .limit(1_000)
    .execute()
  return rows.map((row) => ({
    silenceId: row.silence_id,
    matchers: row.matchers,
    startsAt: instantOf(row.starts_at),
    endsAt: instantOf(row.ends_at),
    createdBy: row.created_by,
    createdAt: instantOf(row.created_at),
    comment: row.comment,
  }))
}

export async function insertSilence(tx: Tx, silence: StoredSilence): Promise<void> {
  await tables(tx)
    .insertInto('alert_silences')
    .values({
      organization_id: tx.organizationId,
      silence_id: silence.silenceId,
      matchers: JSON.stringify(silence.matchers),
      starts_at: new Date(silence.startsAt),
      ends_at: new Date(silence.endsAt),
      created_by: silence.createdBy,
      created_at: new Date(silence.createdAt),
      comment: silence.comment,
    })
    .execute()
}

/** Ends a silence now; false when there is none that still holds. */
export async function endSilence(tx: Tx, silenceId: string, now: Instant): Promise<boolean> {
  const ended = await tables(tx)
    .updateTable('alert_silences')
    .set({ ends_at: new Date(now) })
    .where('organization_id', '=', tx.organizationId)
    .where('silence_id', '=', silenceId)
    .where('ends_at', '>', new Date(now))
    .returning('silence_id')
    .execute()
  return ended.length === 1
}

export async function presentGroups(tx: Tx): Promise<ReadonlyMap<string, Group>> {
  const rows = await tables(tx)
    .selectFrom('alert_groups')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .execute()
  return new Map(
    rows.map((row) => [
      row.group_key,
      {
        groupKey: row.group_key,
        nextFlushAt: instantOf(row.next_flush_at),
        flushedAt: instantOrNull(row.flushed_at),
        flushes: row.flushes,
        unacknowledgedSince: instantOrNull(row.unacknowledged_since),
        escalations: row.escalations,
      },
    ]),
  )
}

/** Writes the groups that changed and removes those that are over. */
export async function saveGroups(tx: Tx, changed: readonly Group[], over: readonly string[]): Promise<void> {
  for (const group of changed) {
    const values = {
      next_flush_at: new Date(group.nextFlushAt),
      flushed_at: dateOrNull(group.flushedAt),
      flushes: group.flushes,
      unacknowledged_since: dateOrNull(group.unacknowledgedSince),
      escalations: group.escalations,
    }
    await tables(tx)
      .insertInto('alert_groups')
      .values({ organization_id: tx.organizationId, group_key: group.groupKey, ...values })
      .onConflict((conflict) => conflict.columns(['organization_id', 'group_key']).doUpdateSet(values))
      .execute()
  }
  if (over.length > 0)
    await tables(tx)
      .deleteFrom('alert_groups')
      .where('organization_id', '=', tx.organizationId)
      .where('group_key', 'in', [...over])
      .execute()
}

/** What was told of these groups, by group and channel. */
export async function toldOf(
  tx: Tx,
  groupKeys: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Told>>> {
  const { rows } = await sql<{
    group_key: string
    channel_id: string
    told_at: Date
    firing: string[]
    resolved: string[]
  }>`select group_key, channel_id, told_at, firing, resolved from alert_told
    where organization_id = ${tx.organizationId} and group_key = any(${groupKeys}::text[])`.execute(tables(tx))
  const byGroup = new Map<string, Map<string, Told>>()
  for (const row of rows) {
    const ofGroup = byGroup.get(row.group_key) ?? new Map<string, Told>()
    ofGroup.set(row.channel_id, { at: instantOf(row.told_at), firing: row.firing, resolved: row.resolved })
    byGroup.set(row.group_key, ofGroup)
  }
  return byGroup
}

export async function saveTold(tx: Tx, groupKey: string, channelIds: readonly string[], told: Told): Promise<void> {
  await sql`
    insert into alert_told (organization_id, group_key, channel_id, told_at, firing, resolved)
    select ${tx.organizationId}::uuid, ${groupKey}, channel, ${new Date(told.at)}::timestamptz,
      ${told.firing}::text[], ${told.resolved}::text[]
    from unnest(${channelIds}::uuid[]) as channel
    on conflict (organization_id, group_key, channel_id)
    do update set told_at = excluded.told_at, firing = excluded.firing, resolved = excluded.resolved`.execute(
    tables(tx),
  )
}

/** Forgets what was told long ago of groups that are over; Alertmanager keeps its log for 120 hours. */
export async function forgetTold(tx: Tx, before: Instant): Promise<void> {
  await sql`delete from alert_told t where t.organization_id = ${tx.organizationId}
    and t.told_at < ${new Date(before)}::timestamptz and t.reference is null
    and not exists (select from alert_groups g
      where g.organization_id = t.organization_id and g.group_key = t.group_key)`.execute(tables(tx))
}

export interface Watch {
  readonly evaluatedAt: Instant | null
  readonly evaluatedEventId: string | null
  readonly evaluationMs: number
  readonly forwardedAt: Instant | null
}

/** Takes the organization's watch for this transaction, so that two processes never decide the same twice. */
export async function lockWatch(tx: Tx): Promise<Watch> {
  await sql`insert into alert_watch (organization_id) values (${tx.organizationId}) on conflict do nothing`.execute(
    tables(tx),
  )
  const row = await tables(tx)
    .selectFrom('alert_watch')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return {
    evaluatedAt: instantOrNull(row.evaluated_at),
    evaluatedEventId: row.evaluated_event_id,
    evaluationMs: row.evaluation_ms,
    forwardedAt: instantOrNull(row.forwarded_at),
  }
}

export async function saveWatch(tx: Tx, watch: Watch): Promise<void> {
  await tables(tx)
    .updateTable('alert_watch')
    .set({
      evaluated_at: dateOrNull(watch.evaluatedAt),
      evaluated_event_id: watch.evaluatedEventId,
      evaluation_ms: watch.evaluationMs,
      forwarded_at: dateOrNull(watch.forwardedAt),
    })
    .where('organization_id', '=', tx.organizationId)
    .execute()
}
