import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { type Audited, auditFacts, type Known } from './auditing.ts'
import { stateOfJournal } from './evidence.ts'
import { executionOf, itemKeyOf, type QaFact } from './facts.ts'
import { trustModel } from './trust-model.ts'

const settings = { halfLifeVerdicts: 20, model: trustModel('confusion') }
const nothing: Known = { verdicts: [], truths: [], benches: [], lastSeq: 0 }
const sides = fc.constantFrom('pass' as const, 'fail' as const)
const items = ['a', 'b'].map((id) => ({ subject: { kind: 'artifact' as const, id }, metric: 'tests' }))
const judges = ['QA', 'Architect', '__proto__', 'user:1']

/** Facts as they may come: in any order of time, told twice, labels that change. */
const facts = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant('verdict' as const),
        item: fc.constantFrom(...items),
        judge: fc.constantFrom(...judges),
        order: fc.constantFrom('as-given' as const, 'swapped' as const, null),
        said: fc.constantFrom('pass' as const, 'fail' as const, 'abstain' as const),
        isGold: fc.boolean(),
        observedAt: fc.integer({ min: 1, max: 5 }),
        id: fc.integer({ min: 0, max: 40 }),
      }),
      fc.record({
        kind: fc.constant('label' as const),
        item: fc.constantFrom(...items),
        verdict: fc.option(sides),
        author: fc.constantFrom('user:1', null),
        id: fc.integer({ min: 0, max: 40 }),
      }),
    ),
    { maxLength: 60 },
  )
  .map((told) =>
    told.map((one, at): QaFact => {
      const cause = { eventId: `event ${at}`, correlationId: 'story' }
      if (one.kind === 'label') {
        const { item, verdict, author, id } = one
        return { kind: 'label', item, label: { labelId: String(id).padStart(3, '0'), verdict, author }, cause }
      }
      const { item, id, isGold, said, ...verdict } = one
      const judgmentId = `${verdict.judge} ${item.subject.id} ${verdict.order} ${id}`
      const observedAt = instantFromEpochMs(verdict.observedAt)
      return {
        kind: 'verdict',
        item,
        verdict: { ...verdict, said, judgmentId, judgeKind: 'model', isGold: isGold && said !== 'abstain', observedAt },
        cause,
      }
    }),
  )

/** Everything known after facts that came in portions. */
function after(portions: readonly (readonly QaFact[])[]) {
  let known = nothing
  const entries: Audited['entries'][number][] = []
  for (const portion of portions) {
    const audited = auditFacts(portion, known, settings)
    entries.push(...audited.entries)
    const merged = <T>(old: readonly T[], fresh: readonly T[], key: (one: T) => string) => [
      ...new Map([...old, ...fresh].map((one) => [key(one), one])).values(),
    ]
    known = {
      verdicts: merged(known.verdicts, audited.verdicts, ({ item, judge, order }) =>
        JSON.stringify([itemKeyOf(item), judge, order]),
      ),
      truths: merged(known.truths, audited.truths, ({ item }) => itemKeyOf(item)),
      benches: merged(known.benches, audited.benches, ({ judge, metric }) => JSON.stringify([judge, metric])),
      lastSeq: entries.at(-1)?.seq ?? 0,
    }
  }
  return { known, entries }
}

const portionsOf = (all: readonly QaFact[], size: number) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))

const byKey = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort()

describe('auditing', () => {
  test('TR10: in which portions facts come changes nothing, to the last bit', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 1, max: 7 }), (all, size) => {
        const [whole, parts] = [after([all]), after(portionsOf(all, size))]
        expect(parts.entries).toEqual(whole.entries)
        for (const part of ['verdicts', 'truths', 'benches'] as const)
          expect(byKey(parts.known[part])).toEqual(byKey(whole.known[part]))
      }),
    )
  })

  test('TR10: each verdict is first audited at most once, and facts told again change nothing', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const { known, entries } = after([all])
        const first = entries.filter(({ entry }) => !('was' in entry)).map(({ verdict }) => verdict.judgmentId)
        expect(new Set(first).size).toBe(first.length)
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
        const last = all.at(-1)
        if (last !== undefined && entries.every(({ cause }) => cause.eventId !== last.cause.eventId))
          expect(auditFacts([last], known, settings).entries).toEqual([])
      }),
    )
  })

  test('TR1: the entries replay to the evidence that auditing kept, bit for bit', () => {
    fc.assert(
      fc.property(facts, fc.nat(), (all, at) => {
        const { known, entries } = after(portionsOf(all, 5))
        const journal = entries.map(({ entry }) => entry)
        const kept = known.benches.flatMap(({ evidence }) => (evidence === null ? [] : [evidence]))
        const stored = JSON.stringify(stateOfJournal([], { evidence: kept }))
        expect(JSON.stringify(stateOfJournal(journal))).toBe(stored)
        const cut = at % (journal.length + 1)
        const snapshot = JSON.parse(JSON.stringify(stateOfJournal(journal.slice(0, cut)))) as never
        expect(JSON.stringify(stateOfJournal(journal.slice(cut), snapshot))).toBe(stored)
      }),
    )
  })

  test('TR11: after corrections the evidence is, but for rounding, what the last labels alone would have led to', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sides, sides, sides), { minLength: 1, maxLength: 40 }), (told) => {
        const verdicts = told.map(([said], at) => verdictOn(`${at}`, said))
        const label = (of: (labels: (typeof told)[number]) => 'pass' | 'fail', id: string) =>
          told.map((labels, at): QaFact => labelOn(`${at}`, of(labels), id))
        const corrected = after([
          [
            ...verdicts,
            ...label(([, first]) => first, '1'),
            ...label(() => 'fail', '2'),
            ...label(([, , last]) => last, '3'),
          ],
        ])
        const straight = after([[...verdicts, ...label(([, , last]) => last, '3')]])
        const [a, b] = [corrected.known.benches[0]?.evidence, straight.known.benches[0]?.evidence]
        expect(a?.verdicts).toBe(b?.verdicts)
        for (const [cell, count] of Object.entries(a?.confusion ?? {}))
          expect(count).toBeCloseTo(b?.confusion[cell as 'abstained'] ?? Number.NaN, 9)
      }),
    )
  })

  test('TR12: nobody is audited by their own word, nor a gold judgment by another', () => {
    fc.assert(
      fc.property(facts, (all) => {
        for (const { verdict, goldFrom, goldId, entry } of after([all]).entries) {
          if (entry.gold === null) continue
          expect(goldId.startsWith(`${verdict.judge} `)).toBe(false)
          if (goldFrom === 'judgment') expect(verdict.isGold).toBe(false)
        }
      }),
    )
  })

  test('an audited verdict is not taken back by a second thought; before that the latest observation counts', () => {
    const early = verdictOn('x', 'fail', 'first', 2)
    const late = verdictOn('x', 'pass', 'second', 3)
    const older = verdictOn('x', 'fail', 'third', 1)
    const { entries, known } = after([
      [early, late, older, labelOn('x', 'pass', '1'), verdictOn('x', 'fail', 'fourth', 9)],
    ])
    expect(entries.map(({ verdict }) => [verdict.judgmentId, verdict.said])).toEqual([['second', 'pass']])
    expect(known.benches).toMatchObject([{ given: 4, lastGivenAt: 9 }])
  })

  test.each([
    [{ kind: 'execution', id: 'e'.repeat(32) }, 'e'.repeat(32)],
    [{ kind: 'action', id: `${'e'.repeat(32)}/${'a'.repeat(16)}` }, 'e'.repeat(32)],
    [{ kind: 'macro', id: 'restart' }, null],
  ] as const)('the execution of %o is %s', (subject, execution) => {
    expect(executionOf(subject)).toBe(execution)
  })
})

function verdictOn(id: string, said: 'pass' | 'fail', judgmentId = `judgment ${id}`, at = 1): QaFact {
  return {
    kind: 'verdict',
    item: { subject: { kind: 'artifact', id }, metric: 'tests' },
    verdict: {
      judgmentId,
      judge: 'QA',
      judgeKind: 'model',
      order: null,
      said,
      isGold: false,
      observedAt: instantFromEpochMs(at),
    },
    cause: { eventId: `verdict ${judgmentId}`, correlationId: id },
  }
}

function labelOn(id: string, verdict: 'pass' | 'fail', labelId: string): QaFact {
  return {
    kind: 'label',
    item: { subject: { kind: 'artifact', id }, metric: 'tests' },
    label: { labelId, verdict, author: null },
    cause: { eventId: `label ${labelId} ${id}`, correlationId: id },
  }
}
