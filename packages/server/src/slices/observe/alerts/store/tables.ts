import type {
  Alert,
  AlertPolicy,
  AlertRuleDefinition,
  AlertSilence,
  AlertState,
  Because,
  ChannelDigest,
  ChannelSettings,
  DeliveryAttempt,
  Labels,
} from '@metaagent/contract'
import type { ColumnType, Kysely } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Notice } from '../../../../ports/notifier.ts'
import type { Tx } from '../../../../ports/store.ts'

/** JSON that holds a list goes in as text: an array would be read as an SQL array. */
export type JsonList<T> = ColumnType<T, string, string>

export interface AlertRow {
  organization_id: string
  alert_id: string
  fingerprint: string
  rule_id: string
  rule: string
  severity: Alert['severity']
  state: AlertState
  labels: Labels
  annotations: Record<string, string>
  because: Because
  pending_at: Date
  fired_at: Date | null
  acknowledged_at: Date | null
  acknowledged_by: string | null
  comment: string | null
  resolved_at: Date | null
  settled: boolean
}

export interface DeliveryRow {
  organization_id: string
  delivery_id: string
  channel_id: string
  purpose: Notice['purpose']
  group_key: string | null
  idempotency_key: string
  status: 'firing' | 'resolved' | 'report'
  title: string
  notice: Notice
  state: 'queued' | 'sending' | 'delivered' | 'dead'
  attempts: number
  next_attempt_at: Date | null
  claimed_until: Date | null
  detail: string | null
  log: JsonList<DeliveryAttempt[]>
  again_of: string | null
  created_at: Date
  finished_at: Date | null
}

interface AlertTables {
  alert_rules: {
    organization_id: string
    rule_id: string
    version: number
    name: string
    definition: AlertRuleDefinition
    removed: boolean
    changed_by: string
    changed_at: Date
  }
  alert_history: AlertRow
  alert_transitions: {
    organization_id: string
    alert_id: string
    at: Date
    from_state: AlertState | null
    to_state: AlertState
    actor: string
    because: Because
    comment: string | null
  }
  alert_silences: {
    organization_id: string
    silence_id: string
    matchers: JsonList<AlertSilence['matchers']>
    starts_at: Date
    ends_at: Date
    created_by: string
    created_at: Date
    comment: string
  }
  alert_policies: {
    organization_id: string
    version: number
    policy: AlertPolicy
    changed_by: string
    changed_at: Date
  }
  alert_channels: {
    organization_id: string
    channel_id: string
    name: string
    settings: ChannelSettings
    sealed_secret: Uint8Array | null
    digest: ChannelDigest
    enabled: boolean
    next_daily_at: Date | null
    next_weekly_at: Date | null
    not_before: Date | null
    last_delivered_at: Date | null
    last_error: string | null
    removed_at: Date | null
  }
  alert_groups: {
    organization_id: string
    group_key: string
    next_flush_at: Date
    flushed_at: Date | null
    flushes: number
    unacknowledged_since: Date | null
    escalations: number
  }
  alert_told: {
    organization_id: string
    group_key: string
    channel_id: string
    told_at: Date
    firing: string[]
    resolved: string[]
    reference: string | null
  }
  alert_deliveries: DeliveryRow
  alert_watch: {
    organization_id: string
    evaluated_at: Date | null
    evaluated_event_id: string | null
    evaluation_ms: number
    forwarded_at: Date | null
  }
}

export function tables(tx: Tx): Kysely<AlertTables> {
  return tx.tables<AlertTables>()
}

export const instantOf = (at: Date): Instant => instantFromEpochMs(at.getTime())
export const instantOrNull = (at: Date | null): Instant | null => (at === null ? null : instantOf(at))
export const dateOrNull = (at: Instant | null): Date | null => (at === null ? null : new Date(at))
