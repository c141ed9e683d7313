import type {
  AssessedControl,
  AssessedEvidence,
  Because,
  ComplianceControl,
  ComplianceFramework,
  EvidenceRule,
} from '@metaagent/contract'
import { type AuditedEntry, isEvidence } from './conditions.ts'
import { formatPlaces, spread } from './places.ts'

/** Entries of one kind of evidence that stand in a pack with their proofs; all of them are counted and their places told. */
export const mostListed = 20

/** What was found, by control and kind of evidence: ascending places in the ledger. */
export type Evidence = ReadonlyMap<string, readonly number[]>

export function evidenceKey(controlId: string, ruleId: string): string {
  return `${controlId}/${ruleId}`
}

/** Gathers evidence entry by entry, so that a long period needs no more memory than its places. */
export class EvidenceCollector {
  readonly #rules: ReadonlyMap<string, readonly { readonly key: string; readonly rule: EvidenceRule }[]>
  readonly #found = new Map<string, number[]>()

  constructor(framework: ComplianceFramework) {
    const rules = framework.controls.flatMap(({ id, evidence }) =>
      evidence.flatMap((rule) => rule.types.map((type) => ({ type, key: evidenceKey(id, rule.id), rule }))),
    )
    this.#rules = Map.groupBy(rules, ({ type }) => type)
  }

  /** Every type that any control looks for. */
  get types(): readonly string[] {
    return [...this.#rules.keys()]
  }

  /** Entries come in the order of their places. */
  add(entry: AuditedEntry): void {
    for (const { key, rule } of this.#rules.get(entry.type) ?? [])
      if (isEvidence(rule, entry)) {
        const places = this.#found.get(key)
        if (places === undefined) this.#found.set(key, [entry.index])
        else places.push(entry.index)
      }
  }

  get evidence(): Evidence {
    return this.#found
  }
}

/**
 * What each control of a framework has come to. A control is covered when every kind of evidence that it needs was found
 * often enough, and a gap otherwise; one that software cannot show is `outside`, whatever was found.
 */
export function assess(framework: ComplianceFramework, evidence: Evidence): readonly AssessedControl[] {
  return framework.controls.map((control) => {
    const assessed = control.evidence.map((rule) => assessRule(control, rule, evidence))
    const { id, clause, title, asks, outside } = control
    return { id, clause, title, asks, outside, ...decide(assessed), evidence: assessed }
  })
}

function assessRule({ id }: ComplianceControl, rule: EvidenceRule, evidence: Evidence): AssessedEvidence {
  const places = evidence.get(evidenceKey(id, rule.id)) ?? []
  return { ...rule, count: places.length, places: formatPlaces(places), listed: [...spread(places, mostListed)] }
}

function decide(assessed: readonly AssessedEvidence[]): Pick<AssessedControl, 'state' | 'because'> {
  if (assessed.length === 0) {
    const text = 'Software cannot show this; it has to be shown otherwise.'
    return { state: 'outside', because: because('not-for-software', null, null, text) }
  }
  const missing = assessed.filter(({ count, atLeast }) => count < atLeast)
  const [first] = missing
  if (first !== undefined) {
    const text = `Not shown in this period: ${missing.map(({ shows }) => lower(shows)).join('; ')}`
    return { state: 'gap', because: because('evidence-missing', first.count, first.atLeast, text) }
  }
  const count = assessed.reduce((sum, one) => sum + one.count, 0)
  const needed = assessed.reduce((sum, one) => sum + one.atLeast, 0)
  const text = `${count} ${count === 1 ? 'entry shows' : 'entries show'} it.`
  return { state: 'covered', because: because('evidence-found', count, needed, text) }
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

function because(rule: string, observed: number | null, limit: number | null, text: string): Because {
  return { rule, observed, limit, text }
}

/** How many controls are in which state. */
export function countStates(controls: readonly Pick<AssessedControl, 'state'>[]) {
  const count = (state: AssessedControl['state']) => controls.filter((control) => control.state === state).length
  return { covered: count('covered'), gaps: count('gap'), outside: count('outside') }
}

/** The places that a pack proves: each once, in their order. */
export function listedPlaces(controls: readonly AssessedControl[]): readonly number[] {
  const places = controls.flatMap(({ evidence }) => evidence.flatMap(({ listed }) => listed))
  return [...new Set(places)].toSorted((a, b) => a - b)
}
