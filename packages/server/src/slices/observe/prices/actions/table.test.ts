import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { costOfCall, type PricedCall } from '../model/call.ts'
import { findInTable, priceTable } from './table.ts'

const noTokens = {
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
}

function priceOf(call: PricedCall): { nanoUsd: number; provenance: string } | null {
  const found = call.model === null ? null : findInTable(call.provider, call.model, call.startedAt)
  const nanoUsd = found === null ? null : costOfCall(call, found.compiled)
  return found === null || nanoUsd === null ? null : { nanoUsd, provenance: found.provenance }
}

function call(provider: string | null, model: string, change: Partial<PricedCall> = {}): PricedCall {
  const startedAt = instantFromEpochMs(Date.UTC(2026, 0, 5))
  return {
    kind: 'llm',
    provider,
    model,
    startedAt,
    ...noTokens,
    inputTokens: 1_000,
    outputTokens: 100,
    ...change,
  }
}

const rowOf = (action: PricedCall) => {
  const cost = priceOf(action)
  return cost === null ? null : (JSON.parse(cost.provenance) as { row: string; alias: string | null; source: string })
}

test('PR1: a cost names the table, its version, the row and the spelling that matched', () => {
  const cost = priceOf(call('openai', 'gpt-4.1-2025-04-14'))
  expect(cost?.nanoUsd).toBe(2_800_000)
  expect(JSON.parse(cost?.provenance ?? '')).toEqual({
    ...priceTable,
    row: 'openai/gpt-4.1',
    alias: 'gpt-4.1-2025-04-14',
    source: 'computed',
  })
})

test('the version is that of the installed price table', () => {
  const installed = new URL('../../../../../../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)
  expect((JSON.parse(readFileSync(installed, 'utf8')) as { version: string }).version).toBe(priceTable.version)
})

test.each([
  ['anthropic', 'claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'],
  ['aws.bedrock', 'claude-opus-4-6', 'aws/regional.anthropic.claude-opus-4-6-v1:0'],
  ['gcp.vertex_ai', 'claude-sonnet-4-5', 'google/claude-sonnet-4-5'],
  ['azure.ai.openai', 'gpt-4.1', 'azure/gpt-4.1'],
  [null, 'gpt-4.1', 'openai/gpt-4.1'],
  ['some-framework', 'gpt-4.1', 'openai/gpt-4.1'],
  [null, 'anthropic/claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'],
  ['some-framework', 'openai/gpt-4.1', 'openai/gpt-4.1'],
])('PR1: %s %s is priced by %s', (provider, model, row) => {
  expect(rowOf(call(provider, model))?.row).toBe(row)
})

test.each([
  ['openai', 'ft:gpt-4.1-2025-04-14:sierra::abc'],
  ['openai', 'claude-sonnet-4-5'],
  [null, 'nobody-knows-this-model'],
])('PR1: the price of %s %s is unknown, and not 0', (provider, model) => {
  expect(priceOf(call(provider, model))).toBe(null)
  expect(priceOf(call(provider, model))).toBe(null)
})

test('PR1: a call without tokens has no cost, an embedding needs no output', () => {
  expect(priceOf(call('openai', 'gpt-4.1', noTokens))).toBe(null)
  expect(priceOf(call('openai', 'text-embedding-3-small', { kind: 'embedding', outputTokens: null }))?.nanoUsd).toBe(
    20_000,
  )
})

test('PR1: a price that changes at a date, or by the hour, is that of the call’s time', () => {
  const at = (provider: string, model: string, time: string) =>
    priceOf(call(provider, model, { startedAt: instantFromEpochMs(Date.parse(time)) }))?.nanoUsd
  // $1 / $6 until 29 July 2026, $0.20 / $1.20 from then on.
  const days = ['2026-07-29T23:59:59Z', '2026-07-30T00:00:00Z', '2026-07-29T00:00:00Z']
  expect(days.map((day) => at('openai', 'gpt-5.6-luna', day))).toEqual([1_600_000, 320_000, 1_600_000])
  // $0.27 / $1.10 from 00:30 to 16:30 UTC, half of it else.
  const hours = ['2026-01-05T00:29:59Z', '2026-01-05T00:30:00Z', '2026-01-05T16:30:00Z']
  expect(hours.map((hour) => at('deepseek', 'deepseek-chat', hour))).toEqual([190_000, 380_000, 190_000])
})
