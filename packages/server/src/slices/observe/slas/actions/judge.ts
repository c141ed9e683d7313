import type { BurnStatus, SlaCompliance, SlaState } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds, organizationTimeZone } from '../../../govern/identity/index.ts'
import { append, appendDecision, type NewEvent } from '../../../govern/journal/index.ts'
import { judgeBurn } from '../model/burn.ts'
import { type Compliance, type Counted, judgeCompliance } from '../model/compliance.ts'
import { exclusionsOf, type SlaDefinition } from '../model/definition.ts'
import { nominalDays, type Period, periodAt, periodBefore, slotMs, slotOf } from '../model/windows.ts'
import { complianceAt, insertStateChange, saveCompliance } from '../store/compliance.ts'
import { activeSlas, type StoredSla, saveState, selectSla } from '../store/definitions.ts'
import { type Range, sumsOfWindows } from '../store/slots.ts'
import { countSla } from './count.ts'
import { issueReport } from './report.ts'

const actor = { kind: 'system', id: 'slas' } as const

/** Counts and judges every SLA of every organization, tells what changed and issues the reports of finished months. */
export async function judgeSlas(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const slas = await deps.store.transaction({ organizationId }, activeSlas)
    for (const sla of slas) {
      const changedFrom = await countSla(deps, organizationId, sla)
      await deps.store.transaction({ organizationId }, (tx) => judgeOne(deps, tx, sla.slaId))
      await deps.store.transaction({ organizationId }, (tx) => issueReport(deps, tx, sla.slaId, changedFrom))
    }
  }
}

async function judgeOne(deps: Deps, tx: Tx, slaId: string): Promise<void> {
  const sla = await selectSla(tx, slaId, true)
  if (sla === null || sla.archivedAt !== null) return
  const now = deps.clock.now()
  const zone = await organizationTimeZone(tx)
  const open = periodAt(sla.definition.window, now, zone)
  await closeBefore(tx, sla, periodBefore(sla.definition.window, open, zone), now)
  const { counted, burn, pace } = await countedOf(tx, sla.definition, sla.slaId, open, now)
  const judged = judgeCompliance({
    counted,
    objective: sla.definition.objective,
    burn,
    pace,
    now,
    horizon: horizonOf(sla.definition, open, now),
  })
  await saveCompliance(tx, slaId, rowOf(sla, open, counted, judged, { isClosed: false, now }))
  await tell(deps, tx, sla, judged, burn)
  await saveState(tx, slaId, judged.state, burn)
}

const horizonOf = ({ window }: SlaDefinition, open: Period, now: Instant) =>
  window.kind === 'calendar' ? open.until : addMs(now, window.days * 86_400_000)

/** Everything that a judgement needs, in one question: the window, the pace of its last thirtieth, two windows per alert. */
async function countedOf(tx: Tx, definition: SlaDefinition, slaId: string, open: Period, now: Instant) {
  const end = addMs(slotOf(now), slotMs)
  const last = (minutes: number): Range => ({ from: addMs(end, -minutes * 60_000), until: end })
  const paceMinutes = Math.max(60, nominalDays(definition.window) * 48)
  const alerts = definition.burnAlerts
  const windows = [open, last(paceMinutes), ...alerts.flatMap((a) => [last(a.longMinutes), last(a.shortMinutes)])]
  const sums = await sumsOfWindows(tx, slaId, windows, exclusionsOf(definition))
  const at = (index: number): Counted => sums[index] ?? { good: 0, bad: 0, unknown: 0 }
  return {
    counted: at(0),
    pace: { ...at(1), durationMs: paceMinutes * 60_000 },
    burn: alerts.map((alert, index) =>
      judgeBurn(alert, { long: at(2 + 2 * index), short: at(3 + 2 * index) }, definition),
    ),
  }
}

/** Writes the last word on the window before, once; late reports after that show in the monthly report's next edition. */
async function closeBefore(tx: Tx, sla: StoredSla, period: Period, now: Instant): Promise<void> {
  if ((await complianceAt(tx, sla.slaId, period.periodStart))?.isClosed === true) return
  const [counted] = await sumsOfWindows(tx, sla.slaId, [period], exclusionsOf(sla.definition))
  if (counted === undefined) return
  const nothing = { good: 0, bad: 0, durationMs: 1 }
  const { objective } = sla.definition
  const judged = judgeCompliance({ counted, objective, burn: [], pace: nothing, now, horizon: now })
  await saveCompliance(tx, sla.slaId, rowOf(sla, period, counted, judged, { isClosed: true, now }))
}

function rowOf(
  sla: StoredSla,
  period: Period,
  counted: Counted,
  { state, attainment, budget, because }: Compliance,
  of: { readonly isClosed: boolean; readonly now: Instant },
): SlaCompliance {
  return {
    periodStart: period.periodStart,
    from: toIso(period.from),
    until: toIso(period.until),
    state,
    version: sla.version,
    objective: sla.definition.objective,
    ...counted,
    attainment,
    budget: { ...budget, exhaustionAt: budget.exhaustionAt === null ? null : toIso(budget.exhaustionAt) },
    isClosed: of.isClosed,
    judgedAt: toIso(of.now),
    because,
  }
}

/** Journals what changed since the last judgement: the objective breached or met again, an alert begun or ended. */
async function tell(
  deps: Deps,
  tx: Tx,
  sla: StoredSla,
  { state, because, attainment, budget }: Compliance,
  burn: readonly BurnStatus[],
): Promise<void> {
  const subject = `sla/${sla.slaId}`
  const { name, objective } = sla.definition
  if (sla.state !== state) {
    const eventId = await tellState(deps, tx, sla, state, {
      slaId: sla.slaId,
      name,
      from: sla.state,
      to: state,
      objective,
      attainment,
      budgetRemaining: budget.remaining,
      because,
    })
    await insertStateChange(tx, sla.slaId, {
      at: toIso(deps.clock.now()),
      from: sla.state,
      to: state,
      because,
      eventId,
    })
  }
  const events: NewEvent[] = []
  for (const now of burn) {
    const before = sla.burn.find((one) => sameAlert(one, now))?.firing ?? false
    if (before === now.firing) continue
    const { severity, longMinutes, shortMinutes, threshold, longRate, shortRate, because: why } = now
    const payload = { slaId: sla.slaId, name, severity, longMinutes, shortMinutes, threshold, longRate, shortRate }
    const type = now.firing ? 'slas.burn.started' : 'slas.burn.stopped'
    events.push({ type, subject, actor, payload: { ...payload, because: why } })
  }
  if (events.length > 0) await append(deps, tx, events)
}

const sameAlert = (a: BurnStatus, b: BurnStatus) =>
  a.severity === b.severity &&
  a.longMinutes === b.longMinutes &&
  a.shortMinutes === b.shortMinutes &&
  a.threshold === b.threshold

type StatePayload = Extract<NewEvent, { type: 'slas.objective.breached' }>['payload']

async function tellState(deps: Deps, tx: Tx, sla: StoredSla, to: SlaState, payload: StatePayload): Promise<string> {
  const type =
    to === 'breached'
      ? 'slas.objective.breached'
      : sla.state === 'breached'
        ? 'slas.objective.recovered'
        : 'slas.objective.changed'
  const event = { type, subject: `sla/${sla.slaId}`, actor, payload } as const
  const [appended] = await appendDecision(deps, tx, event, { verdict: to, because: payload.because })
  assertInvariant(appended !== undefined, 'a decision that was appended is returned')
  return appended.eventId
}
