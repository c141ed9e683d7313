import { ok, type Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { withoutContents } from '../model/contents.ts'
import { collectStrings, type JsonString, replaceStrings } from '../model/json-strings.ts'
import type { MaskingPolicy } from '../model/policy.ts'
import { maySecret } from '../model/secrets.ts'
import { suspect } from '../model/suspects.ts'
import { isKnownClean } from './known-clean.ts'
import { replaceFound, type TokenSource } from './mask-texts.ts'
import { type PolicyOf, policiesFor } from './row-policies.ts'
import { policiesOf } from './settings-cache.ts'
import { tokensFor } from './tokens.ts'

/** What masking reads and changes of a row; JSON columns are texts as `JSON.stringify` writes them. */
export interface MaskableRow {
  readonly executionId: string
  readonly agent: string
  readonly input: string | null
  readonly output: string | null
  readonly attributes: string | null
  readonly errorMessage: string | null
  /** Values that were replaced. */
  readonly masked: number
}

/** Reports of executions and actions; whether a row names its agent itself is asked of both in their own words. */
export interface MaskableBatch<Execution, Action> {
  readonly executions: readonly Execution[]
  readonly actions: readonly Action[]
}

export interface MaskedBatch<Execution, Action> extends MaskableBatch<Execution, Action> {
  /** Inputs and outputs that were thrown away as the settings ask. */
  readonly withheld: number
}

/**
 * Makes a batch fit to be stored under the settings of its organization and agents: inputs and outputs that are switched
 * off are dropped and counted; secrets, personal data and finds of the organization's own rules are replaced in inputs,
 * outputs, attributes and error messages, and counted per row. Rows without any come back as they are. Refuses with
 * `store-unavailable` when settings or tokens cannot be read: nothing is stored unmasked.
 */
export async function maskTelemetry<
  Execution extends MaskableRow & { readonly namesAgent: boolean },
  Action extends MaskableRow & { readonly ownAgent: boolean },
>(
  deps: Deps,
  organizationId: string,
  batch: MaskableBatch<Execution, Action>,
): Promise<Result<MaskedBatch<Execution, Action>>> {
  const policies = await policiesOf(deps, organizationId)
  if (!policies.ok) return policies
  const policyOf = policiesFor(policies.value, batch)
  const executions = withhold(batch.executions, policyOf)
  const actions = withhold(batch.actions, policyOf)
  const tokenOf: TokenSource = (values) => tokensFor(deps, organizationId, values)
  const maskedExecutions = await maskRows(executions.rows, policyOf, tokenOf)
  if (!maskedExecutions.ok) return maskedExecutions
  const maskedActions = await maskRows(actions.rows, policyOf, tokenOf)
  if (!maskedActions.ok) return maskedActions
  return ok({
    executions: maskedExecutions.value,
    actions: maskedActions.value,
    withheld: executions.withheld + actions.withheld,
  })
}

function withhold<Row extends MaskableRow>(
  rows: readonly Row[],
  policyOf: PolicyOf,
): { readonly rows: readonly Row[]; readonly withheld: number } {
  if (policyOf.storesAll) return { rows, withheld: 0 }
  let withheld = 0
  const kept = rows.map((row) => {
    const { storeInputs, storeOutputs } = policyOf(row)
    if (storeInputs && storeOutputs) return row
    const dropped = { inputs: !storeInputs, outputs: !storeOutputs }
    withheld += dropped.inputs && row.input !== null ? 1 : 0
    withheld += dropped.outputs && row.output !== null ? 1 : 0
    const attributes = row.attributes === null ? null : withoutContents(JSON.parse(row.attributes), dropped)
    return {
      ...row,
      input: storeInputs ? row.input : null,
      output: storeOutputs ? row.output : null,
      attributes: attributes === null ? row.attributes : JSON.stringify(attributes),
    }
  })
  return { rows: kept, withheld }
}

/** Replaces what the rows' policies find. */
export async function maskRows<Row extends MaskableRow>(
  rows: readonly Row[],
  policyOf: PolicyOf,
  tokenSource: TokenSource,
): Promise<Result<readonly Row[]>> {
  const texts: JsonString[] = []
  const policies: MaskingPolicy[] = []
  const plans = new Map<Row, readonly FieldPlan[]>()
  for (const row of rows) {
    const plan = planOf(row, policyOf(row), texts)
    while (policies.length < texts.length) policies.push(policyOf(row))
    if (plan !== null) plans.set(row, plan)
  }
  if (plans.size === 0) return ok(rows)
  const masked = await replaceFound(texts, (index) => policies[index] ?? policyOf(undefined), tokenSource)
  if (!masked.ok) return masked
  return ok(rows.map((row) => applied(row, plans.get(row) ?? [], masked.value)))
}

const jsonFields = ['input', 'output', 'attributes'] as const

/** Whether a rule might find anything: a quick look that keeps clean texts, nearly all of them, from being parsed. */
function mayHold(text: string, { classes, rules }: MaskingPolicy, json: boolean): boolean {
  if (maySecret(text) || rules.length > 0) return true
  if (classes.size === 0) return false
  const { email, digits, ipv6 } = suspect(text, json, isKnownClean)
  return email || digits || ipv6
}

interface FieldPlan {
  readonly field: (typeof jsonFields)[number] | 'errorMessage'
  /** The JSON whose strings are searched; absent for the plain text. */
  readonly value?: unknown
  /** Where the field's strings stand among all texts. */
  readonly from: number
  readonly to: number
}

/** Takes the strings of those fields of a row that may hold something; null when none may. */
function planOf(row: MaskableRow, policy: MaskingPolicy, texts: JsonString[]): readonly FieldPlan[] | null {
  let plans: FieldPlan[] | null = null
  for (const field of jsonFields) {
    const json = row[field]
    if (json === null || !mayHold(json, policy, true)) continue
    const value: unknown = JSON.parse(json)
    const from = texts.length
    collectStrings(value, texts)
    plans ??= []
    plans.push({ field, value, from, to: texts.length })
  }
  const { errorMessage } = row
  if (errorMessage === null || !mayHold(errorMessage, policy, false)) return plans
  const to = texts.push({ text: errorMessage, field: null })
  return [...(plans ?? []), { field: 'errorMessage', from: to - 1, to }]
}

function applied<Row extends MaskableRow>(
  row: Row,
  plans: readonly FieldPlan[],
  masked: readonly { readonly text: string; readonly masked: number }[],
): Row {
  const changes: Partial<Record<FieldPlan['field'], string>> = {}
  let count = 0
  for (const { field, value, from, to } of plans) {
    const found = masked.slice(from, to)
    const values = found.reduce((sum, text) => sum + text.masked, 0)
    if (values === 0) continue
    count += values
    const strings = found.map(({ text }) => text)
    // The strings were storable before and are well-formed still, so plain JSON text is enough.
    changes[field] =
      field === 'errorMessage' ? (strings[0] ?? '') : JSON.stringify(replaceStrings(value, strings.values()))
  }
  return count === 0 ? row : { ...row, ...changes, masked: row.masked + count }
}
