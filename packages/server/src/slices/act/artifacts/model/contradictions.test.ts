import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findContradictions } from './contradictions.ts'

const decided = (holder: string, choice: string, question = 'Which database?', requirement = 'REQ-1') => ({
  requirement,
  question,
  choice,
  holder,
})

test('different choices for the same question of the same requirement name both', () => {
  expect(findContradictions([decided('a', 'PostgreSQL'), decided('b', 'SQLite', 'which  database', 'req 1')])).toEqual([
    {
      requirement: 'REQ-1',
      question: 'Which database?',
      choices: [
        { choice: 'PostgreSQL', holders: ['a'] },
        { choice: 'SQLite', holders: ['b'] },
      ],
      because: {
        rule: 'one-choice-per-question',
        observed: 2,
        limit: 1,
        text: 'For REQ-1, “Which database?” is answered by “PostgreSQL” (a) and “SQLite” (b).',
      },
    },
  ])
})

test.each([
  ['the same choice in other letters', [decided('a', 'PostgreSQL'), decided('b', ' postgresql. ')]],
  ['another requirement', [decided('a', 'X'), decided('b', 'Y', 'Which database?', 'REQ-2')]],
  ['another question', [decided('a', 'X'), decided('b', 'Y', 'Which queue?')]],
])('%s is no contradiction', (_what, decisions) => {
  expect(findContradictions(decisions)).toEqual([])
})

test('C, C++ and C# are three choices', () => {
  const [found] = findContradictions([decided('a', 'C'), decided('b', 'C++'), decided('c', 'C#')])
  expect(found?.choices).toHaveLength(3)
})

test('an artifact may contradict itself', () => {
  expect(findContradictions([decided('a', 'yes'), decided('a', 'no')])).toHaveLength(1)
})

const few = fc.constantFrom('a', 'b', 'C', 'c.')
const decisions = fc.array(fc.record({ requirement: few, question: few, choice: few, holder: few }), { maxLength: 12 })

test('the order in which decisions come does not matter', () => {
  fc.assert(
    fc.property(decisions, (those) => {
      const told = (found: ReturnType<typeof findContradictions>) =>
        found.reduce((sum, { choices }) => sum + choices.length, 0)
      const turned = findContradictions(those.toReversed())
      const found = findContradictions(those)
      expect([turned.length, told(turned)]).toEqual([found.length, told(found)])
    }),
  )
})
