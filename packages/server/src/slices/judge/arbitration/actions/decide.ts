import type { ArbitratedPayload, ArbitrationVote } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { appendDecisions } from '../../../govern/journal/index.ts'
import { tunableValues } from '../../../govern/tunables/index.ts'
import { governanceOf } from '../model/governance.ts'
import { type ItemKey, keyOf, subjectOf, type VoteRow } from '../model/intake.ts'
import { type AuditShares, sampleAudit } from '../model/sample.ts'
import { fitFromJson, type StoredFit, withPriorities } from '../model/stored-fit.ts'
import { decideItem, type Grounds, type ItemVerdict, type PresentedVote } from '../model/verdict.ts'
import { type ArbitrationRow, insertArbitrations } from '../store/arbitrations.ts'
import { queueAudits, withdrawEscalations } from '../store/audits.ts'
import { presentFits } from '../store/fits.ts'
import { type DueRow, lockDueItems, votesOn } from '../store/votes.ts'
import { rulesNow } from './rules.ts'

/** Items per transaction: a reader of the journal hands over as many events. */
export const decidedPerTurn = 500

/** Decides what is due in every organization. */
export async function decideAllDue(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    for (let decided = decidedPerTurn; decided === decidedPerTurn; )
      decided = await deps.pacer.step(() =>
        deps.store.transaction({ organizationId }, (tx) => decideDue(deps, tx, decidedPerTurn)),
      )
}

/** What all items of a metric are decided on. */
interface MetricGrounds extends Grounds {
  readonly fitVersion: number | null
}

/** Decides items that are due, the oldest first, in a few statements for all; answers how many. */
export async function decideDue(deps: Deps, tx: Tx, limit: number): Promise<number> {
  const due = await lockDueItems(tx, limit)
  if (due.length === 0) return 0
  const votes = Map.groupBy(await votesOn(tx, due), keyOf)
  const { rules, version: rulesVersion } = await rulesNow(deps, tx)
  const metrics = [...new Set(due.map(({ metric }) => metric))]
  const fits = new Map((await presentFits(tx, metrics)).map((row) => [row.metric, row]))
  const grounds = new Map(
    metrics.map((metric): [string, MetricGrounds] => {
      const row = fits.get(metric)
      const governance = governanceOf(rules, metric)
      return [metric, { governance, fit: fitUnder(row, governance.priorities), fitVersion: row?.version ?? null }]
    }),
  )
  const decided = due.map((item) => decideOne(deps, item, votes.get(keyOf(item)) ?? [], grounds, rulesVersion))
  await record(deps, tx, decided)
  await askHumans(deps, tx, decided)
  return due.length
}

interface Decided {
  readonly verdict: ItemVerdict
  readonly votes: readonly VoteRow[]
  readonly row: Omit<ArbitrationRow, 'eventId'>
  readonly payload: ArbitratedPayload
}

function decideOne(
  deps: Deps,
  due: DueRow,
  votes: readonly VoteRow[],
  byMetric: ReadonlyMap<string, MetricGrounds>,
  rulesVersion: number,
): Decided {
  const grounds = byMetric.get(due.metric)
  assertInvariant(grounds !== undefined, 'the grounds of every metric that is due were read')
  const item = { itemId: itemIdOf(due), votes: votes.map(presentedVote), gold: due.gold }
  const verdict = decideItem(item, grounds)
  const { outcome, winner, probability, gap, gapMin, policy, because, policyBecause } = verdict
  const arbitrationId = deps.ids.uuid()
  const said = votes.map(({ judge, judgeKind, presented, verdict: own, score, judgmentId }, at): ArbitrationVote => {
    const order = presented === '' ? null : presented
    return { judge, judgeKind, order, verdict: own, score, weight: verdict.weights[at] ?? null, judgmentId }
  })
  const shared = {
    arbitrationId,
    metric: due.metric,
    outcome,
    winner,
    probability,
    gapMin,
    policy,
    fitVersion: verdict.fromFit ? grounds.fitVersion : null,
    rulesVersion,
    dissent: [...verdict.dissent],
    votes: said,
    because,
    policyBecause,
    supersedes: due.arbitrationId,
  }
  const { subjectKind, subjectId, correlationId, eventId: causationId } = due
  const standings = verdict.fromFit ? (grounds.fit?.standings ?? []) : []
  return {
    verdict,
    votes,
    row: { ...shared, gap, subjectKind, subjectId, correlationId, causationId },
    payload: {
      ...shared,
      ...subjectOf(due),
      confidenceGap: gap,
      standings: standings.map(({ policy: name, lowerBound }) => ({ policy: name, lowerBound })),
    },
  }
}

/** Names an item within its metric. */
export function itemIdOf({ subjectKind, subjectId }: Pick<ItemKey, 'subjectKind' | 'subjectId'>): string {
  return `${subjectKind}:${subjectId}`
}

export function presentedVote({
  judge,
  presented,
  verdict,
  score,
  confidence,
}: Omit<VoteRow, keyof ItemKey>): PresentedVote {
  return { judge, order: presented === '' ? null : presented, verdict: verdict ?? 'abstain', score, confidence }
}

const actor = { kind: 'system', id: 'arbitration' } as const

async function record(deps: Deps, tx: Tx, decided: readonly Decided[]): Promise<void> {
  const events = await appendDecisions(
    deps,
    tx,
    decided.map(({ row, payload }) => ({
      event: {
        type: 'qa_arbitration' as const,
        subject: `arbitration/${row.arbitrationId}`,
        actor,
        correlationId: row.correlationId,
        causationId: row.causationId,
        payload,
      },
      decided: { verdict: row.outcome === 'escalated' ? 'escalated' : row.winner, because: row.because },
    })),
  )
  const rows = decided.map(({ row }, at) => {
    const event = events[at]
    assertInvariant(event !== undefined, 'each decision that was appended is returned')
    return { ...row, eventId: event.eventId }
  })
  await insertArbitrations(tx, rows, deps.clock.now())
}

/** Escalations, disagreements and a random share go to humans; what has settled meanwhile comes back. */
async function askHumans(deps: Deps, tx: Tx, decided: readonly Decided[]): Promise<void> {
  const [random, disagreement] = await tunableValues(deps, tx, [
    'arbitration.audit_share',
    'arbitration.audit_disagreement_share',
  ])
  const shares: AuditShares = { random: Number(random), disagreement: Number(disagreement) }
  const open = decided.filter(({ row }) => row.outcome !== 'labelled')
  const drawn = open.flatMap(({ row, votes }) => {
    const verdicts = new Set(votes.flatMap(({ verdict }) => verdict ?? []))
    const sampled = sampleAudit(
      { key: keyOf(row), isEscalated: row.outcome === 'escalated', judgesDisagree: verdicts.size > 1 },
      shares,
    )
    if (sampled === null) return []
    const { metric, subjectKind, subjectId, arbitrationId } = row
    return [{ auditId: deps.ids.uuid(), metric, subjectKind, subjectId, arbitrationId, ...sampled }]
  })
  const now = deps.clock.now()
  const settled = decided.filter(({ row }) => row.outcome === 'decided' || row.outcome === 'vetoed')
  await withdrawEscalations(
    tx,
    settled.flatMap(({ row }) => (row.supersedes === null ? [] : [itemKeyOf(row)])),
    now,
  )
  await queueAudits(tx, drawn, now)
}

function itemKeyOf({ metric, subjectKind, subjectId }: ItemKey): ItemKey {
  return { metric, subjectKind, subjectId }
}

/** The fit that a stored row holds, under the priorities that hold now. */
export function fitUnder(
  row: { readonly fit: Parameters<typeof fitFromJson>[0] } | undefined,
  priorities: ReadonlyMap<string, number>,
): StoredFit | null {
  const fit = row === undefined ? null : fitFromJson(row.fit)
  return fit === null ? null : withPriorities(fit, priorities)
}
