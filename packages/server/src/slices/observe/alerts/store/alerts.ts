import type { AlertSeverity, AlertState, Because, Labels } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ActiveAlert } from '../model/evaluate.ts'
import type { NotifiableAlert } from '../model/notify.ts'
import { type AlertRow, instantOf, instantOrNull, tables } from './tables.ts'

/** Alerts that are not resolved, by rule. */
export async function activeByRule(tx: Tx): Promise<ReadonlyMap<string, readonly ActiveAlert[]>> {
  const rows = await tables(tx)
    .selectFrom('alert_history')
    .select(['alert_id', 'rule_id', 'fingerprint', 'state', 'pending_at', 'labels'])
    .where('organization_id', '=', tx.organizationId)
    .where('state', '<>', 'resolved')
    .execute()
  const byRule = new Map<string, ActiveAlert[]>()
  for (const row of rows) {
    if (row.state === 'resolved') continue
    const { alert_id: alertId, fingerprint, state, labels } = row
    const alert = { alertId, fingerprint, state, labels, pendingAt: instantOf(row.pending_at) }
    const known = byRule.get(row.rule_id)
    if (known === undefined) byRule.set(row.rule_id, [alert])
    else known.push(alert)
  }
  return byRule
}

/** A row of `alert_history` at its beginning. */
export interface NewAlert {
  readonly alertId: string
  readonly fingerprint: string
  readonly ruleId: string
  readonly rule: string
  readonly severity: AlertSeverity
  readonly state: 'pending' | 'firing'
  readonly labels: Labels
  readonly annotations: Readonly<Record<string, string>>
  readonly because: Because
}

/** Inserts alerts that begin now, in one statement; one whose fingerprint another rule holds open is left out. */
export async function insertAlerts(tx: Tx, alerts: readonly NewAlert[], now: Instant): Promise<ReadonlySet<string>> {
  if (alerts.length === 0) return new Set()
  const at = new Date(now)
  const { rows } = await sql<{ alert_id: string }>`
    insert into alert_history (organization_id, alert_id, fingerprint, rule_id, rule, severity, state, labels,
      annotations, because, pending_at, fired_at)
    select ${tx.organizationId}::uuid, a."alertId", a.fingerprint, a."ruleId", a.rule, a.severity, a.state, a.labels,
      a.annotations, a.because, ${at}::timestamptz, case when a.state = 'firing' then ${at}::timestamptz end
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as a("alertId" uuid, fingerprint text, "ruleId" uuid,
      rule text, severity text, state text, labels jsonb, annotations jsonb, because jsonb)
    on conflict do nothing returning alert_id`.execute(tables(tx))
  return new Set(rows.map((row) => row.alert_id))
}

/** Moves alerts to firing with what is known of them now. */
export async function fireAlerts(
  tx: Tx,
  alerts: readonly { alertId: string; annotations: Readonly<Record<string, string>>; because: Because }[],
  now: Instant,
): Promise<void> {
  if (alerts.length === 0) return
  await sql`
    update alert_history h set state = 'firing', fired_at = ${new Date(now)}::timestamptz,
      annotations = a.annotations, because = a.because
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as a("alertId" uuid, annotations jsonb, because jsonb)
    where h.organization_id = ${tx.organizationId} and h.alert_id = a."alertId" and h.state = 'pending'`.execute(
    tables(tx),
  )
}

/** Ends alerts; those that never fired need nobody's attention and are settled at once. */
export async function resolveAlerts(
  tx: Tx,
  alerts: readonly { alertId: string; because: Because }[],
  now: Instant,
): Promise<void> {
  if (alerts.length === 0) return
  await sql`
    update alert_history h set state = 'resolved', resolved_at = ${new Date(now)}::timestamptz, because = a.because,
      settled = h.fired_at is null
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as a("alertId" uuid, because jsonb)
    where h.organization_id = ${tx.organizationId} and h.alert_id = a."alertId" and h.state <> 'resolved'`.execute(
    tables(tx),
  )
}

/** One step in the life of an alert. */
export interface TransitionRow {
  readonly alertId: string
  readonly from: AlertState | null
  readonly to: AlertState
  readonly actor: string
  readonly because: Because
  readonly comment: string | null
}

export async function insertTransitions(tx: Tx, rows: readonly TransitionRow[], now: Instant): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into alert_transitions (organization_id, alert_id, at, from_state, to_state, actor, because, comment)
    select ${tx.organizationId}::uuid, t."alertId", ${new Date(now)}::timestamptz, t."from", t."to", t.actor, t.because,
      t.comment
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t("alertId" uuid, "from" text, "to" text, actor text,
      because jsonb, comment text)
    on conflict do nothing`.execute(tables(tx))
}

/** What notification looks at: everything that fired and is not settled. */
export async function notifiableAlerts(tx: Tx): Promise<readonly (NotifiableAlert & { readonly alertId: string })[]> {
  const rows = await tables(tx)
    .selectFrom('alert_history')
    .select(['alert_id', 'fingerprint', 'labels', 'fired_at', 'state', 'resolved_at'])
    .where('organization_id', '=', tx.organizationId)
    .where('settled', '=', false)
    .where('fired_at', 'is not', null)
    .orderBy('alert_id')
    .execute()
  // An alert that fires again before its end was told: only the newest of the two is the truth.
  const newest = new Map(rows.map((row) => [row.fingerprint, row]))
  return [...newest.values()].flatMap((row) =>
    row.fired_at === null
      ? []
      : [
          {
            alertId: row.alert_id,
            fingerprint: row.fingerprint,
            labels: row.labels,
            firedAt: instantOf(row.fired_at),
            acknowledged: row.state === 'acknowledged',
            resolvedAt: instantOrNull(row.resolved_at),
          },
        ],
  )
}

/** Rows of these fingerprints that are over need no look any more. */
export async function settleAlerts(tx: Tx, fingerprints: readonly string[]): Promise<void> {
  if (fingerprints.length === 0) return
  await sql`update alert_history set settled = true
    where organization_id = ${tx.organizationId} and not settled and state = 'resolved'
      and fingerprint = any(${fingerprints}::text[])`.execute(tables(tx))
}

export interface AlertFilter {
  readonly states: readonly AlertState[]
  readonly severity: AlertSeverity | null
  readonly ruleId: string | null
  readonly fingerprint: string | null
  readonly agent: string | null
}

/** Newest first, from behind `before` on; ids are made in the order of time. */
export async function listAlerts(
  tx: Tx,
  filter: AlertFilter,
  before: string | null,
  limit: number,
): Promise<readonly AlertRow[]> {
  return await tables(tx)
    .selectFrom('alert_history')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('state', 'in', filter.states)
    .$if(filter.severity !== null, (query) => query.where('severity', '=', filter.severity ?? 'info'))
    .$if(filter.ruleId !== null, (query) => query.where('rule_id', '=', filter.ruleId ?? ''))
    .$if(filter.fingerprint !== null, (query) => query.where('fingerprint', '=', filter.fingerprint ?? ''))
    .$if(filter.agent !== null, (query) => query.where(sql`labels ->> 'agent'`, '=', filter.agent ?? ''))
    .$if(before !== null, (query) => query.where('alert_id', '<', before ?? ''))
    .orderBy('alert_id', 'desc')
    .limit(limit)
    .execute()
}

/** Faces of alerts for a message, by id. */
export async function alertsById(tx: Tx, alertIds: readonly string[]): Promise<readonly AlertRow[]> {
  if (alertIds.length === 0) return []
  return await tables(tx)
    .selectFrom('alert_history')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('alert_id', 'in', [...alertIds])
    .orderBy('alert_id')
    .execute()
}

export async function alertById(tx: Tx, alertId: string, lock: boolean): Promise<AlertRow | null> {
  const row = await tables(tx)
    .selectFrom('alert_history')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('alert_id', '=', alertId)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  return row ?? null
}

export async function transitionsOf(tx: Tx, alertId: string) {
  return await tables(tx)
    .selectFrom('alert_transitions')
    .select(['at', 'from_state', 'to_state', 'actor', 'because', 'comment'])
    .where('organization_id', '=', tx.organizationId)
    .where('alert_id', '=', alertId)
    .orderBy('at')
    .execute()
}

export async function acknowledgeAlert(
  tx: Tx,
  alertId: string,
  by: { readonly actor: string; readonly comment: string; readonly at: Instant },
): Promise<void> {
  await tables(tx)
    .updateTable('alert_history')
    .set({ state: 'acknowledged', acknowledged_at: new Date(by.at), acknowledged_by: by.actor, comment: by.comment })
    .where('organization_id', '=', tx.organizationId)
    .where('alert_id', '=', alertId)
    .where('state', '=', 'firing')
    .execute()
}

/** Open alerts by state, and how many of them are critical and unacknowledged. */
export async function countOpen(tx: Tx) {
  const { rows } = await sql<{ pending: number; firing: number; acknowledged: number; critical: number }>`
    select count(*) filter (where state = 'pending') as pending, count(*) filter (where state = 'firing') as firing,
      count(*) filter (where state = 'acknowledged') as acknowledged,
      count(*) filter (where state = 'firing' and severity = 'critical') as critical
    from alert_history where organization_id = ${tx.organizationId} and state <> 'resolved'`.execute(tables(tx))
  return rows[0] ?? { pending: 0, firing: 0, acknowledged: 0, critical: 0 }
}

/** Firing and acknowledged alerts per rule. */
export async function firingByRule(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ rule_id: string; firing: number }>`
    select rule_id, count(*) as firing from alert_history
    where organization_id = ${tx.organizationId} and state in ('firing', 'acknowledged')
    group by rule_id`.execute(tables(tx))
  return new Map(rows.map((row) => [row.rule_id, row.firing]))
}

/** Alerts that fired since an instant, by severity: for the reports. */
export async function firedSince(tx: Tx, since: Instant): Promise<Readonly<Record<AlertSeverity, number>>> {
  const { rows } = await sql<{ severity: AlertSeverity; fired: number }>`
    select severity, count(*) as fired from alert_history
    where organization_id = ${tx.organizationId} and fired_at >= ${new Date(since)}::timestamptz
    group by severity`.execute(tables(tx))
  return { info: 0, warning: 0, critical: 0, ...Object.fromEntries(rows.map((row) => [row.severity, row.fired])) }
}

/** All that fires, and what fired and ended since an instant. */
export async function forwardableAlerts(tx: Tx, endedSince: Instant): Promise<readonly AlertRow[]> {
  return await tables(tx)
    .selectFrom('alert_history')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('fired_at', 'is not', null)
    .where(({ eb, or }) => or([eb('state', '<>', 'resolved'), eb('resolved_at', '>', new Date(endedSince))]))
    .orderBy('alert_id')
    .execute()
}
