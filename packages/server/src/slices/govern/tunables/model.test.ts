import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideChange, decideRevert, faultOf, judgeValue, type TunableDeclaration, valueOf } from './model.ts'

const alpha: TunableDeclaration = {
  key: 'rollouts.alpha',
  description: 'False-alarm rate.',
  type: 'number',
  unit: null,
  minimum: 0.001,
  maximum: 0.2,
  choices: null,
  defaultValue: 0.05,
  impact: 'MODERATE',
}
const minutes: TunableDeclaration = {
  ...alpha,
  key: 'a.minutes',
  type: 'integer',
  unit: 'minutes',
  minimum: 1,
  maximum: 60,
  defaultValue: 10,
}
const flag: TunableDeclaration = {
  ...alpha,
  key: 'a.flag',
  type: 'boolean',
  minimum: null,
  maximum: null,
  defaultValue: true,
}
const choice: TunableDeclaration = { ...flag, key: 'a.choice', type: 'choice', choices: ['x', 'y'], defaultValue: 'x' }
const anyValue = fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.string())

describe('values', () => {
  test.each([
    [alpha, 0.001, true],
    [alpha, 0.2, true],
    [alpha, 0.2000001, false],
    [alpha, Number.NaN, false],
    [alpha, '0.1', false],
    [minutes, 59, true],
    [minutes, 1.5, false],
    [minutes, 0, false],
    [flag, false, true],
    [flag, 0, false],
    [choice, 'y', true],
    [choice, 'z', false],
  ])('$0.key takes $1: $2', (declared, value, fits) => {
    const judged = judgeValue(declared, value)
    expect(judged.ok ? null : judged.refusal.code).toBe(fits ? null : 'tunable-out-of-range')
  })

  test('TU1: what is read always fits the declaration, whatever lies in the table', () => {
    fc.assert(
      fc.property(fc.constantFrom(alpha, minutes, flag, choice), anyValue, (declared, value) => {
        expect(judgeValue(declared, valueOf(declared, { version: 1, value })).ok).toBe(true)
      }),
    )
  })
})

describe('declarations', () => {
  test.each([
    ['sound', alpha, null],
    ['a key without a slice', { ...alpha, key: 'alpha' }, 'is not spelled'],
    ['a number without bounds', { ...alpha, maximum: null }, 'bounds'],
    ['a choice without choices', { ...choice, choices: null }, 'choices'],
    ['a default outside its range', { ...alpha, defaultValue: 1 }, 'default'],
  ])('%s', (_title, declared, fault) => {
    if (fault === null) expect(faultOf(declared)).toBeNull()
    else expect(faultOf(declared)).toContain(fault)
  })
})

describe('changes', () => {
  const setting = { version: 3, value: 0.1 }

  test('TU3: what the gate is asked for names the value and the version that it replaces', () => {
    expect(decideChange({ declared: alpha, setting, value: 0.02, expectedVersion: 3 })).toMatchObject({
      ok: true,
      value: {
        operation: 'tunables.change',
        subject: 'tunable/rollouts.alpha',
        environment: 'production',
        impact: 'MODERATE',
        parameters: { value: 0.02, fromVersion: 3 },
      },
    })
  })

  test.each([
    ['TU4: from a version that is gone', { value: 0.02, expectedVersion: 2 }, 'precondition-failed'],
    ['TU1: outside the range', { value: 0.5, expectedVersion: null }, 'tunable-out-of-range'],
    ['to what it is', { value: 0.1, expectedVersion: null }, 'conflict'],
  ])('%s', (_title, asked, code) => {
    const decided = decideChange({ declared: alpha, setting, ...asked })
    expect(decided.ok ? null : decided.refusal.code).toBe(code)
  })

  test('TU2: a revert goes to the value before, at last to the default', () => {
    expect(decideRevert(alpha, [setting, { version: 2, value: 0.03 }])).toEqual({ ok: true, value: 0.03 })
    expect(decideRevert(alpha, [setting])).toEqual({ ok: true, value: 0.05 })
    expect(decideRevert(alpha, []).ok).toBe(false)
  })
})
