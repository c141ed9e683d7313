import {
  type Alert,
  type AlertCounts,
  type AlertDetail,
  type AlertPage,
  type AlertQuery,
  type AlertState,
  type AlertsAcknowledged,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { inhibitor, silencer } from '../model/muting.ts'
import { defaultPolicy } from '../model/routing.ts'
import * as store from '../store/alerts.ts'
import { presentPolicy, silencesEndingAfter } from '../store/notifying.ts'
import type { AlertRow } from '../store/tables.ts'

const list = 'alerts'
const unknownAlert = refuse('not-found', 'There is no alert with this id. GET /api/v1/alerts lists them.')
const everyState: readonly AlertState[] = ['pending', 'firing', 'acknowledged', 'resolved']

/** One page of the inbox, newest first, with the counts of all that is open. */
export async function listInbox(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AlertQuery>,
): Promise<Result<z.output<typeof AlertPage>>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const alertId = Uuid.safeParse(position.value[0])
    if (!alertId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = alertId.data
  }
  const { state } = filters
  const states = state === undefined ? everyState : state === 'active' ? everyState.slice(0, 3) : [state]
  const { severity = null, ruleId = null, fingerprint = null, agent = null } = filters
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await store.listAlerts(tx, { states, severity, ruleId, fingerprint, agent }, before, limit + 1)
    const rows = found.slice(0, limit)
    const muted = await mutedBy(deps, tx)
    const { pending, firing, acknowledged } = await store.countOpen(tx)
    const last = rows.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({
      items: rows.map((row) => describe(row, muted)),
      nextCursor: more ? encodePageCursor(list, filters, [last.alert_id]) : null,
      counts: { pending, firing, acknowledged },
    })
  })
}

export async function readAlert(deps: Deps, caller: Caller, alertId: string): Promise<Result<AlertDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await store.alertById(tx, alertId, false)
    return row === null ? unknownAlert : ok(await detail(deps, tx, row))
  })
}

/** Takes an alert into somebody's hands: it is not repeated and does not escalate while it goes on firing. */
export async function acknowledge(
  deps: Deps,
  caller: Caller,
  alertId: string,
  comment: string,
): Promise<Result<AlertDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const taken = await acknowledgeIn(deps, tx, caller, alertId, comment)
    if (!taken.ok) return taken
    const after = await store.alertById(tx, alertId, false)
    return after === null ? unknownAlert : ok(await detail(deps, tx, after))
  })
}

/** Takes several at once. Those that do not fire are left as they are, each with the reason; the others are taken. */
export async function acknowledgeMany(
  deps: Deps,
  caller: Caller,
  { alertIds, comment }: { readonly alertIds: readonly string[]; readonly comment: string },
): Promise<AlertsAcknowledged> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const answer: AlertsAcknowledged = { acknowledged: [], left: [] }
    // In one order for everybody: two who take the same alerts cannot deadlock.
    for (const alertId of [...new Set(alertIds)].sort()) {
      const taken = await acknowledgeIn(deps, tx, caller, alertId, comment)
      if (taken.ok) answer.acknowledged.push(alertId)
      else answer.left.push({ alertId, reason: taken.refusal.detail })
    }
    return answer
  })
}

async function acknowledgeIn(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  alertId: string,
  comment: string,
): Promise<Result<null>> {
  const row = await store.alertById(tx, alertId, true)
  if (row === null) return unknownAlert
  if (row.state !== 'firing')
    return refuse('conflict', `Only a firing alert can be acknowledged; this one is ${row.state}.`)
  const actor = actorOf(caller)
  const by = `${actor.kind}:${actor.id}`
  const now = deps.clock.now()
  await store.acknowledgeAlert(tx, alertId, { actor: by, comment, at: now })
  const step = {
    alertId,
    from: 'firing' as const,
    to: 'acknowledged' as const,
    actor: by,
    because: row.because,
    comment,
  }
  await store.insertTransitions(tx, [step], now)
  await append(deps, tx, [
    {
      type: 'alerts.alert.acknowledged',
      subject: `alert/${alertId}`,
      actor,
      payload: { alertId, fingerprint: row.fingerprint, rule: row.rule, comment },
    },
  ])
  return ok(null)
}

/** What is open, for the home page. */
export async function countAlerts(deps: Deps, caller: Caller): Promise<z.output<typeof AlertCounts>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, (tx) => store.countOpen(tx))
}

/** Alerts that fire and are in nobody's hands and not muted, newest first. */
export async function firingAlerts(deps: Deps, tx: Tx, limit: number): Promise<readonly Alert[]> {
  const any = { severity: null, ruleId: null, fingerprint: null, agent: null }
  const rows = await store.listAlerts(tx, { ...any, states: ['firing'] }, null, limit)
  if (rows.length === 0) return []
  const muted = await mutedBy(deps, tx)
  return rows.map((row) => describe(row, muted)).filter((alert) => alert.mutedBy === null)
}

async function detail(deps: Deps, tx: Tx, row: AlertRow): Promise<AlertDetail> {
  const steps = await store.transitionsOf(tx, row.alert_id)
  return {
    ...describe(row, await mutedBy(deps, tx)),
    history: steps.map((step) => ({
      at: step.at.toISOString(),
      from: step.from_state,
      to: step.to_state,
      actor: step.actor,
      because: step.because,
      comment: step.comment,
    })),
  }
}

/** Whether a silence or another alert mutes an alert now. */
type MutedBy = (row: AlertRow) => Alert['mutedBy']

export async function mutedBy(deps: Deps, tx: Tx): Promise<MutedBy> {
  const now = deps.clock.now()
  const policy = (await presentPolicy(tx))?.policy ?? defaultPolicy
  const firing = (await store.notifiableAlerts(tx)).filter(({ resolvedAt }) => resolvedAt === null)
  const isInhibited = inhibitor(
    policy.inhibitions,
    firing.map(({ labels }) => labels),
  )
  const isSilenced = silencer(await silencesEndingAfter(tx, now), now)
  return ({ labels, state }) => {
    if (state === 'resolved') return null
    if (isSilenced(labels)) return 'silence'
    return isInhibited(labels) ? 'inhibition' : null
  }
}

/** An alert as the API tells it. */
export function describe(row: AlertRow, muted: MutedBy): Alert {
  return {
    alertId: row.alert_id,
    fingerprint: row.fingerprint,
    ruleId: row.rule_id,
    rule: row.rule,
    severity: row.severity,
    state: row.state,
    labels: row.labels,
    annotations: row.annotations,
    because: row.because,
    pendingAt: row.pending_at.toISOString(),
    firedAt: row.fired_at?.toISOString() ?? null,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    comment: row.comment,
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    mutedBy: muted(row),
  }
}
