import { isDeepStrictEqual } from 'node:util'
import type { JournalEvent } from '@metaagent/contract'
import type { OwnerSql } from '../../packages/server/src/ports/store.ts'
import {
  auditFacts,
  type JournaledAudit,
  type Known,
} from '../../packages/server/src/slices/judge/trust/model/auditing.ts'
import {
  defaultHalfLifeVerdicts,
  stateOfJournal,
  type TrustEntry,
  type TrustState,
} from '../../packages/server/src/slices/judge/trust/model/evidence.ts'
import { factOf, itemKeyOf } from '../../packages/server/src/slices/judge/trust/model/facts.ts'
import { defaultTrustModel, trustModel } from '../../packages/server/src/slices/judge/trust/model/trust-model.ts'

const subscriber = 'meta-agent.trust'
/** What says something of who is right; other engines go on telling what they made of it. */
const factTypes = ['qa_success', 'qa_failure', 'qa_warning', 'qa_label']
const settings = { halfLifeVerdicts: defaultHalfLifeVerdicts, model: trustModel(defaultTrustModel) }

interface Place {
  readonly xid: string
  readonly event_id: string
}

/** What a check of the stored trust found. */
export interface TrustCheck {
  readonly faults: readonly string[]
  readonly events: number
  readonly entries: number
  readonly snapshots: number
  /** Verdicts and labels that the engine has not been told of yet. */
  readonly behind: number
}

/**
 * A run without a crash, on the very events that were accepted: reads them in the order of the journal up to where the
 * engine's cursor stands, folds them by the model, and holds every stored row against it. Remembers what it has folded, so
 * that each event is read once in a process; a new process begins anew.
 */
export class TrustRecount {
  #known: Known = { verdicts: [], truths: [], benches: [], lastSeq: 0 }
  #at: Place = { xid: '0', event_id: '00000000-0000-0000-0000-000000000000' }
  #events = 0
  readonly #entries: TrustEntry[] = []

  async check(sql: OwnerSql, organizationId: string): Promise<TrustCheck> {
    const [cursor] = await sql.query<Place & { dead_letters: number }>(
      'select xid::text as xid, event_id::text as event_id, dead_letters from journal_cursors where subscriber = $1',
      [subscriber],
    )
    const faults: string[] = []
    if (cursor === undefined) return { faults, events: 0, entries: 0, snapshots: 0, behind: 0 }
    if (Number(cursor.dead_letters) > 0)
      faults.push(`${cursor.dead_letters} events became dead letters of ${subscriber}`)
    const fresh = await this.#fold(sql, organizationId, cursor)
    faults.push(...(await this.#journalFaults(sql, organizationId, fresh)))
    faults.push(...(await this.#rowFaults(sql, organizationId)))
    const snapshots = await this.#snapshotFaults(sql, organizationId, faults)
    const behind = await sql.query<{ n: number }>(
      `select count(*)::int as n from journal_events
       where organization_id = $1 and type = any($4::text[]) and (xid, event_id) > ($2::xid8, $3::uuid)`,
      [organizationId, this.#at.xid, this.#at.event_id, factTypes],
    )
    return { faults, events: this.#events, entries: this.#entries.length, snapshots, behind: behind[0]?.n ?? 0 }
  }

  /** Folds what the cursor has passed since the last check, in portions of another size than the engine's. */
  async #fold(sql: OwnerSql, organizationId: string, to: Place): Promise<readonly JournaledAudit[]> {
    const rows = await sql.query<Readonly<Record<string, unknown>>>(
      `select xid::text as xid_text, event_id::text as event_id, type, subject, actor, correlation_id, causation_id, payload
       from journal_events where organization_id = $1 and type like 'qa\\_%'
         and (xid, event_id) > ($2::xid8, $3::uuid) and (xid, event_id) <= ($4::xid8, $5::uuid)
       order by xid, event_id`,
      [organizationId, this.#at.xid, this.#at.event_id, to.xid, to.event_id],
    )
    const entries: JournaledAudit[] = []
    for (let from = 0; from < rows.length; from += 137) {
      const facts = rows.slice(from, from + 137).map((row) => factOf(eventOf(organizationId, row)))
      const audited = auditFacts(
        facts.filter((fact) => fact !== null),
        this.#known,
        settings,
      )
      entries.push(...audited.entries)
      this.#known = merged(this.#known, audited)
    }
    this.#events += rows.length
    this.#entries.push(...entries.map(({ entry }) => entry))
    this.#at = { xid: to.xid, event_id: to.event_id }
    return entries
  }

  async #journalFaults(sql: OwnerSql, organizationId: string, fresh: readonly JournaledAudit[]): Promise<string[]> {
    const before = this.#entries.length - fresh.length
    const rows = await sql.query<Record<string, unknown>>(
      `select seq::int as seq, judge, metric, subject_kind, subject_id, judgment_id::text, said, gold, is_correction, was,
         weight, half_life_verdicts, gold_from, gold_id::text, reliability, lower_bound, authority, effective_count,
         causation_id::text, correlation_id
       from trust_journal where organization_id = $1 and seq > $2 order by seq`,
      [organizationId, before],
    )
    return differences('entries of the journal', rows, fresh.map(entryRow))
  }

  async #rowFaults(sql: OwnerSql, organizationId: string): Promise<string[]> {
    const evidence = await sql.query<Record<string, unknown>>(
      `select judge, metric, judge_kind, given::int as given, standing, seq::int as seq, pass_said_pass, pass_said_fail,
         fail_said_pass, fail_said_fail, abstained, verdicts::int as verdicts, halvings
       from trust_evidence where organization_id = $1 order by judge collate "C", metric collate "C"`,
      [organizationId],
    )
    const verdicts = await sql.query<Record<string, unknown>>(
      `select subject_id, metric, judge, presented, judgment_id::text, said, is_gold, audited_halvings, audited_gold
       from trust_verdicts where organization_id = $1
       order by subject_id collate "C", metric collate "C", judge collate "C", presented collate "C"`,
      [organizationId],
    )
    const gold = await sql.query<Record<string, unknown>>(
      `select subject_id, metric, label_id::text, label_verdict, label_author, judged_id::text, judged_verdict, judged_author
       from trust_gold where organization_id = $1 order by subject_id collate "C", metric collate "C"`,
      [organizationId],
    )
    const { benches, verdicts: known, truths } = this.#known
    return [
      ...differences('judges', evidence, sorted(benches.map(benchRow), ['judge', 'metric'])),
      ...differences(
        'verdicts',
        verdicts,
        sorted(known.map(verdictRow), ['subject_id', 'metric', 'judge', 'presented']),
      ),
      ...differences('golds', gold, sorted(truths.map(truthRow), ['subject_id', 'metric'])),
    ]
  }

  /** Every kept snapshot is the state after its entry, and leads with the rest to the state now; how many there are. */
  async #snapshotFaults(sql: OwnerSql, organizationId: string, faults: string[]): Promise<number> {
    const now = JSON.stringify(stateOfJournal(this.#entries))
    const snapshots = await sql.query<{ seq: number; state: string }>(
      'select seq::int as seq, state from trust_snapshots where organization_id = $1 order by seq',
      [organizationId],
    )
    for (const { seq, state } of snapshots) {
      if (state !== JSON.stringify(stateOfJournal(this.#entries.slice(0, seq))))
        faults.push(`the snapshot after entry ${seq} is not the state after it`)
      if (JSON.stringify(stateOfJournal(this.#entries.slice(seq), JSON.parse(state) as TrustState)) !== now)
        faults.push(`the snapshot after entry ${seq} does not replay to the state now`)
    }
    return snapshots.length
  }
}

function merged(known: Known, audited: ReturnType<typeof auditFacts>): Known {
  const put = <T>(old: readonly T[], fresh: readonly T[], key: (one: T) => string) =>
    fresh.length === 0 ? old : [...new Map([...old, ...fresh].map((one) => [key(one), one])).values()]
  return {
    verdicts: put(known.verdicts, audited.verdicts, ({ item, judge, order }) =>
      JSON.stringify([itemKeyOf(item), judge, order]),
    ),
    truths: put(known.truths, audited.truths, ({ item }) => itemKeyOf(item)),
    benches: put(known.benches, audited.benches, ({ judge, metric }) => JSON.stringify([judge, metric])),
    lastSeq: audited.entries.at(-1)?.seq ?? known.lastSeq,
  }
}

function eventOf(organizationId: string, row: Readonly<Record<string, unknown>>): JournalEvent {
  return {
    eventId: String(row['event_id']),
    organizationId,
    type: String(row['type']),
    subject: String(row['subject']),
    actor: row['actor'] as JournalEvent['actor'],
    correlationId: String(row['correlation_id']),
    causationId: row['causation_id'] as string | null,
    payload: row['payload'] as JournalEvent['payload'],
    occurredAt: '',
  }
}

function entryRow({ seq, entry, verdict, goldFrom, goldId, cause, after }: JournaledAudit) {
  const isCorrection = 'was' in entry
  return {
    seq,
    judge: entry.judge,
    metric: entry.metric,
    subject_kind: verdict.item.subject.kind,
    subject_id: verdict.item.subject.id,
    judgment_id: verdict.judgmentId,
    said: entry.said,
    gold: entry.gold,
    is_correction: isCorrection,
    was: isCorrection ? entry.was : null,
    weight: isCorrection ? entry.weight : 1,
    half_life_verdicts: isCorrection ? null : entry.halfLifeVerdicts,
    gold_from: goldFrom,
    gold_id: goldId,
    reliability: after.reliability,
    lower_bound: after.lowerBound,
    authority: after.authority,
    effective_count: after.effectiveCount,
    causation_id: cause.eventId,
    correlation_id: cause.correlationId,
  }
}

function benchRow({ judge, metric, judgeKind, given, standing, seq, evidence }: Known['benches'][number]) {
  return {
    judge,
    metric,
    judge_kind: judgeKind,
    given,
    standing,
    seq,
    pass_said_pass: evidence?.confusion.passSaidPass ?? null,
    pass_said_fail: evidence?.confusion.passSaidFail ?? null,
    fail_said_pass: evidence?.confusion.failSaidPass ?? null,
    fail_said_fail: evidence?.confusion.failSaidFail ?? null,
    abstained: evidence?.confusion.abstained ?? null,
    verdicts: evidence?.verdicts ?? null,
    halvings: evidence?.halvings ?? null,
  }
}

function verdictRow({ item, judge, order, judgmentId, said, isGold, audit }: Known['verdicts'][number]) {
  return {
    subject_id: item.subject.id,
    metric: item.metric,
    judge,
    presented: order ?? '',
    judgment_id: judgmentId,
    said,
    is_gold: isGold,
    audited_halvings: audit?.halvings ?? null,
    audited_gold: audit?.gold ?? null,
  }
}

function truthRow({ item, label, judged }: Known['truths'][number]) {
  return {
    subject_id: item.subject.id,
    metric: item.metric,
    label_id: label?.labelId ?? null,
    label_verdict: label?.verdict ?? null,
    label_author: label?.author ?? null,
    judged_id: judged?.judgmentId ?? null,
    judged_verdict: judged?.verdict ?? null,
    judged_author: judged?.author ?? null,
  }
}

function sorted<Row extends object>(rows: readonly Row[], by: readonly (keyof Row)[]): readonly Row[] {
  return rows.toSorted((a, b) => {
    const column = by.find((name) => a[name] !== b[name])
    return column === undefined ? 0 : String(a[column]) < String(b[column]) ? -1 : 1
  })
}

/** Where stored rows are not the expected ones, to the last bit of every number; the first difference is told. */
function differences(what: string, stored: readonly object[], expected: readonly object[]): string[] {
  const at = expected.findIndex((row, index) => !isDeepStrictEqual({ ...stored[index] }, row))
  if (at < 0 && stored.length === expected.length) return []
  const first = at < 0 ? expected.length : at
  return [
    `${what}: ${stored.length} stored, ${expected.length} expected; at ${first} ${JSON.stringify(stored[first])} is stored, ` +
      `${JSON.stringify(expected[first])} expected`,
  ]
}
