import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { costOfCall, type PricedCall } from './call.ts'
import { compileRow, costOfUsage, type PriceRow, type UnitUsage } from './cost.ts'

const unknownCall: PricedCall = {
  kind: 'llm',
  provider: 'openai',
  model: 'm',
  startedAt: instantFromEpochMs(0),
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
}
const cost = (call: Partial<PricedCall>, row: PriceRow) => costOfCall({ ...unknownCall, ...call }, compileRow(row))

test.each<[string, Partial<PricedCall>, PriceRow, number | null]>([
  ['input and output', { inputTokens: 1_000, outputTokens: 100 }, { input_mtok: 2, output_mtok: 8 }, 2_800_000],
  ['prices as decimal texts', { inputTokens: 3, outputTokens: 0 }, { input_mtok: '0.35' }, 1_050],
  [
    'cached input is priced apart and not twice',
    { inputTokens: 1_000, outputTokens: 0, cacheReadTokens: 400, cacheWriteTokens: 100 },
    { input_mtok: 3, output_mtok: 15, cache_read_mtok: 0.3, cache_write_mtok: 3.75 },
    500 * 3_000 + 400 * 300 + 100 * 3_750,
  ],
  [
    'cached input without a price of its own is input',
    { inputTokens: 1_000, outputTokens: 0, cacheReadTokens: 400 },
    { input_mtok: 2 },
    2_000_000,
  ],
  [
    'cached tokens counted apart are added',
    { inputTokens: 10, outputTokens: 0, cacheReadTokens: 400 },
    { input_mtok: 3, output_mtok: 15, cache_read_mtok: 0.3 },
    10 * 3_000 + 400 * 300,
  ],
  ['reasoning is output', { inputTokens: 0, outputTokens: 100, reasoningTokens: 90 }, { output_mtok: 10 }, 1_000_000],
  [
    'reasoning with a price of its own',
    { inputTokens: 0, outputTokens: 100, reasoningTokens: 90 },
    { output_mtok: 10, output_reasoning_mtok: 3 },
    10 * 10_000 + 90 * 3_000,
  ],
  [
    'a tier is for the whole call',
    { inputTokens: 200_001, outputTokens: 1 },
    {
      input_mtok: { base: 3, tiers: [{ start: 200_000, price: 6 }] },
      output_mtok: { base: 15, tiers: [{ start: 200_000, price: 22.5 }] },
    },
    200_001 * 6_000 + 22_500,
  ],
  [
    'the edge of a tier is below it',
    { inputTokens: 200_000, outputTokens: 0 },
    { input_mtok: { base: 3, tiers: [{ start: 200_000, price: 6 }] } },
    600_000_000,
  ],
  ['a price by request', { inputTokens: 7, outputTokens: 0 }, { input_mtok: 1, requests_kcount: 5 }, 7_000 + 5_000_000],
  ['half a nano-dollar rounds to even, down', { inputTokens: 1, outputTokens: 0 }, { input_mtok: 0.0005 }, 0],
  ['half a nano-dollar rounds to even, up', { inputTokens: 3, outputTokens: 0 }, { input_mtok: 0.0005 }, 2],
  [
    'the sum is rounded, not its parts',
    { inputTokens: 1, outputTokens: 1 },
    { input_mtok: 0.0005, output_mtok: 0.0005 },
    1,
  ],
  ['an embedding has no output', { kind: 'embedding', inputTokens: 5 }, { input_mtok: 1 }, 5_000],
  ['what is free costs 0', { inputTokens: 5, outputTokens: 5 }, { input_mtok: 0, output_mtok: 0 }, 0],
  ['output without a price is unknown', { inputTokens: 5, outputTokens: 5 }, { input_mtok: 1 }, null],
  ['unknown output is unknown', { inputTokens: 5 }, { input_mtok: 1, output_mtok: 1 }, null],
  ['unknown input is unknown', { outputTokens: 5 }, { input_mtok: 1, output_mtok: 1 }, null],
  ['a price that cannot be read prices nothing', { inputTokens: 5, outputTokens: 0 }, { input_mtok: 'free' }, null],
  [
    'a priced part whose whole has no price prices nothing',
    { inputTokens: 5, outputTokens: 0 },
    { cache_read_mtok: 1 },
    null,
  ],
])('PR1: %s', (_, call, row, nano) => {
  expect(cost(call, row)).toBe(nano)
})

test.each<[string, UnitUsage, PriceRow, bigint | null]>([
  [
    'what two kinds have in common is taken out of both',
    { input_tokens: 100, input_audio_tokens: 60, cache_read_tokens: 50, cache_audio_read_tokens: 30 },
    { input_mtok: 1, input_audio_mtok: 10, cache_read_mtok: 0.1, cache_audio_read_mtok: 2 },
    // 20 plain, 30 fresh audio, 20 cached plain, 30 cached audio.
    BigInt(20 * 1_000 + 30 * 10_000 + 20 * 100 + 30 * 2_000),
  ],
  ['hours are 3,600 seconds', { audio_seconds: 100 }, { audio_hours: '0.36' }, 10_000_000n],
  ['parts of seconds count', { audio_seconds: 0.25 }, { audio_hours: 3.6 }, 250_000n],
  ['searches are by the thousand', { input_tokens: 0, web_searches: 3 }, { web_searches_kcount: 10 }, 30_000_000n],
  [
    'a part larger than its whole',
    { input_tokens: 1, cache_read_tokens: 2 },
    { input_mtok: 1, cache_read_mtok: 1 },
    null,
  ],
  ['a part without its whole', { cache_read_tokens: 2 }, { input_mtok: 1, cache_read_mtok: 1 }, null],
  [
    'two priced kinds without a price for both',
    { input_tokens: 1 },
    { input_mtok: 1, input_audio_mtok: 1, cache_read_mtok: 1 },
    null,
  ],
])('PR1: %s', (_, usage, row, nano) => {
  expect(costOfUsage(usage, compileRow(row))?.totalNanoUsd ?? null).toBe(nano)
})

test('PR1: the cost is the exact decimal product, however the price is written', () => {
  const price = fc.record({ digits: fc.nat({ max: 999_999 }), scale: fc.nat({ max: 6 }) })
  fc.assert(
    fc.property(fc.nat({ max: 2_000_000 }), fc.nat({ max: 2_000_000 }), price, price, (input, output, a, b) => {
      const row = { input_mtok: Number(`${a.digits}e-${a.scale}`), output_mtok: `${b.digits}e-${b.scale}` }
      const scaled =
        BigInt(input) * BigInt(a.digits) * 10n ** BigInt(6 - a.scale) +
        BigInt(output) * BigInt(b.digits) * 10n ** BigInt(6 - b.scale)
      // USD per million in millionths: nano-dollars in thousandths.
      const rest = scaled % 1_000n
      const down = scaled / 1_000n
      const exact = rest > 500n || (rest === 500n && down % 2n === 1n) ? down + 1n : down
      expect(cost({ inputTokens: input, outputTokens: output }, row)).toBe(Number(exact))
    }),
  )
})
