import { createHash } from 'node:crypto'
import type { SlaReport, SlaReportFacts } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { addDays, localDay } from '../../../../kernel/time-zone.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { organizationTimeZone } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { entryOfEvent, proofFileOf } from '../../../govern/ledger/index.ts'
import { exclusionsOf } from '../model/definition.ts'
import { boundsOfMonth } from '../model/windows.ts'
import { insertReport, newestReport, type StoredReport, stateChangesIn } from '../store/compliance.ts'
import { type StoredSla, selectSla } from '../store/definitions.ts'
import { sumsOfSteps } from '../store/slots.ts'

/** The facts of one calendar month, from the slots and the changes of state. */
async function factsOf(tx: Tx, sla: StoredSla, month: string, zone: string): Promise<SlaReportFacts> {
  const { from, until } = boundsOfMonth(month, zone)
  const { definition, version } = sla
  const steps = await sumsOfSteps(tx, sla.slaId, { from, until }, 300, exclusionsOf(definition))
  const days = new Map<string, { day: string; good: number; bad: number; unknown: number }>()
  for (let day = localDay(from, zone); day < localDay(until, zone); day = addDays(day, 1))
    days.set(day, { day, good: 0, bad: 0, unknown: 0 })
  const total = { good: 0, bad: 0, unknown: 0 }
  for (const { at, good, bad, unknown } of steps) {
    const day = days.get(localDay(instantFromEpochMs(at), zone))
    for (const sum of day === undefined ? [total] : [total, day]) {
      sum.good += good
      sum.bad += bad
      sum.unknown += unknown
    }
  }
  const events = total.good + total.bad
  const budget = (1 - definition.objective) * events
  const { indicator, scope, objective, exclusions, name } = definition
  const inMonth = exclusions.filter((one) => Date.parse(one.from) < until && Date.parse(one.until) > from)
  return {
    slaId: sla.slaId,
    name,
    month,
    timeZone: zone,
    from: toIso(from),
    until: toIso(until),
    definition: { version, indicator, scope: { ...scope }, objective, exclusions: inMonth },
    ...total,
    attainment: events === 0 ? null : total.good / events,
    verdict: events === 0 ? 'unknown' : total.bad > budget + 1e-12 * events ? 'missed' : 'met',
    budget: { total: budget, spent: total.bad, remaining: budget - total.bad },
    days: [...days.values()],
    changes: [...(await stateChangesIn(tx, sla.slaId, toIso(from), toIso(until)))],
  }
}

const digestOf = (facts: SlaReportFacts) => createHash('sha256').update(canonicalJson(facts)).digest('hex')

/**
 * Issues the report of the last finished month, and another edition when late reports changed its facts. Slots before
 * `changedFrom` are as they were.
 */
export async function issueReport(deps: Deps, tx: Tx, slaId: string, changedFrom: Instant): Promise<void> {
  const sla = await selectSla(tx, slaId, true)
  if (sla === null) return
  const now = deps.clock.now()
  const zone = await organizationTimeZone(tx)
  const month = addDays(`${localDay(now, zone).slice(0, 7)}-01`, -1).slice(0, 7)
  const { until } = boundsOfMonth(month, zone)
  if (sla.createdAt.getTime() >= until) return
  const before = await newestReport(tx, slaId, month)
  if (before !== null && changedFrom >= until) return
  const facts = await factsOf(tx, sla, month, zone)
  const digest = digestOf(facts)
  if (before?.digest === digest) return
  // A new version of the promise is no new fact about a month that was reported by the old one.
  if (before !== null && before.facts.definition.version !== facts.definition.version) return
  const edition = (before?.edition ?? 0) + 1
  const [event] = await append(deps, tx, [
    {
      type: 'slas.report.issued',
      subject: `sla/${slaId}`,
      actor: { kind: 'system', id: 'slas' },
      payload: {
        slaId,
        name: facts.name,
        month,
        edition,
        digest,
        verdict: facts.verdict,
        attainment: facts.attainment,
      },
    },
  ])
  assertInvariant(event !== undefined, 'an event that was appended is returned')
  await insertReport(tx, slaId, month, { edition, facts, digest, eventId: event.eventId, issuedAt: new Date(now) })
}

/** The report of a month: as it was issued, with its place in the ledger, or provisional while the month runs. */
export async function readReport(deps: Deps, caller: Caller, slaId: string, month: string): Promise<Result<SlaReport>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, async (tx) => {
    const sla = await selectSla(tx, slaId)
    if (sla === null) return refuse('not-found', 'There is no SLA with this id. GET /api/v1/slas lists them.')
    const zone = await organizationTimeZone(tx)
    if (boundsOfMonth(month, zone).from > deps.clock.now())
      return refuse('not-found', `The month ${month} has not begun in ${zone}.`)
    const report = await newestReport(tx, slaId, month)
    if (report === null) return ok({ facts: await factsOf(tx, sla, month, zone), report, entryIndex: null })
    const entry = await entryOfEvent(deps, tx, report.eventId)
    return ok({ facts: report.facts, report, entryIndex: entry?.index ?? null })
  })
  if (!found.ok) return found
  const { facts, report, entryIndex } = found.value
  return ok({ facts, digest: digestOf(facts), issued: await issuedOf(deps, organizationId, report, entryIndex) })
}

async function issuedOf(
  deps: Deps,
  organizationId: string,
  report: StoredReport | null,
  entryIndex: number | null,
): Promise<SlaReport['issued']> {
  if (report === null) return null
  const { eventId, edition } = report
  const proof = entryIndex === null ? null : await proofFileOf(deps, organizationId, eventId)
  const checkpoint = proof?.ok === true ? proof.value.checkpoint : null
  return { eventId, edition, issuedAt: report.issuedAt.toISOString(), entryIndex, checkpoint }
}
