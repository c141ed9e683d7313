import type { JournalEvent } from '@metaagent/contract'
import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append, appendDecisions } from '../../../govern/journal/index.ts'
import { auditFacts, type JournaledAudit } from '../model/auditing.ts'
import { factOf, itemKeyOf, type QaFact } from '../model/facts.ts'
import type { Figures } from '../model/trust-model.ts'
import { saveAudited } from '../store/audited.ts'
import { loadKnown } from '../store/known.ts'
import { trustSettings } from './settings.ts'

const actor = { kind: 'system', id: 'trust' } as const

/**
 * Keeps how right each judge has been, per metric: what a judge said is audited when it is known what is right, whichever
 * of the two comes first. Seed 1, “Architecture Overview”.
 */
export class TrustEngine implements QaEngine {
  readonly name = 'trust'
  readonly pattern = 'qa_*'

  async observe(deps: Deps, tx: Tx, events: readonly JournalEvent[]): Promise<void> {
    const facts = events.map(factOf).filter((fact) => fact !== null)
    if (facts.length === 0) return
    const items = [...new Map(facts.map(({ item }) => [itemKeyOf(item), item])).values()]
    const settings = await trustSettings(deps, tx)
    const audited = auditFacts(facts, await loadKnown(tx, items, judgesOf(facts)), settings)
    await saveAudited(tx, audited, deps.clock.now())
    await tellChanges(deps, tx, audited.entries)
    await tellStandings(deps, tx, audited.entries)
  }
}

const judgesOf = (facts: readonly QaFact[]) =>
  facts.flatMap((fact) => (fact.kind === 'verdict' ? [fact.verdict.judge] : []))

/** One event for each that led to something. */
async function tellChanges(deps: Deps, tx: Tx, entries: readonly JournaledAudit[]): Promise<void> {
  if (entries.length === 0) return
  const byCause = Map.groupBy(entries, ({ cause }) => cause.eventId)
  await append(
    deps,
    tx,
    [...byCause.values()].flatMap((own) => {
      const [first] = own
      if (first === undefined) return []
      const { subject, metric } = first.verdict.item
      return {
        type: 'trust.evidence.changed' as const,
        subject: `metric/${metric}`,
        actor,
        correlationId: first.cause.correlationId,
        causationId: first.cause.eventId,
        payload: { subject, metric, changes: own.map(changeOf) },
      }
    }),
  )
}

function changeOf({ seq, entry, verdict, before, after }: JournaledAudit) {
  const { judge, judgmentId, order } = verdict
  const was = 'was' in entry ? entry.was : null
  return {
    seq,
    judge,
    judgmentId,
    order,
    said: entry.said,
    gold: entry.gold,
    was,
    before: figuresTold(before),
    after: figuresTold(after),
  }
}

const figuresTold = ({ reliability, lowerBound, authority }: Figures) => ({ reliability, lowerBound, authority })

async function tellStandings(deps: Deps, tx: Tx, entries: readonly JournaledAudit[]): Promise<void> {
  const decisions = entries.flatMap(({ standing, entry, after, cause }) => {
    if (standing.kind !== 'suspended' && standing.kind !== 'restored') return []
    const { judge, metric } = entry
    const { kind: verdict, because } = standing
    const event = {
      type: `trust.judge.${verdict}` as const,
      subject: `judge/${judge}`,
      actor,
      correlationId: cause.correlationId,
      causationId: cause.eventId,
      payload: { judge, metric, authority: after.authority, because },
    }
    return [{ event, decided: { verdict, because } }]
  })
  if (decisions.length > 0) await appendDecisions(deps, tx, decisions)
}
