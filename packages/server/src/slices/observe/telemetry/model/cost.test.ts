import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costNanoUsd, type PriceRow, usdToNano } from './cost.ts'
import { noTokens, type TokenCounts } from './rows.ts'

const tokens = (counts: Partial<TokenCounts>): TokenCounts => ({ ...noTokens, ...counts })

test.each<[string, Partial<TokenCounts>, PriceRow, number | null]>([
  ['input and output', { inputTokens: 1_000, outputTokens: 100 }, { input_mtok: 2, output_mtok: 8 }, 2_800_000],
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
  ['what is free costs 0', { inputTokens: 5, outputTokens: 5 }, { input_mtok: 0, output_mtok: 0 }, 0],
  ['output without a price is unknown', { inputTokens: 5, outputTokens: 5 }, { input_mtok: 1 }, null],
  ['unknown output is unknown', { inputTokens: 5 }, { input_mtok: 1, output_mtok: 1 }, null],
  ['unknown input is unknown', { outputTokens: 5 }, { input_mtok: 1, output_mtok: 1 }, null],
])('T9: %s', (_, counts, row, nano) => {
  expect(costNanoUsd(tokens(counts), row, false)).toBe(nano)
})

test('T9: calls that have no output, such as embeddings, are priced by their input', () => {
  expect(costNanoUsd(tokens({ inputTokens: 5 }), { input_mtok: 1 }, true)).toBe(5_000)
})

test('T9: the cost is the exact decimal product, however the price is written', () => {
  const price = fc.record({ digits: fc.nat({ max: 999_999 }), scale: fc.nat({ max: 6 }) })
  fc.assert(
    fc.property(fc.nat({ max: 2_000_000 }), fc.nat({ max: 2_000_000 }), price, price, (input, output, a, b) => {
      const row = { input_mtok: Number(`${a.digits}e-${a.scale}`), output_mtok: Number(`${b.digits}e-${b.scale}`) }
      const scaled =
        BigInt(input) * BigInt(a.digits) * 10n ** BigInt(6 - a.scale) +
        BigInt(output) * BigInt(b.digits) * 10n ** BigInt(6 - b.scale)
      // USD per million in millionths: nano-dollars in thousandths.
      const rest = scaled % 1_000n
      const down = scaled / 1_000n
      const exact = rest > 500n || (rest === 500n && down % 2n === 1n) ? down + 1n : down
      expect(costNanoUsd(tokens({ inputTokens: input, outputTokens: output }), row, false)).toBe(Number(exact))
    }),
  )
})

test.each([
  [1, 1_000_000_000],
  [0.1, 100_000_000],
  [0.003737412, 3_737_412],
  [0.00039827199999999997, 398_272],
  [1e-10, 0],
  [5e-10, 0],
  [1.5e-9, 2],
  [1e21, null],
])('T9: %d USD are %d nano-dollars', (usd, nano) => {
  expect(usdToNano(usd)).toBe(nano)
})
