import { DriftMethodChoice as Choice, type DriftMethodChoice, type DriftRule, DriftSettings } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { alarmFacts, isFact, isGraver } from './alarm.ts'
import { changesOf, pointsMax } from './dating.ts'
import { type RatesState, ratesDefaults, ratesStart, ratesStep, withoutEvidence } from './rates.ts'
import { defaultRules, fitsPattern, methodOf, settingsFault } from './settings.ts'
import { learningAnew, type SeenRow, type StreamState, startOf, withRow, withTimeGone } from './stream.ts'
import { backBecause, becauseOf, broadcastAmong, directionOf, recommendationsFor, severityOf } from './telling.ts'
import { limitsOf, type WatchStep, watchOf } from './watch.ts'

const tickMs = 300_000
const limits = { falseAlarmMs: 30 * 86_400_000, tickMs, isRate: true }
const choice = (name: DriftMethodChoice['name'], more: object = {}) => Choice.parse({ name, ...more })
const row = (atMs: number, value: number, failures: number | null = value): SeenRow => ({
  atMs,
  runs: 1,
  failures,
  value,
  judgmentId: null,
  executionId: null,
})

/** Ticks of five rows that fail at `rate`; each row is the one before with probability `repeats`. */
function ticksOf(seed: number, rate: number, repeats: number) {
  const random = seededRandom(seed)
  let last = random.unit() < rate ? 1 : 0
  return (at: number) => {
    let failures = 0
    for (let run = 0; run < 5; run += 1) {
      if (random.unit() >= repeats) last = random.unit() < rate ? 1 : 0
      failures += last
    }
    return { atMs: at * tickMs, runs: 5, failures }
  }
}

describe('rates', () => {
  test.each([
    [0, 1],
    [0.8, 4],
  ])('DR18: rows that repeat at %s are read in slots of at least %s ticks, and do not alarm', (repeats, atLeast) => {
    const slots: number[] = []
    for (let seed = 1; seed <= 8; seed += 1) {
      const next = ticksOf(seed, 0.2, repeats)
      let state: RatesState = ratesStart
      for (let at = 0; at < 3_000; at += 1) {
        const step = ratesStep(state, next(at), ratesDefaults)
        expect(step.alarm).toBe(false)
        state = step.state
      }
      slots.push((state.learned?.tickMs ?? 0) / tickMs)
    }
    expect(slots.toSorted((a, b) => a - b)[2]).toBeGreaterThanOrEqual(atLeast)
  })

  test('DR13: a rise is found, its evidence goes on, and what is back is told to be back', () => {
    const [usual, worse] = [ticksOf(1, 0.1, 0), ticksOf(2, 0.6, 0)]
    let state: RatesState = ratesStart
    let at = 0
    const run = (next: typeof usual, ticks: number) =>
      Array.from({ length: ticks }, () => {
        const step = ratesStep(state, next(at), ratesDefaults)
        at += 1
        state = step.state
        return step
      })
    run(usual, 600)
    expect(state.learned?.mean).toBeCloseTo(0.1, 1)
    const risen = run(worse, 60)
    const first = risen.findIndex(({ alarm }) => alarm)
    expect(first).toBeGreaterThan(2)
    expect(first).toBeLessThan(40)
    expect(risen.at(-1)).toMatchObject({ alarm: true, isBack: false })
    expect(risen.at(-1)?.observed).toBeGreaterThan(risen[first]?.observed ?? 0)
    expect(risen.at(-1)?.eValue).toBeCloseTo((risen.at(-1)?.observed ?? 0) / state.slots, 6)
    const back = run(usual, 60)
    expect(back.some(({ isBack }) => isBack)).toBe(true)
    expect(withoutEvidence(state)).toMatchObject({ slots: 0, learned: state.learned })
  })

  test('DR18: the side that is asked for is the only one that alarms', () => {
    const settings = { ...ratesDefaults, side: 'up' } as const
    let state: RatesState = ratesStart
    const [usual, better] = [ticksOf(3, 0.7, 0), ticksOf(4, 0.05, 0)]
    for (let at = 0; at < 900; at += 1) {
      const step = ratesStep(state, (at < 400 ? usual : better)(at), settings)
      expect(step.alarm).toBe(false)
      state = step.state
    }
  })
})

test('DR18: values of any unit are watched by their rank, and a latency that doubles is found within two days', () => {
  const named = { kind: 'figure', metric: 'latency-p95' } as const
  const watch = watchOf(choice('e-detector'), limitsOf(named, limits.falseAlarmMs))
  const random = seededRandom(3)
  let state = watch.start
  const alarms = Array.from({ length: 700 }, (_, at) => {
    const value = 400 * (at < 600 ? 1 : 2) * (0.6 + 0.8 * random.unit())
    const step = watch.step(state, { atMs: at * 3_600_000, runs: 9, failures: null, value })
    state = step.state
    return step.alarm
  })
  expect(alarms.indexOf(true)).toBeGreaterThan(600)
  expect(alarms.indexOf(true)).toBeLessThan(648)
  expect(watch.closed(state)).toMatchObject({ rates: { slots: 0 } })
})

describe('a stream', () => {
  const watched = (name: DriftMethodChoice['name'], more: object = {}) => watchOf(choice(name, more), limits)
  const feed = (name: DriftMethodChoice['name'], values: readonly number[], more: object = {}, gapMs = 3_600_000) => {
    const watch = watched(name, more)
    let state = startOf(watch)
    const happened: string[] = []
    values.forEach((value, at) => {
      const failures = name === 'coverage-loss' || name === 'hard-events' || name === 'surprise' ? null : value
      const advanced = withRow(state, row(at * gapMs, value, failures), watch, tickMs)
      state = advanced.state
      for (const one of advanced.happened) happened.push(one.what === 'raised' && one.again ? 'again' : one.what)
    })
    return { state, happened }
  }
  const passes = (count: number) => Array.from({ length: count }, () => 0)
  const fails = (count: number) => Array.from({ length: count }, () => 1)

  test.each<[DriftMethodChoice['name'], readonly number[], readonly string[], object?]>([
    ['repeated-failures', [...passes(80), ...fails(4), ...passes(5)], ['raised', 'back']],
    ['repeated-failures', passes(200), []],
    ['hard-events', [1, 1, 0, 0, 2], ['raised', 'again', 'back', 'raised']],
    ['coverage-loss', [0.9, 0.9, 0.8, 0.75, 0.89], ['raised', 'again', 'back']],
    ['windowed-counts', [...passes(10), ...fails(5), ...passes(30)], ['raised', 'back']],
    ['ddm', [...passes(60), ...fails(10), ...passes(60)], ['raised', 'back']],
    ['page-hinkley', [...passes(60), ...fails(10)], ['raised'], { limit: 3 }],
    ['cusum', [...passes(20), ...fails(6)], ['raised'], { mean: 0, standardDeviation: 0.5 }],
    ['adwin', [...passes(320), ...fails(40)], ['raised']],
  ])('DR12: under %s has one alarm at a time', (name, values, expected, more) => {
    expect(feed(name, values, more).happened).toEqual(expected)
  })

  test('DR12: under surprise an odd value is raised', () => {
    const values = Array.from({ length: 200 }, (_, at) => (at === 190 ? 900 : (at * 7) % 13))
    expect(feed('surprise', values).happened[0]).toBe('raised')
  })

  test('DR18: however often a check runs, its failures alarm no more often than time allows', () => {
    const watch = watched('repeated-failures')
    const limitsOf = (gapMs: number) => {
      let state = watch.start
      return fails(200).map((value, at) => {
        const step = watch.step(state, row(at * gapMs, value))
        state = step.state
        return step.limit ?? 0
      })
    }
    const spent = (gapMs: number) => limitsOf(gapMs).reduce((sum, one) => sum + one, 0)
    expect(spent(0)).toBeLessThanOrEqual(2e-3)
    expect(spent(60_000)).toBeLessThanOrEqual(2e-3 + (200 * 60_000) / limits.falseAlarmMs)
    expect(limitsOf(3_600_000).at(-1)).toBeCloseTo(1e-3, 6)
  })

  test('DR5: replayed from JSON at any row, a stream does the same, bit for bit', () => {
    const watch = watched('e-detector', { baselineTicks: 50 })
    const verdicts = fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000_000 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
      maxLength: 120,
    })
    fc.assert(
      fc.property(verdicts, fc.nat(), (gaps, cut) => {
        let atMs = 0
        const rows = gaps.map(([gap, value]) => row((atMs += gap), value))
        const through = (state: StreamState, some: readonly SeenRow[]) =>
          some.reduce((known, one) => withRow(known, one, watch, tickMs).state, state)
        const at = cut % rows.length
        const stored = JSON.parse(JSON.stringify(through(startOf(watch), rows.slice(0, at)))) as StreamState
        expect(through(stored, rows.slice(at))).toEqual(through(startOf(watch), rows))
      }),
      { numRuns: 50 },
    )
  })

  test('DR15: no row is lost: late ones count in the next tick, and time ends ticks', () => {
    const watch = watched('e-detector')
    const rows = [row(0, 1), row(tickMs + 1, 0), row(tickMs - 1, 1), row(5 * tickMs, 0)]
    let state = startOf(watch)
    const readings = rows.flatMap((one) => {
      const advanced = withRow(state, one, watch, tickMs)
      state = advanced.state
      return advanced.readings
    })
    expect(readings.map(({ atMs, runs, value }) => [atMs, runs, value])).toEqual([
      [0, 1, 1],
      [tickMs, 2, 0.5],
    ])
    expect(withTimeGone(state, 6 * tickMs - 1, watch, tickMs).readings).toEqual([])
    const gone = withTimeGone(state, 6 * tickMs, watch, tickMs)
    expect(gone.readings).toMatchObject([{ atMs: 5 * tickMs, runs: 1, value: 0 }])
    expect(withTimeGone(gone.state, 9 * tickMs, watch, tickMs).readings).toEqual([])
    const late = withRow(gone.state, row(0, 1), watch, tickMs)
    expect(late.state.tick?.atMs).toBe(6 * tickMs)
    expect(state.runs).toBe(4)
  })

  test('DR14: a stream that learns anew keeps what it counted', () => {
    const { state } = feed('windowed-counts', fails(5))
    const anew = learningAnew(state, watched('windowed-counts'))
    expect(anew).toMatchObject({ runs: 5, failures: 5, isOpen: false, watch: watched('windowed-counts').start })
  })

  test('DR11: evidence names the latest ten failures, the newest last', () => {
    const watch = watched('windowed-counts')
    let state = startOf(watch)
    for (let at = 0; at < 30; at += 1)
      state = withRow(state, { ...row(at, at % 2), judgmentId: `j${at}`, executionId: 'e' }, watch, tickMs).state
    expect(state.sources.map(({ judgmentId }) => judgmentId)).toEqual(
      Array.from({ length: 10 }, (_, at) => `j${11 + 2 * at}`),
    )
    const name = { kind: 'check', metric: 'm', judge: null, agentId: null, subject: null } as const
    const step = { ...calm, alarm: true, observed: 5, limit: 5 }
    const { facts } = alarmFacts({ name, method: 'windowed-counts', state }, step, {
      falseAlarmDays: 30,
      changeAt: null,
    })
    expect(facts.executionIds).toEqual(['e'])
    expect(facts.judgmentIds).toHaveLength(10)
  })
})

const calm: WatchStep = {
  state: null,
  observed: 0,
  limit: 1,
  alarm: false,
  isBack: false,
  eValue: null,
  usual: null,
  now: null,
  scale: 'rate',
}

describe('what is told', () => {
  test.each<[DriftMethodChoice['name'], DriftRule['kind'], Partial<WatchStep>, string, string | null]>([
    ['e-detector', 'judge', { usual: 0.1, now: 0.5 }, 'critical', 'up'],
    ['e-detector', 'judge', { usual: 0.1, now: 0.2 }, 'warning', 'up'],
    ['e-detector', 'judge', { usual: 0.1, now: 0.12 }, 'info', 'up'],
    ['e-detector', 'judge', { usual: 0.5, now: 0.1 }, 'warning', 'down'],
    ['e-detector', 'agent', { usual: 0.5, now: 0.1 }, 'info', 'down'],
    ['e-detector', 'agent', { alarm: false }, 'info', null],
    ['hard-events', 'disabled', { observed: 1 }, 'warning', null],
    ['hard-events', 'disabled', { observed: 2 }, 'critical', null],
    ['coverage-loss', 'coverage', { observed: 0.03 }, 'warning', 'down'],
    ['coverage-loss', 'coverage', { observed: 0.2 }, 'critical', 'down'],
    ['repeated-failures', 'check', { observed: 1e-4 }, 'warning', 'up'],
    ['repeated-failures', 'check', { observed: 1e-9 }, 'critical', 'up'],
    ['e-detector', 'figure', { usual: 0.5, now: 0.9, scale: 'rank' }, 'warning', 'up'],
    ['e-detector', 'figure', { usual: 0.5, now: 0.1, scale: 'rank' }, 'info', 'down'],
    ['surprise', 'figure', { observed: 4 }, 'warning', null],
    ['cusum', 'figure', { observed: 6 }, 'warning', null],
  ])('DR11: %s of %s with %j is %s, %s', (method, kind, seen, severity, direction) => {
    const step = { ...calm, alarm: true, ...seen }
    expect([severityOf(method, kind, step), directionOf(method, step)]).toEqual([severity, direction])
    expect(becauseOf(method, step, 30)).toMatchObject({ rule: method, observed: step.observed, limit: 1 })
    expect(becauseOf(method, step, 30).text).toMatch(/^[A-Za-z0-9].*\.$/)
    expect(backBecause(method, step)).toMatchObject({ rule: 'back' })
    expect(recommendationsFor({ kind }).length).toBeGreaterThan(0)
  })

  test('DR10: facts are what is told at once, and graver is graver', () => {
    expect(['hard-events', 'coverage-loss', 'e-detector', 'surprise'].map(isFact)).toEqual([true, true, false, false])
    expect(isGraver('critical', 'warning')).toBe(true)
    expect(isGraver('warning', 'warning')).toBe(false)
  })

  test.each([
    // One method that alarms in one of 720 hours at most, among few streams and among many.
    [[{ eValue: null, alarmHours: 1 }], 72, [true]],
    [[{ eValue: null, alarmHours: 1 }], 73, [false]],
    [[{ eValue: null, alarmHours: 2 }], 2_000, [true]],
    [[{ eValue: 9, alarmHours: 9 }], 1, [false]],
    [[{ eValue: 10, alarmHours: 9 }], 1, [true]],
    [
      [
        { eValue: 51, alarmHours: 1 },
        { eValue: 60, alarmHours: 1 },
      ],
      10,
      [true, true],
    ],
  ])('DR7: %j among %s streams are broadcast: %j', (candidates, streams, expected) => {
    const named = candidates.map((one, at) => ({ ...one, alarmId: `a${at}` }))
    const decided = broadcastAmong(named, { streams, rate: 0.1, falseAlarmHours: 720 })
    expect(decided.map(({ isTold }) => isTold)).toEqual(expected)
  })
})

describe('settings', () => {
  const name = (kind: DriftRule['kind'], more: object = {}) =>
    ({ kind, metric: 'helpfulness', judge: null, agentId: null, subject: null, ...more }) as const
  const rules = (...some: object[]) => DriftSettings.parse({ rules: some })

  test('DR16: every kind has a default that may watch it', () => {
    expect(settingsFault({ rules: [...defaultRules] })).toBe(null)
    expect(methodOf(name('judge'), rules()).name).toBe('e-detector')
    expect(methodOf(name('check'), rules()).name).toBe('repeated-failures')
    expect(methodOf(name('figure', { metric: 'latency-p95' }), rules()).name).toBe('e-detector')
    expect(() => methodOf(name('nothing' as 'judge'), rules())).toThrow('no default rule')
  })

  test('DR16: the first rule that fits counts', () => {
    const agentId = '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f'
    const own = rules(
      { kind: 'judge', judge: 'Back*', method: { name: 'ddm' } },
      { kind: 'judge', metric: 'help*ness', method: { name: 'adwin' } },
      { kind: 'agent', agentId, method: { name: 'windowed-counts' } },
    )
    expect(methodOf(name('judge', { judge: 'Backend' }), own).name).toBe('ddm')
    expect(methodOf(name('judge', { judge: 'QA' }), own).name).toBe('adwin')
    expect(methodOf(name('judge', { judge: 'QA', metric: 'tone' }), own).name).toBe('e-detector')
    expect(methodOf(name('agent', { agentId }), own).name).toBe('windowed-counts')
    expect(methodOf(name('agent'), own).name).toBe('e-detector')
  })

  test.each([
    [{ kind: 'coverage', method: { name: 'ddm' } }, 'ddm cannot watch streams of kind coverage'],
    [{ kind: 'figure', method: { name: 'adwin' } }, 'adwin cannot watch'],
    [{ kind: 'check', method: { name: 'windowed-counts', windowRows: 3, failuresMin: 4 } }, 'never stand in a window'],
  ])('DR16: %j is refused', (rule, said) => {
    expect(settingsFault(rules(rule))).toContain(said)
  })

  test.each([
    [null, 'anything', true],
    ['unit', 'unit', true],
    ['unit', 'units', false],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['ab*ba', 'aba', false],
    ['*x*', 'axb', true],
  ])('DR16: %s fits %s: %s', (pattern, text, expected) => {
    expect(fitsPattern(pattern, text)).toBe(expected)
  })
})

test('DR3: a long series is looked at in few points, with the levels around each change', () => {
  const random = seededRandom(5)
  const values = Array.from({ length: 2_900 }, (_, at) => ({
    atMs: at * tickMs,
    runs: 1 + (at % 3),
    value: (at < 2_000 ? 0.1 : 0.6) + 0.1 * random.unit(),
  }))
  const { changes } = changesOf(values)
  const each = Math.ceil(values.length / pointsMax)
  expect(changes).toHaveLength(1)
  expect(Math.abs((changes[0]?.atMs ?? 0) / tickMs - 2_000)).toBeLessThanOrEqual(2 * each)
  expect(changes[0]?.before).toBeCloseTo(0.15, 1)
  expect(changes[0]?.after).toBeCloseTo(0.65, 1)
  expect(changesOf([])).toMatchObject({ changes: [], period: null })
})
