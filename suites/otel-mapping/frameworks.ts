import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { instantFromEpochMs } from '../../packages/server/src/kernel/instant.ts'
import { findInTable } from '../../packages/server/src/slices/observe/prices/actions/table.ts'
import { costOfCall } from '../../packages/server/src/slices/observe/prices/model/call.ts'
import { mapSpan } from '../../packages/server/src/slices/observe/telemetry/model/otlp/map-span.ts'
import type { ActionRow } from '../../packages/server/src/slices/observe/telemetry/model/rows.ts'
import { type Fields, fieldsOf, listOf, now } from './inputs.ts'

const tolerance = 0.01

interface Outcome {
  readonly passed: number
  readonly failed: number
  readonly result: Readonly<Record<string, unknown>>
}

/**
 * Maps each observation of the framework traces from its own attributes and prices it. A call that the original priced
 * must cost the same within 1 %, or differ for a reason that accounts for the original's figure to the same 1 %.
 */
export function checkFrameworkTraces(folder: string): Outcome {
  if (!existsSync(folder)) return { passed: 0, failed: 0, result: { pricedCalls: 0 } }
  const counts = { alike: 0, explained: 0, unexplained: 0, mapped: 0 }
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.trace.json')) continue
    const trace = fieldsOf(JSON.parse(readFileSync(join(folder, file), 'utf8')))
    for (const [index, value] of listOf(trace['observations']).entries()) {
      const observation = fieldsOf(value)
      const action = actionOf(observation, index)
      counts.mapped += 1
      const theirs = costOf(observation)
      if (theirs === null) continue
      const verdict = compare(observation, action, theirs)
      counts[verdict.kind] += 1
      const name = `${file.replace('.trace.json', '')}: ${String(observation['name'])}`
      if (verdict.kind !== 'alike')
        console.log(`${verdict.kind === 'explained' ? 'priced otherwise' : 'FAIL'} ${name}: ${verdict.detail}`)
    }
  }
  console.log(
    `framework traces: ${counts.mapped} observations mapped; priced calls ${counts.alike} within 1 %, ${counts.explained} explained, ${counts.unexplained} not`,
  )
  return {
    passed: counts.alike + counts.explained,
    failed: counts.unexplained,
    result: {
      pricedCalls: counts.alike + counts.explained + counts.unexplained,
      pricedAlike: counts.alike,
      pricedExplained: counts.explained,
    },
  }
}

/** The observation as the span that it came from; what its SDK took out of the attributes goes back under its names. */
function actionOf(observation: Fields, index: number): ActionRow {
  const metadata = fieldsOf(observation['metadata'])
  const usage = fieldsOf(observation['usageDetails'])
  const recorded = fieldsOf(metadata['attributes'])
  const own = {
    'langfuse.observation.type': String(observation['type']).toLowerCase(),
    ...(observation['model'] == null ? {} : { 'langfuse.observation.model.name': String(observation['model']) }),
    ...(Object.keys(usage).length === 0 ? {} : { 'langfuse.observation.usage_details': JSON.stringify(usage) }),
  }
  const startedAt = instantFromEpochMs(Date.parse(String(observation['startTime'])))
  const endedAt = Date.parse(String(observation['endTime'] ?? observation['startTime']))
  const mapped = mapSpan(
    {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: (index + 1).toString(16).padStart(16, '0'),
      parentSpanId: '',
      parentIsRemote: null,
      name: String(observation['name'] ?? ''),
      startedAt,
      endedAt: instantFromEpochMs(Math.max(startedAt, endedAt)),
      attributes: JSON.parse(JSON.stringify({ ...recorded, ...own })),
      events: [],
      status: 'unset',
      statusMessage: '',
      resource: {},
      scope: '',
    },
    now,
  )
  if (mapped.fault !== null) throw new Error(`${String(observation['name'])}: ${mapped.fault}`)
  return mapped.action
}

/** What the original says that the call cost, in USD; null where it does not say. */
function costOf(observation: Fields): number | null {
  const total = fieldsOf(observation['costDetails'])['total']
  return typeof total === 'number' && total > 0 ? total : null
}

interface Verdict {
  readonly kind: 'alike' | 'explained' | 'unexplained'
  readonly detail: string
}

function compare(observation: Fields, action: ActionRow, theirs: number): Verdict {
  const ours = usdOf(action)
  if (ours !== null && near(ours, theirs)) return { kind: 'alike', detail: '' }
  const reasons = [withoutOutput, otherTokens, otherUnitPrices]
  for (const reason of reasons) {
    const detail = reason(observation, action, theirs)
    if (detail !== null) return { kind: 'explained', detail: `${usd(theirs)} there, ${usd(ours)} here: ${detail}` }
  }
  return { kind: 'unexplained', detail: `${usd(theirs)} there, ${usd(ours)} here` }
}

const near = (a: number, b: number) => Math.abs(a - b) <= tolerance * Math.max(a, b)
const usd = (value: number | null) => (value === null ? 'unknown' : `$${value.toPrecision(6)}`)

/** What the price table makes of a call, in USD, and the row that it took. */
function priceOf(action: ActionRow): { readonly usd: number; readonly row: string } | null {
  const found = action.model === null ? null : findInTable(action.provider, action.model, action.startedAt)
  if (found === null) return null
  const nanoUsd = costOfCall(action, found.compiled)
  return nanoUsd === null ? null : { usd: nanoUsd / 1e9, row: String(fieldsOf(JSON.parse(found.provenance))['row']) }
}

const usdOf = (action: ActionRow): number | null => priceOf(action)?.usd ?? null

/** The output was not counted: the original prices the input alone, here half a price is unknown. */
function withoutOutput(_: Fields, action: ActionRow, theirs: number): string | null {
  if (action.inputTokens === null || action.outputTokens !== null) return null
  const alone = usdOf({ ...action, outputTokens: 0 })
  return alone !== null && near(alone, theirs)
    ? 'the output tokens are unknown; the original prices the input alone, which costs the same here'
    : null
}

/** The same price per token on other tokens: the span says other tokens than the original's record. */
function otherTokens(observation: Fields, action: ActionRow, theirs: number): string | null {
  const { input, output } = fieldsOf(observation['usageDetails'])
  if (typeof input !== 'number' || typeof output !== 'number') return null
  if (input === action.inputTokens && output === action.outputTokens) return null
  const recounted = usdOf({ ...action, inputTokens: input, outputTokens: output })
  return recounted !== null && near(recounted, theirs)
    ? `the span counts ${action.inputTokens} and ${action.outputTokens} tokens, the original ${input} and ${output}`
    : null
}

/** The same tokens at other prices: the original's own unit prices, read off its costs, account for its total. */
function otherUnitPrices(observation: Fields, action: ActionRow, theirs: number): string | null {
  const costs = fieldsOf(observation['costDetails'])
  const usage = fieldsOf(observation['usageDetails'])
  const [input, output] = [usage['input'], usage['output']]
  if (typeof costs['input'] !== 'number' || typeof costs['output'] !== 'number') return null
  if (typeof input !== 'number' || typeof output !== 'number' || input === 0 || output === 0) return null
  const unit = { input: perMillion(costs['input'], input), output: perMillion(costs['output'], output) }
  const isPriceList = near(round(unit.input), unit.input) && near(round(unit.output), unit.output)
  if (!isPriceList || !near((round(unit.input) * input + round(unit.output) * output) / 1e6, theirs)) return null
  const row = priceOf(action)
  const named = row === null ? 'the price table does not know the model' : `the price table's row ${row.row} has others`
  return `the original takes ${action.model} at $${round(unit.input)} and $${round(unit.output)} per million tokens; ${named}`
}

const perMillion = (cost: number, tokens: number) => (cost / tokens) * 1e6
/** Price lists have prices of a few digits. */
const round = (value: number) => Number(value.toPrecision(3))
