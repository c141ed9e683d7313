import type { ApprovalRule, Because, GovernanceRules, Impact } from '@metaagent/contract'

export type Outcome = ApprovalRule['outcome']

/** What an action needs before it may happen, and which row of the matrix says so. */
export interface Need {
  readonly outcome: Outcome
  /** Distinct people who must agree; 0 unless approval is required. */
  readonly approvers: number
  readonly approverRole: ApprovalRule['approverRole']
  readonly requireReview: boolean
  readonly because: Because
}

const strictness: Readonly<Record<Outcome, number>> = { allow: 0, allow_and_notify: 1, require_approval: 2 }

/** Where people notice. An environment that the rules don't know is taken for it. */
export const strictestEnvironment = 'production'

/**
 * What the rules ask for an action of this impact in this environment. Rows that name the environment decide; else the
 * rows without environments. An environment that no row of the impact names counts as production, too. Of several rows
 * the strictest counts in each respect. No row at all fails closed: two admins and a review.
 *
 * Rules are compiled when they are first asked and kept as long as they are in memory, so that an evaluation takes the same
 * time with 1 row and with 200 (`npm run bench -- policy`). They must not be changed in place.
 */
export function decideNeed(asked: {
  readonly rules: GovernanceRules
  readonly impact: Impact
  readonly environment: string
}): Need {
  let compiled = compiledRules.get(asked.rules)
  if (compiled === undefined) {
    compiled = compile(asked.rules)
    compiledRules.set(asked.rules, compiled)
  }
  const ofImpact = compiled.get(asked.impact)
  if (ofImpact === undefined) return closed(asked)
  const named = ofImpact.named.get(normal(asked.environment))
  if (named !== undefined) return needOf(named, 'environment-named-by-the-rules', asked)
  if (ofImpact.unnamed === null) return closed(asked)
  return needOf(ofImpact.unnamed, ofImpact.unnamedRule, asked)
}

/** What several rows ask together. */
type Combined = Pick<Need, 'outcome' | 'approvers' | 'approverRole' | 'requireReview'>

/** The rows of one impact, put together for every environment. */
interface CompiledImpact {
  readonly named: ReadonlyMap<string, Combined>
  /** For an environment that no row names; null: no row covers it. */
  readonly unnamed: Combined | null
  readonly unnamedRule: 'rule-for-every-environment' | 'unknown-environment-counts-as-production'
}

const compiledRules = new WeakMap<GovernanceRules, ReadonlyMap<Impact, CompiledImpact>>()

function compile({ approvalMatrix }: GovernanceRules): ReadonlyMap<Impact, CompiledImpact> {
  const byImpact = Map.groupBy(approvalMatrix, ({ impact }) => impact)
  return new Map([...byImpact].map(([impact, rows]) => [impact, compileImpact(rows)]))
}

function compileImpact(rows: readonly ApprovalRule[]): CompiledImpact {
  const naming = rows.flatMap((row) => [...new Set(row.environments?.map(normal))].map((name) => ({ name, row })))
  const byName = Map.groupBy(naming, ({ name }) => name)
  const named = new Map([...byName].map(([name, those]) => [name, strictest(those.map(({ row }) => row))]))
  const asProduction = (byName.get(strictestEnvironment) ?? []).map(({ row }) => row)
  const candidates = [...rows.filter((row) => row.environments === null), ...asProduction]
  return {
    named,
    unnamed: candidates.length === 0 ? null : strictest(candidates),
    unnamedRule: asProduction.length === 0 ? 'rule-for-every-environment' : 'unknown-environment-counts-as-production',
  }
}

function normal(environment: string): string {
  return environment.trim().toLowerCase()
}

function strictest(rows: readonly ApprovalRule[]): Combined {
  const outcome = rows.reduce<Outcome>(
    (worst, row) => (strictness[row.outcome] > strictness[worst] ? row.outcome : worst),
    'allow',
  )
  const deciding = rows.filter((row) => row.outcome === outcome)
  const required = outcome === 'require_approval'
  const approvers = required ? Math.max(1, ...deciding.map((row) => row.approvers)) : 0
  const approverRole = deciding.some((row) => row.approverRole === 'admin') ? 'admin' : 'developer'
  return { outcome, approvers, approverRole, requireReview: required && deciding.some((row) => row.requireReview) }
}

function needOf(combined: Combined, rule: string, asked: { impact: Impact; environment: string }): Need {
  const { outcome, approvers, approverRole, requireReview } = combined
  const because = {
    rule,
    observed: `${asked.impact} in ${asked.environment}`,
    limit: outcome,
    text: sentence(asked, outcome, approvers, approverRole, requireReview),
  }
  return { outcome, approvers, approverRole, requireReview, because }
}

function sentence(
  asked: { impact: Impact; environment: string },
  outcome: Outcome,
  approvers: number,
  role: string,
  review: boolean,
): string {
  const what = `${asked.impact} impact in ${asked.environment}`
  if (outcome === 'allow') return `${what} runs by itself.`
  if (outcome === 'allow_and_notify') return `${what} runs by itself and is told.`
  const people = approvers === 1 ? `one ${role}` : `${approvers} different people with the role ${role}`
  return `${what} needs the approval of ${people}${review ? ', each with a written review' : ''}.`
}

function closed(asked: { impact: Impact; environment: string }): Need {
  return {
    outcome: 'require_approval',
    approvers: 2,
    approverRole: 'admin',
    requireReview: true,
    because: {
      rule: 'no-rule-fails-closed',
      observed: `${asked.impact} in ${asked.environment}`,
      limit: null,
      text: `No rule covers ${asked.impact} impact in ${asked.environment}, so two admins and a review are needed.`,
    },
  }
}

/** Contradictions that the schema cannot see; each as a sentence. Empty: the rules may hold. */
export function faultsOf(rules: GovernanceRules): readonly string[] {
  return rules.approvalMatrix.flatMap((row, at) => {
    const faults: string[] = []
    if (row.outcome === 'require_approval' && row.approvers < 1)
      faults.push(`Row ${at + 1} requires approval by nobody: set approvers to 1 or more.`)
    if (row.outcome !== 'require_approval' && (row.approvers > 0 || row.requireReview))
      faults.push(`Row ${at + 1} names approvers or a review but does not require approval.`)
    if (row.environments?.length === 0)
      faults.push(`Row ${at + 1} has an empty list of environments: use null for all.`)
    return faults
  })
}
