import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { bucketOf } from '../../../../kernel/latency-histogram.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { changedHours, sumsBySlot } from '../../health/index.ts'
import { allAgents } from '../../registry/index.ts'
import { ownersOfExecutions } from '../../telemetry/index.ts'
import { countingOf, countSlots, freshnessSlots, type Slot } from '../model/counting.ts'
import type { SlaDefinition } from '../model/definition.ts'
import { slotMs, slotOf } from '../model/windows.ts'
import type { StoredSla } from '../store/definitions.ts'
import { type Range, readCursor, replaceSlots, saveCursor } from '../store/slots.ts'

/** How far back a new SLA is counted, so that it shows at once how it would have stood; longer than any window. */
const reachMs = 93 * 86_400_000
/** One transaction counts no more than this. */
const chunkMs = 7 * 86_400_000
const hourMs = 3_600_000
/** Verdicts are recorded in transactions of their own, which may end later: so much is counted again each time. */
const verdictOverlapMs = 15 * 60_000

/**
 * Brings the slots of one SLA up to now: the stretch that was never counted, piece by piece, then the hours whose rollups
 * changed since. Whatever the cause, a slot is always counted as a whole, so doing it twice changes nothing. Answers from
 * when on slots may differ from before.
 */
export async function countSla(deps: Deps, organizationId: string, sla: StoredSla): Promise<Instant> {
  let earliest = deps.clock.now()
  for (;;) {
    const piece = await deps.store.transaction({ organizationId }, (tx) => countPiece(deps, tx, sla))
    if (piece.from < earliest) earliest = piece.from
    if (piece.isLast) return earliest
  }
}

interface Piece {
  /** From when on slots were counted. */
  readonly from: Instant
  /** Nothing is left to count. */
  readonly isLast: boolean
}

async function countPiece(deps: Deps, tx: Tx, { slaId, definition }: StoredSla): Promise<Piece> {
  const now = deps.clock.now()
  const end = addMs(slotOf(now), slotMs)
  const counting = countingOf(definition)
  const known = await readCursor(tx, slaId)
  if (known === null || known.counting !== counting) {
    const from = slotOf(now - reachMs)
    if (known !== null) await replaceSlots(tx, slaId, { from: instantFromEpochMs(0), until: end }, [])
    const { cursor } = await changedHours(tx, null)
    await saveCursor(tx, slaId, { counting, countedFrom: from, countedUntil: from, rollupCursor: cursor })
    return { from, isLast: false }
  }
  const agentIds = await agentsOf(deps, tx, definition)
  const { hours, cursor } = await changedHours(tx, known.rollupCursor)
  const inScope = new Set(agentIds)
  const changed = hours.filter(({ agentId, hourAt }) => inScope.has(agentId) && hourAt < known.countedUntil)
  const ranges = rangesOf(
    changed.map(({ hourAt }) => hourAt),
    definition,
    known.countedUntil,
  )
  for (const range of ranges) await countRange(deps, tx, slaId, definition, agentIds, range)
  const overlap = definition.indicator.kind === 'quality' ? verdictOverlapMs : 0
  const from = slotOf(Math.max(known.countedFrom, known.countedUntil - overlap))
  const until = instantFromEpochMs(Math.min(end, from + chunkMs))
  await countRange(deps, tx, slaId, definition, agentIds, { from, until })
  // The running slot is counted again next time.
  const countedUntil = instantFromEpochMs(Math.max(known.countedUntil, Math.min(until, slotOf(now))))
  await saveCursor(tx, slaId, { ...known, countedUntil, rollupCursor: cursor })
  return { from: instantFromEpochMs(Math.min(from, ...ranges.map((range) => range.from))), isLast: until >= end }
}

/** Agents that a definition is about, archived ones too: what they did counts. */
async function agentsOf(deps: Deps, tx: Tx, { scope }: SlaDefinition): Promise<readonly string[]> {
  const agents = await allAgents(deps, tx)
  return agents
    .filter(({ agentId, domain }) =>
      scope.agentId === null ? scope.domain === null || scope.domain === domain : scope.agentId === agentId,
    )
    .map(({ agentId }) => agentId)
}

/** Changed hours as few ranges. A success keeps what comes after it fresh, so there a change reaches further. */
function rangesOf(hours: readonly number[], { indicator }: SlaDefinition, countedUntil: Instant): readonly Range[] {
  const reach = indicator.kind === 'freshness' ? indicator.maxAgeMinutes * 60_000 : 0
  const ranges: Range[] = []
  for (const hourAt of [...new Set(hours)].sort((a, b) => a - b)) {
    const until = instantFromEpochMs(Math.min(countedUntil, Math.ceil((hourAt + hourMs + reach) / slotMs) * slotMs))
    const last = ranges.at(-1)
    if (last !== undefined && hourAt <= last.until) ranges[ranges.length - 1] = { from: last.from, until }
    else if (until > hourAt) ranges.push({ from: instantFromEpochMs(hourAt), until })
  }
  return ranges
}

async function countRange(
  deps: Deps,
  tx: Tx,
  slaId: string,
  definition: SlaDefinition,
  agentIds: readonly string[],
  range: Range,
): Promise<void> {
  if (range.from >= range.until) return
  await replaceSlots(tx, slaId, range, await slotsOf(deps, tx, definition, agentIds, range))
}

async function slotsOf(
  deps: Deps,
  tx: Tx,
  { indicator, scope }: SlaDefinition,
  agentIds: readonly string[],
  range: Range,
): Promise<readonly Slot[]> {
  const { environment } = scope
  const question = { agentIds, environment, slotMinutes: slotMs / 60_000 }
  switch (indicator.kind) {
    case 'success':
    case 'cost':
      return countSlots(indicator, await sumsBySlot(tx, { ...question, ...range, bucketMax: 0 }))
    case 'latency':
      return countSlots(
        indicator,
        await sumsBySlot(tx, { ...question, ...range, bucketMax: bucketOf(indicator.thresholdMs) }),
      )
    case 'quality':
      return await verdictSlots(deps, tx, agentIds, environment, indicator.metric, range)
    case 'freshness': {
      const maxAgeMs = indicator.maxAgeMinutes * 60_000
      const from = slotOf(range.from - 2 * maxAgeMs - slotMs)
      const figures = await sumsBySlot(tx, { ...question, from, until: range.until, bucketMax: 0 })
      const successes = figures.filter((slot) => slot.successes > 0).map(({ slotAt }) => slotAt)
      const isOlderKnown = successes.some((at) => at < range.from) || (await heardBefore(tx, question, from))
      // A slot that still runs may yet become fresh.
      const closed = instantFromEpochMs(Math.min(range.until, slotOf(deps.clock.now())))
      return freshnessSlots(successes, { from: range.from, until: closed }, maxAgeMs, isOlderKnown)
    }
  }
}

async function heardBefore(
  tx: Tx,
  question: { readonly agentIds: readonly string[]; readonly environment: string | null; readonly slotMinutes: number },
  before: Instant,
): Promise<boolean> {
  const from = instantFromEpochMs(Math.max(0, before - reachMs))
  const figures = await sumsBySlot(tx, { ...question, slotMinutes: 1_440, from, until: before, bucketMax: 0 })
  return figures.some(({ successes }) => successes > 0)
}

/** Verdicts count in the slot in which they were recorded: what is late never changes what was reported. */
async function verdictSlots(
  deps: Deps,
  tx: Tx,
  agentIds: readonly string[],
  environment: string | null,
  metric: string | null,
  range: Range,
): Promise<readonly Slot[]> {
  const verdicts = await deps.readVerdicts(tx, { metric, ...range })
  const owners = await ownersOfExecutions(tx, [...new Set(verdicts.map(({ executionId }) => executionId))])
  const inScope = new Set(agentIds)
  const slots = new Map<number, { slotAt: number; good: number; bad: number; unknown: number }>()
  for (const { executionId, recordedAt, isSuccess } of verdicts) {
    const owner = owners.get(executionId)
    if (owner === undefined || !inScope.has(owner.agentId)) continue
    if (environment !== null && owner.environment !== environment) continue
    const slotAt = slotOf(recordedAt)
    const slot = slots.get(slotAt) ?? { slotAt, good: 0, bad: 0, unknown: 0 }
    slot[isSuccess ? 'good' : 'bad'] += 1
    slots.set(slotAt, slot)
  }
  return [...slots.values()].sort((a, b) => a.slotAt - b.slotAt)
}
