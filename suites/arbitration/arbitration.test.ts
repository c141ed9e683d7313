import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { figuresOf } from '../../packages/server/src/slices/judge/arbitration/model/figures.ts'
import { panelOf } from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'
import { seededRandom } from '../../packages/server/src/testkit/seeded-random.ts'
import { run } from '../arbitration.ts'
import { bestSingleJudge, crossValidate } from './cross-validation.ts'
import { bestWorker, crowdOf, judgeWithGold, judgeWithoutGold, panelOfCrowd, plainAccuracy } from './crowd.ts'
import { type CrowdShape, crowdSample } from './crowd-sample.ts'
import { noPrior, statedPrior } from './plain-dawid-skene.ts'
import { readVerdicts } from './verdicts.ts'

const shapes: readonly (readonly [string, CrowdShape])[] = [
  [
    'few answers of many workers, a rare class',
    { items: 1500, workers: 120, answersPerItem: 3, classes: 2, firstShare: 0.85, skill: [0.6, 1], bias: 0.3 },
  ],
  [
    'everybody answers everything',
    { items: 120, workers: 39, answersPerItem: 39, classes: 2, firstShare: 0.55, skill: [0.5, 0.8], bias: 0.5 },
  ],
  [
    'four classes',
    { items: 800, workers: 100, answersPerItem: 10, classes: 4, firstShare: 0.3, skill: [0.3, 0.9], bias: 0.3 },
  ],
]

describe.each(shapes)('a crowd: %s', (_, shape) => {
  const crowd = crowdSample(shape, 1)
  const panel = panelOfCrowd(crowd)
  const accuracyOf = (judged: ReturnType<typeof judgeWithoutGold>['judged']) => figuresOf(judged).accuracy ?? 0

  test('full Dawid–Skene comes within .005 of the plain reference, and beats the majority', () => {
    const ours = accuracyOf(judgeWithoutGold(panel, 'dawid-skene', 1).judged)
    expect(Math.abs(ours - plainAccuracy(crowd, statedPrior))).toBeLessThanOrEqual(0.005)
    expect(ours).toBeGreaterThanOrEqual(plainAccuracy(crowd, noPrior) - 0.005)
    expect(ours).toBeGreaterThan(accuracyOf(judgeWithoutGold(panel, 'majority', 1).judged))
  })

  test('with 20 gold items auto is not below the majority, and never tested on the gold that it saw', () => {
    const drawn = judgeWithGold(panel, 'auto', 20, 3)
    expect(drawn?.judged).toHaveLength(shape.items - 20)
    const majority = judgeWithGold(panel, 'majority', 20, 3)
    expect(accuracyOf(drawn?.judged ?? [])).toBeGreaterThanOrEqual(accuracyOf(majority?.judged ?? []))
    expect(judgeWithGold(panel, 'audited', shape.items, 3)).toBeNull()
  })
})

test('25,000 answers are judged by Dawid–Skene in under 2 s', () => {
  const [, sparse] = shapes[0] ?? expect.fail('no shape')
  const panel = panelOfCrowd(crowdSample({ ...sparse, items: 8_334 }, 2))
  expect(judgeWithoutGold(panel, 'dawid-skene', 1).seconds).toBeLessThan(2)
})

test('a worker is a rival only with answers to half of the items', () => {
  const [[, sparse], [, dense]] = [shapes[0] ?? expect.fail(), shapes[1] ?? expect.fail()]
  expect(bestWorker(panelOfCrowd(crowdSample(sparse, 1)))).toBeNull()
  expect(bestWorker(panelOfCrowd(crowdSample(dense, 1)))?.length).toBe(120)
})

test('the same seed makes the same crowd, and columns that are missing are named', () => {
  const [, shape] = shapes[0] ?? expect.fail('no shape')
  expect(crowdSample(shape, 5)).toEqual(crowdSample(shape, 5))
  expect(crowdSample(shape, 6)).not.toEqual(crowdSample(shape, 5))
  expect(() => crowdOf('a,b\n1,2\n', 'question,truth\n1,2\n')).toThrow('question,worker,answer')
})

/** Three judges: one good in domain a, one in b, one that says pass to nearly everything. */
function verdictsCsv(runs: number): string {
  const random = seededRandom(9)
  const words = { pass: ['pass', 'satisfied', 'compliant'], fail: ['fail', 'unsatisfactory', 'failure'] }
  const rows = Array.from({ length: runs }, (_, at) => {
    const domain = at % 2 === 0 ? 'a' : 'b'
    const gold = random.unit() < 0.4
    const says = (accuracy: number) => (random.unit() < accuracy ? gold : !gold)
    const first = says(domain === 'a' ? 0.9 : 0.55)
    const second = says(domain === 'b' ? 0.9 : 0.55)
    const third = random.unit() < 0.9
    return Object.entries({ first, second, third }).map(([judge, pass]) => {
      const word = words[pass ? 'pass' : 'fail'][Math.floor(random.unit() * 3)]
      return `${domain},run ${at},${judge},${word},${gold ? 1 : 0},${1000 + at},${pass ? 0 : 2}`
    })
  }).flat()
  return ['domain,simulation_id,judge,verdict,gold,prompt_tokens,n_issues', ...rows].join('\n')
}

describe('verdicts', () => {
  test('auto is above the best single judge where judges differ by domain; every run is tested exactly once', () => {
    const panel = panelOf(readVerdicts(verdictsCsv(160)).items)
    const { judged } = crossValidate(panel, ['auto', 'majority'], 1)
    const auto = figuresOf(judged.get('auto') ?? [])
    const best = bestSingleJudge(panel, 1)
    expect(judged.get('auto')).toHaveLength(160)
    expect(['first', 'second']).toContain(best.name)
    expect(auto.accuracy).toBeGreaterThan(figuresOf(best.judged).accuracy ?? 1)
    expect(auto.balancedAccuracy).toBeGreaterThan(figuresOf(best.judged).balancedAccuracy ?? 1)
  })

  test('the length of a run is a witness without a verdict, and no rival as a judge', () => {
    const [item] = readVerdicts(verdictsCsv(1)).items
    expect(item?.votes.at(-1)).toMatchObject({ verdict: 'abstain', score: Math.log(1000) })
    expect(item?.votes.map(({ judge }) => judge)).toEqual(['first', 'second', 'third', 'trace length'])
  })

  test('an unlisted word is refused with its row and never guessed; two golds of one run end it', () => {
    const header = 'domain,simulation_id,judge,verdict,gold,prompt_tokens,n_issues\n'
    const { items, refusedWords } = readVerdicts(`${header}a,1,j,mostly satisfied,1,,0\na,1,k,pass,1,,0\n`)
    expect(refusedWords).toEqual(['mostly satisfied'])
    expect(items).toMatchObject([{ votes: [{ judge: 'k', verdict: 'pass' }] }])
    expect(items[0]?.votes).toHaveLength(1)
    expect(() => readVerdicts(`${header}a,1,j,pass,1,10,0\na,1,k,pass,0,10,0\n`)).toThrow('gold is not one 0 or 1')
  })

  test('the same prompt on several models is several judges', () => {
    const csv = 'domain,simulation_id,judge,model,verdict,gold\na,1,j,x,pass,1\na,1,j,y,fail,1\n'
    expect(readVerdicts(csv).items[0]?.votes.map(({ judge }) => judge)).toEqual(['j on x', 'j on y'])
  })
})

test('the suite names its figures, and says where data is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'arbitration-'))
  try {
    expect(await run({ dataDir: folder, args: [] })).toEqual({ passed: 0, failed: 0, result: {} })
    writeFileSync(join(folder, 'verdicts.csv'), verdictsCsv(40))
    const { result } = await run({ dataDir: folder, args: [] })
    const figures = { accuracy: expect.any(Number), balancedAccuracy: expect.any(Number) }
    for (const name of ['bestSingle', 'majority', 'dawidSkene', 'trustPriority', 'audited', 'auto'])
      expect(result[name]).toMatchObject({ ...figures, ece: expect.any(Number), coverageAt90: expect.any(Number) })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
