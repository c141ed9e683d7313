import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import { toJsonText } from '../model/json-text.ts'
import {
  collectStrings,
  joinTexts,
  maskRanges,
  maySecret,
  ownSecrets,
  replaceStrings,
  type SecretRange,
  splitRanges,
} from '../model/masking.ts'
import type { ActionRow, ExecutionRow, JsonText } from '../model/rows.ts'

// Each call would leave 62 performance marks behind for ever.
secretLintProfiler.setEnabled(false)

const presetId = '@secretlint/secretlint-rule-preset-recommend'
const config = { rules: [{ id: presetId, rule: creator, options: {} }] }

/** What secretlint's recommended preset finds in one text. */
async function presetSecrets(text: string): Promise<readonly SecretRange[]> {
  const { messages } = await lintSource({
    source: { filePath: 'telemetry.txt', content: text, ext: '.txt', contentType: 'text' },
    options: { noPhysicFilePath: true, config },
  })
  return messages.map(({ range, ruleId }) => ({
    start: range[0],
    end: range[1],
    rule: ruleId.replace('@secretlint/secretlint-rule-', ''),
  }))
}

/** Masks texts, all in one call of the scanner: its cost is per call. */
export async function maskTexts(
  texts: readonly string[],
): Promise<readonly { readonly text: string; readonly masked: number }[]> {
  const joined = joinTexts(texts)
  const preset = splitRanges(texts, joined.starts, await presetSecrets(joined.text))
  return texts.map((text, index) => maskRanges(text, [...ownSecrets(text), ...(preset[index] ?? [])]))
}

type MaskedRow = Pick<ExecutionRow, 'input' | 'output' | 'attributes' | 'errorMessage' | 'masked'>

/**
 * Replaces secrets in inputs, outputs, attributes and error messages by `[masked:<rule>]` and counts them per row. Rows
 * without a trace of one come back as they are.
 */
export async function maskRows<Row extends ExecutionRow | ActionRow>(rows: readonly Row[]): Promise<readonly Row[]> {
  const suspects = rows.filter(mayHoldSecret)
  if (suspects.length === 0) return rows
  const texts: string[] = []
  const plans = suspects.map((row) => planOf(row, texts))
  const masked = await maskTexts(texts)
  const replaced = new Map(suspects.map((row, index) => [row, applied(row, plans[index] ?? [], masked)]))
  return rows.map((row) => replaced.get(row) ?? row)
}

function mayHoldSecret(row: MaskedRow): boolean {
  return (
    (row.input !== null && maySecret(row.input)) ||
    (row.output !== null && maySecret(row.output)) ||
    (row.attributes !== null && maySecret(row.attributes)) ||
    (row.errorMessage !== null && maySecret(row.errorMessage))
  )
}

const jsonFields = ['input', 'output', 'attributes'] as const

interface FieldPlan {
  readonly field: (typeof jsonFields)[number] | 'errorMessage'
  /** The JSON whose strings are searched; absent for the plain text. */
  readonly value?: unknown
  /** Where the field's strings stand among all texts. */
  readonly from: number
  readonly to: number
}

function planOf(row: MaskedRow, texts: string[]): readonly FieldPlan[] {
  const plans: FieldPlan[] = []
  for (const field of jsonFields) {
    const json: JsonText | null = row[field]
    if (json === null) continue
    const value: unknown = JSON.parse(json)
    const from = texts.length
    collectStrings(value, texts)
    plans.push({ field, value, from, to: texts.length })
  }
  if (row.errorMessage !== null)
    plans.push({ field: 'errorMessage', from: texts.push(row.errorMessage) - 1, to: texts.length })
  return plans
}

function applied<Row extends MaskedRow>(
  row: Row,
  plans: readonly FieldPlan[],
  masked: readonly { readonly text: string; readonly masked: number }[],
): Row {
  const changes: Partial<Record<FieldPlan['field'], string>> = {}
  let count = 0
  for (const { field, value, from, to } of plans) {
    const found = masked.slice(from, to)
    const secrets = found.reduce((sum, text) => sum + text.masked, 0)
    if (secrets === 0) continue
    count += secrets
    const strings = found.map(({ text }) => text)
    changes[field] = field === 'errorMessage' ? (strings[0] ?? '') : toJsonText(replaceStrings(value, strings.values()))
  }
  return count === 0 ? row : { ...row, ...changes, masked: row.masked + count }
}
