import type { ChannelDigest, ChannelSettings } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOrNull, instantOrNull, tables } from './tables.ts'

export interface StoredChannel {
  readonly channelId: string
  readonly name: string
  readonly settings: ChannelSettings
  readonly sealedSecret: Uint8Array | null
  readonly digest: ChannelDigest
  readonly enabled: boolean
  readonly nextDailyAt: Instant | null
  readonly nextWeeklyAt: Instant | null
  readonly notBefore: Instant | null
  readonly lastDeliveredAt: Instant | null
  readonly lastError: string | null
}

/** The channels that are not removed, by name. */
export async function presentChannels(tx: Tx): Promise<readonly StoredChannel[]> {
  const rows = await tables(tx)
    .selectFrom('alert_channels')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    channelId: row.channel_id,
    name: row.name,
    settings: row.settings,
    sealedSecret: row.sealed_secret,
    digest: row.digest,
    enabled: row.enabled,
    nextDailyAt: instantOrNull(row.next_daily_at),
    nextWeeklyAt: instantOrNull(row.next_weekly_at),
    notBefore: instantOrNull(row.not_before),
    lastDeliveredAt: instantOrNull(row.last_delivered_at),
    lastError: row.last_error,
  }))
}

export async function channelById(tx: Tx, channelId: string): Promise<StoredChannel | null> {
  return (await presentChannels(tx)).find((channel) => channel.channelId === channelId) ?? null
}

/** What people set of a channel. */
export type ChannelValues = Pick<
  StoredChannel,
  'channelId' | 'name' | 'settings' | 'sealedSecret' | 'digest' | 'enabled' | 'nextDailyAt' | 'nextWeeklyAt'
>

/** Writes a channel; false when another one has its name. */
export async function saveChannel(tx: Tx, channel: ChannelValues): Promise<boolean> {
  const taken = await tables(tx)
    .selectFrom('alert_channels')
    .select('channel_id')
    .where('organization_id', '=', tx.organizationId)
    .where('name', '=', channel.name)
    .where('channel_id', '<>', channel.channelId)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (taken !== undefined) return false
  const values = {
    name: channel.name,
    settings: channel.settings,
    sealed_secret: channel.sealedSecret,
    digest: channel.digest,
    enabled: channel.enabled,
    next_daily_at: dateOrNull(channel.nextDailyAt),
    next_weekly_at: dateOrNull(channel.nextWeeklyAt),
  }
  await tables(tx)
    .insertInto('alert_channels')
    .values({ organization_id: tx.organizationId, channel_id: channel.channelId, ...values })
    .onConflict((conflict) => conflict.columns(['organization_id', 'channel_id']).doUpdateSet(values))
    .execute()
  return true
}

/** Removes a channel with its secret; its log stays. */
export async function removeChannel(tx: Tx, channelId: string, now: Instant): Promise<void> {
  await tables(tx)
    .updateTable('alert_channels')
    .set({ removed_at: new Date(now), sealed_secret: null, enabled: false })
    .where('organization_id', '=', tx.organizationId)
    .where('channel_id', '=', channelId)
    .execute()
}

export async function saveNextReports(
  tx: Tx,
  channelId: string,
  next: { readonly dailyAt: Instant | null; readonly weeklyAt: Instant | null },
): Promise<void> {
  await tables(tx)
    .updateTable('alert_channels')
    .set({ next_daily_at: dateOrNull(next.dailyAt), next_weekly_at: dateOrNull(next.weeklyAt) })
    .where('organization_id', '=', tx.organizationId)
    .where('channel_id', '=', channelId)
    .execute()
}

/** Notes how the newest attempt went and until when the channel rests. */
export async function noteAttempt(
  tx: Tx,
  channelId: string,
  attempt: { readonly deliveredAt: Instant | null; readonly error: string | null; readonly notBefore: Instant | null },
): Promise<void> {
  await tables(tx)
    .updateTable('alert_channels')
    .set({
      last_error: attempt.error,
      ...(attempt.deliveredAt === null ? {} : { last_delivered_at: new Date(attempt.deliveredAt) }),
      ...(attempt.notBefore === null ? {} : { not_before: new Date(attempt.notBefore) }),
    })
    .where('organization_id', '=', tx.organizationId)
    .where('channel_id', '=', channelId)
    .execute()
}
