import { SpecialistState, SpecialistVerb } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideMove, transitions, verbsFrom } from './lifecycle.ts'

const states = SpecialistState.options
const verbs = SpecialistVerb.options
const facts = (verb: string) => ({ hasEvaluation: verb === 'evaluate', hasTrainingRun: false })

test.each(states.flatMap((from) => verbs.map((verb) => [from, verb, transitions[from][verb]] as const)))(
  'SP1: %s, %s: %s',
  (from, verb, to) => {
    const decided = decideMove(from, verb, facts(verb))
    if (to === null) expect(decided).toMatchObject({ ok: false, refusal: { code: 'conflict' } })
    else
      expect(decided).toMatchObject({
        ok: true,
        value: { to, because: { observed: from, text: expect.stringContaining(to) } },
      })
  },
)

test('SP1: no way leads to active but through training and an evaluation, and none out of retired', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...verbs), { maxLength: 20 }), (asked) => {
      const seen: string[] = ['proposed']
      let state: SpecialistState = 'proposed'
      for (const verb of asked) {
        const moved = decideMove(state, verb, facts(verb))
        if (!moved.ok) continue
        state = moved.value.to
        seen.push(state)
      }
      if (seen.includes('active')) {
        const until = seen.slice(0, seen.indexOf('active'))
        expect(until).toContain('training')
        expect(until.at(-1)).toBe('evaluated')
      }
      if (seen.includes('retired')) expect(seen.indexOf('retired')).toBe(seen.length - 1)
    }),
  )
})

test.each([
  ['evaluate', false, false],
  ['train', true, false],
  ['activate', true, false],
  ['evaluate', true, true],
] as const)('SP1: %s with evaluation %s and training run %s is refused', (verb, hasEvaluation, hasTrainingRun) => {
  const from = verb === 'activate' ? 'evaluated' : verb === 'train' ? 'proposed' : 'training'
  expect(decideMove(from, verb, { hasEvaluation, hasTrainingRun })).toMatchObject({
    ok: false,
    refusal: { code: 'not-processable' },
  })
})

test('the verbs that lead on are told', () => {
  expect(Object.fromEntries(states.map((state) => [state, verbsFrom(state)]))).toEqual({
    proposed: ['train', 'retire'],
    training: ['evaluate', 'return', 'retire'],
    evaluated: ['train', 'evaluate', 'activate', 'retire'],
    active: ['retire'],
    retired: [],
  })
})
