import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { compileRow } from './cost.ts'
import { contradict, type Override, overrideFor, type PriceScope, scopeText } from './overrides.ts'
import { pricesOfRow, rowOfPrices } from './price-sets.ts'

const day = (n: number) => instantFromEpochMs(Date.UTC(2026, 0, n))
const scope = (change: Partial<PriceScope>): PriceScope => ({
  provider: null,
  matchKind: 'equals',
  matchValue: 'gpt-4.1',
  effectiveFrom: null,
  effectiveTo: null,
  ...change,
})
const override = (revision: number, change: Partial<PriceScope> = {}): Override => ({
  ...scope(change),
  revision,
  row: compileRow({ input_mtok: 1 }),
})

test.each<[string, readonly Override[], number | null]>([
  ['none fits', [override(1, { matchValue: 'gpt-5' })], null],
  ['a named provider before any', [override(1, { provider: 'openai' }), override(2)], 1],
  ['another provider’s does not count', [override(1, { provider: 'azure' })], null],
  ['a whole name before a part', [override(1), override(2, { matchKind: 'starts_with', matchValue: 'gpt-4.1' })], 1],
  [
    'a longer part before a shorter one',
    [
      override(1, { matchKind: 'starts_with', matchValue: 'gpt-4' }),
      override(2, { matchKind: 'contains', matchValue: '4' }),
    ],
    1,
  ],
  ['then what was set last', [override(1), override(2, { matchValue: 'GPT-4.1' })], 2],
  ['its first instant is in the period', [override(1, { effectiveFrom: day(10) })], 1],
  ['its last is not', [override(1, { effectiveTo: day(10) })], null],
  [
    'of two periods the one in which the call began',
    [override(1, { effectiveTo: day(10) }), override(2, { effectiveFrom: day(10) })],
    2,
  ],
])('PR2: %s', (_, overrides, revision) => {
  expect(overrideFor(overrides, 'OpenAI', 'gpt-4.1', day(10))?.revision ?? null).toBe(revision)
})

test('PR2: a call that names no provider gets a price for all, and none that is for one', () => {
  expect(overrideFor([override(1, { provider: 'openai' })], null, 'gpt-4.1', day(1))).toBe(null)
  expect(overrideFor([override(1)], null, 'gpt-4.1', day(1))?.revision).toBe(1)
})

test.each<[Partial<PriceScope>, Partial<PriceScope>, boolean]>([
  [{}, {}, true],
  [{}, { matchValue: 'GPT-4.1' }, true],
  [{}, { provider: 'openai' }, false],
  [{ effectiveTo: day(2) }, { effectiveFrom: day(2) }, false],
  [{ effectiveTo: day(3) }, { effectiveFrom: day(2) }, true],
  [{ effectiveFrom: day(2), effectiveTo: day(3) }, { effectiveFrom: day(1), effectiveTo: day(9) }, true],
])('PR3: %o and %o contradict each other: %s', (a, b, expected) => {
  expect(contradict(scope(a), scope(b))).toBe(expected)
  expect(contradict(scope(b), scope(a))).toBe(expected)
})

test.each<[PriceScope['matchKind'], string]>([
  ['equals', '*/m'],
  ['starts_with', '*/m*'],
  ['ends_with', '*/*m'],
  ['contains', '*/*m*'],
])('a price for names that it %s is written %s', (matchKind, text) => {
  expect(scopeText(scope({ matchKind, matchValue: 'm' }))).toBe(text)
})

test.each([
  [{}, 'at least one price'],
  [{ cacheReadUsdPerMillion: '1' }, 'inputUsdPerMillion'],
  [{ inputUsdPerMillion: '1', reasoningUsdPerMillion: '1' }, 'outputUsdPerMillion'],
])('PR3: prices %o are refused: %s', (prices, says) => {
  expect(rowOfPrices(prices)).toMatchObject({ ok: false, refusal: { detail: expect.stringContaining(says) } })
})

test('PR1: prices keep their decimals on the way to the table’s keys and back', () => {
  const prices = { inputUsdPerMillion: '0.10', outputUsdPerMillion: '2.500', requestUsdPerThousand: '5' }
  const row = rowOfPrices(prices)
  expect(row.ok && pricesOfRow(row.value)).toEqual(prices)
})
