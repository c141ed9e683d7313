import { calcPrice, findProvider, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileRow, costOfUsage, type UnitUsage } from './cost.ts'
import { extractUsage } from './extract-usage.ts'
import { modelOf, type PriceTable, pricesAt, providerByName, type TableModel } from './price-table.ts'

const table = (await waitForUpdate()) as unknown as PriceTable
const models = table.flatMap((provider) => provider.models.map((model) => ({ provider, model })))

test('PR5: over the whole table each model and each mix of tokens costs what the table’s own library says', () => {
  expect(models.length).toBeGreaterThan(1_000)
  const count = fc.nat({ max: 300_000 })
  const usages = fc.record({ read: count, written: count, fresh: count, output: count, reasoning: count })
  const at = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2026, 11, 31) })
  fc.assert(
    fc.property(fc.nat({ max: models.length - 1 }), usages, at, (index, mix, atMs) => {
      const { provider, model } = models[index] ?? {}
      if (provider === undefined || model === undefined) throw new Error('the index is in the table')
      const usage = usageOf(mix)
      const ours = costOfUsage(usage, compileRow(pricesAt(model, atMs)))
      const theirs = theirCost(provider.id, model, usage, atMs)
      if (ours === null || theirs === null) expect(ours).toBe(theirs)
      // Theirs adds binary fractions: the same to a nano-dollar and a part in 10^12.
      else expect(Math.abs(Number(ours.totalNanoUsd) - theirs * 1e9)).toBeLessThan(1 + theirs * 1e-3)
    }),
    { numRuns: 3_000 },
  )
})

function usageOf(mix: Readonly<Record<'read' | 'written' | 'fresh' | 'output' | 'reasoning', number>>): UnitUsage {
  return {
    input_tokens: mix.read + mix.written + mix.fresh,
    cache_read_tokens: mix.read,
    cache_write_tokens: mix.written,
    output_tokens: mix.output + mix.reasoning,
    output_reasoning_tokens: mix.reasoning,
  }
}

function theirCost(providerId: string, model: TableModel, usage: UnitUsage, atMs: number): number | null {
  const provider = findProvider({ providerId })
  if (provider === undefined) throw new Error(`${providerId} is in the table`)
  const only = { ...provider, models: provider.models.filter(({ id }) => id === model.id) }
  const name = nameOf(model)
  try {
    return calcPrice({ ...usage }, name, { provider: only, timestamp: new Date(atMs) })?.total_price ?? null
  } catch {
    return null
  }
}

/** A name that the model's rule matches, as far as one can be read off it. */
function nameOf({ id, match }: TableModel): string {
  const text = JSON.stringify(match)
  return /"(?:equals|starts_with|ends_with|contains)":"([^"]+)"/.exec(text)?.[1] ?? id
}

test.each([
  ['claude-sonnet-4-5-20250929', 'anthropic', 'claude-sonnet-4-5'],
  ['GPT-4.1 ', 'openai', 'gpt-4.1'],
  ['claude-sonnet-4-5', 'google', 'claude-sonnet-4-5'],
])('PR5: %s of %s is the row %s', (name, provider, row) => {
  const found = providerByName(table, provider)
  expect(found === undefined ? undefined : modelOf(table, found, name)?.id).toBe(row)
})

test('PR4: of dated prices the last that has begun counts, and between two times of a day the one for them', () => {
  const dated: TableModel = {
    id: 'm',
    match: { equals: 'm' },
    prices: [
      { prices: { input_mtok: 1 } },
      { constraint: { start_date: '2026-03-01' }, prices: { input_mtok: 2 } },
      { constraint: { start_time: '22:00:00Z', end_time: '02:00:00Z' }, prices: { input_mtok: 3 } },
      { constraint: { start_time: '08:00:00+02:00', end_time: '10:00:00+02:00' }, prices: { input_mtok: 4 } },
    ],
  }
  const at = (time: string) => pricesAt(dated, Date.parse(time))['input_mtok']
  expect(at('2026-02-28T12:00:00Z')).toBe(1)
  expect(at('2026-03-01T12:00:00Z')).toBe(2)
  expect([at('2026-03-01T22:00:00Z'), at('2026-03-02T01:59:59Z'), at('2026-03-02T02:00:00Z')]).toEqual([3, 3, 2])
  expect([at('2026-03-02T05:59:59Z'), at('2026-03-02T06:00:00Z'), at('2026-03-02T08:00:00Z')]).toEqual([2, 4, 2])
})

test('PR5: a reply’s usage is read by the table’s paths: added where two lead to one, refused where one is missing', () => {
  const extractor = {
    api_flavor: 'default',
    root: ['response', 'usage'],
    model_path: 'model',
    mappings: [
      { path: 'fresh', dest: 'input_tokens', required: true },
      { path: 'cached', dest: 'input_tokens', required: false },
      {
        path: ['details', { field: 'kind', match: { equals: 'AUDIO' } }, 'count'],
        dest: 'input_audio_tokens',
        required: false,
      },
      { path: 'new_thing', dest: 'nobody_knows_tokens', required: false },
    ],
  }
  const details = [
    { kind: 'TEXT', count: 1 },
    { kind: 'AUDIO', count: 4 },
  ]
  const reply = (usage: unknown) => ({ model: 'm', response: { usage } })
  expect(extractUsage(extractor, reply({ fresh: 2, cached: 3, details, new_thing: 9 }))).toEqual({
    model: 'm',
    usage: { input_tokens: 5, input_audio_tokens: 4 },
  })
  for (const bad of [{ cached: 3 }, { fresh: '2' }, { fresh: -1 }, [], null])
    expect(extractUsage(extractor, reply(bad))).toBe(null)
})
