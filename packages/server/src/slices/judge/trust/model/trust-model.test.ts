import { describe, expect, test } from 'vitest'
import { costPerCorrectVerdict } from './cost.ts'
import { panelFigures } from './panel-figures.ts'
import { decideCompaction } from './snapshot.ts'
import { decideStanding, standingAfter } from './standing.ts'
import { noFigures, trustModel, trustModelNames } from './trust-model.ts'

const counts = (passSaidPass: number, passSaidFail: number, failSaidPass: number, failSaidFail: number) => {
  return { passSaidPass, passSaidFail, failSaidPass, failSaidFail, abstained: 3 }
}

describe('models of trust', () => {
  test.each(trustModelNames)('TR5: %s knows nothing of a judge that nothing was audited of', (name) => {
    expect(trustModel(name).figuresOf(counts(0, 0, 0, 0))).toEqual(noFigures)
    expect(trustModel(name).figuresOf(counts(1e-16, 0, 0, 0))).toEqual(noFigures)
    expect(trustModel(name).name).toBe(name)
  })

  test('TR5: a judge that calls everything a pass has no authority by its confusion, however often passes are right', () => {
    const lenient = counts(900, 0, 100, 0)
    expect(trustModel('confusion').figuresOf(lenient).authority).toBe(0)
    expect(trustModel('accuracy').figuresOf(lenient).authority).toBeGreaterThan(0.75)
    expect(trustModel('mean').figuresOf(lenient).authority).toBeCloseTo(2 * (901 / 1002) - 1, 12)
  })

  test('the margin lies below, and is gone in the mean alone', () => {
    const few = counts(4, 0, 0, 4)
    const [confusion, accuracy, mean] = (['confusion', 'accuracy', 'mean'] as const).map((name) =>
      trustModel(name).figuresOf(few),
    )
    expect(confusion?.reliability).toBeCloseTo(5 / 6, 12)
    expect(confusion?.lowerBound).toBeLessThan(accuracy?.lowerBound ?? 0)
    expect(mean?.lowerBound).toBe(mean?.reliability)
    expect(confusion?.effectiveCount).toBe(8)
  })
})

const figures = (authority: number) => ({ ...noFigures, reliability: 0.7, lowerBound: (authority + 1) / 2, authority })

test.each([
  ['unproven', 0, 'none', 'unproven'],
  ['unproven', 0.1, 'earned', 'trusted'],
  ['trusted', 0.1, 'none', 'trusted'],
  ['trusted', 0, 'suspended', 'suspended'],
  ['suspended', 0, 'none', 'suspended'],
  ['suspended', 0.1, 'restored', 'trusted'],
] as const)('TR13: %s with authority %d: %s, then %s', (standing, authority, kind, then) => {
  const change = decideStanding(standing, figures(authority))
  expect(change.kind).toBe(kind)
  expect(standingAfter(standing, change)).toBe(then)
  if ('because' in change) expect(change.because).toMatchObject({ observed: (authority + 1) / 2, limit: 0.5 })
})

test('a suspension of a judge of whom nothing is known any more says so', () => {
  const change = decideStanding('trusted', noFigures)
  expect(change).toMatchObject({ kind: 'suspended', because: { observed: null } })
  expect('because' in change && change.because.text).toContain('unknown')
})

test.each([
  [999, 0, 'wait'],
  [1_000, 0, 'compact'],
  [1_999, 1_000, 'wait'],
  [2_000, 1_000, 'compact'],
] as const)('TR14: at entry %d with a snapshot at %d: %s', (lastSeq, snapshotSeq, kind) => {
  expect(decideCompaction({ lastSeq, snapshotSeq, snapshotEvery: 1_000 }).kind).toBe(kind)
})

test.each([
  [1_000, 10, 0.5, 200],
  [null, 10, 0.5, null],
  [1_000, 0, 0.5, null],
  [1_000, 10, null, null],
  [1_000, 10, 0, null],
  [0, 10, 0.5, 0],
])(
  'a judge that spent %s on %s verdicts with reliability %s costs %s per correct one',
  (spent, given, reliability, cost) => {
    expect(costPerCorrectVerdict(spent, given, reliability)).toBe(cost)
  },
)

test('TR7: nothing is told of a metric that nothing is known of', () => {
  expect(panelFigures([])).toEqual({
    items: 0,
    auditedItems: 0,
    judges: 0,
    auditedVerdicts: 0,
    accuracy: null,
    independence: null,
    pairs: [],
    orderEffects: [],
  })
})
