import { expect, test } from 'vitest'
import {
  type AuditedVerdict,
  authorityOf,
  copiesAmong,
  defaultHalfLifeVerdicts,
  evidenceOn,
  independenceOf,
  type JudgedItem,
  orderEffectsOf,
  ratesOf,
  reliabilityOf,
  stateOfVerdicts,
  trustSlice,
  withVerdict,
} from './index.ts'

const items = Array.from({ length: 60 }, (_, at): JudgedItem[] => {
  const gold = at % 3 === 0 ? 'pass' : 'fail'
  const kind = at % 5 === 0 ? 'pass' : 'fail'
  return [
    { itemId: `${at}`, judge: 'exact', said: gold, gold },
    { itemId: `${at}`, judge: 'lenient', said: 'pass', gold },
    { itemId: `${at}`, judge: 'other metric', said: kind, gold },
    { itemId: `${at}`, judge: 'its copy', said: kind, gold },
  ]
}).flat()

test('TR5, TR8: through the door, a history of audits gives authority to who is right and finds who copies', () => {
  const journal = items.map(({ judge, said, gold }): AuditedVerdict => {
    return { judge, metric: 'tests', said, gold: gold ?? 'fail', halfLifeVerdicts: defaultHalfLifeVerdicts }
  })
  const state = stateOfVerdicts(journal)
  const [first] = journal
  expect(stateOfVerdicts(journal.slice(1), { evidence: [withVerdict(null, first ?? expect.fail())] })).toEqual(state)
  const confusionOf = (judge: string) => evidenceOn(state, judge, 'tests')?.confusion ?? expect.fail(judge)
  expect(authorityOf(reliabilityOf(confusionOf('exact')))).toBeGreaterThan(0.9)
  expect(authorityOf(reliabilityOf(confusionOf('lenient')))).toBe(0)
  expect(ratesOf(confusionOf('lenient'))).toMatchObject({ passesFound: 1, failsFound: 0 })
  expect(copiesAmong(items).filter(({ isCopy }) => isCopy)).toMatchObject([
    { first: 'its copy', second: 'other metric' },
  ])
  expect(independenceOf(items)).toMatchObject({ basis: 'audited-errors', judges: 4 })
  expect(orderEffectsOf([])).toEqual([])
  expect(trustSlice).toMatchObject({ name: 'trust', floor: 'judge' })
})
