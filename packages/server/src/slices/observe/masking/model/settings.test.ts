import { defaultMaskingSettings as base, type MaskingSettings } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutContents } from './contents.ts'
import { normalized, settingsOfAgent } from './policy.ts'
import { isSame, summaryOf, weighChange } from './settings.ts'
import { KnownTokens, tokenBytes, tokenOf } from './tokens.ts'

const rule = { name: 'own', pattern: 'a', sample: 'a' }
const allow = (changes: Partial<MaskingSettings['allow']>) => ({ allow: { ...base.allow, ...changes } })

test.each<[string, Partial<MaskingSettings>, Partial<MaskingSettings>, string | null, string | null]>([
  ['nothing', {}, {}, null, null],
  ['another order', { classes: ['email', 'iban'] }, { classes: ['iban', 'email'] }, null, null],
  ['a class more', { classes: ['email'] }, { classes: ['email', 'iban'] }, 'LOW', 'masks-no-less'],
  ['a class less', {}, { classes: ['email'] }, 'HIGH', 'class-switched-off'],
  ['a rule more', {}, { rules: [rule] }, 'LOW', 'masks-no-less'],
  ['a rule renamed', { rules: [rule] }, { rules: [{ ...rule, name: 'other' }] }, 'LOW', 'masks-no-less'],
  ['a rule less', { rules: [rule] }, {}, 'HIGH', 'rule-taken-away'],
  ['a rule changed', { rules: [rule] }, { rules: [{ ...rule, pattern: 'ab' }] }, 'HIGH', 'rule-taken-away'],
  ['an exception', {}, allow({ domains: ['a.example'] }), 'HIGH', 'exception-added'],
  ['an exception less', allow({ values: ['a'] }), {}, 'LOW', 'masks-no-less'],
  ['inputs off', {}, { storeInputs: false }, 'LOW', 'masks-no-less'],
  ['inputs on', { storeInputs: false }, {}, 'HIGH', 'inputs-stored'],
  ['outputs on', { storeOutputs: false }, {}, 'HIGH', 'outputs-stored'],
  ['tokens', {}, { mode: 'token' }, 'MODERATE', 'values-become-recoverable'],
  ['no tokens', { mode: 'token' }, {}, 'LOW', 'masks-no-less'],
  ['tokens and a class less', {}, { mode: 'token', classes: [] }, 'HIGH', 'class-switched-off'],
])('MK4: %s', (_, from, to, impact, because) => {
  const weighed = weighChange({ ...base, ...from }, { ...base, ...to })
  expect([weighed?.impact ?? null, weighed?.because.rule ?? null]).toEqual([impact, because])
})

const settings: fc.Arbitrary<MaskingSettings> = fc.record({
  mode: fc.constantFrom('mask', 'token'),
  classes: fc.subarray([...base.classes]),
  rules: fc.subarray([rule, { ...rule, name: 'other', pattern: 'b' }]),
  allow: fc.record({
    values: fc.subarray(['a', 'b']),
    domains: fc.subarray(['a.example']),
    patterns: fc.subarray(['x+']),
  }),
  storeInputs: fc.boolean(),
  storeOutputs: fc.boolean(),
})

test('MK4: of a change and its reversal at most one is harmless, unless they are the same', () => {
  fc.assert(
    fc.property(settings, settings, (a, b) => {
      if (isSame(a, b)) expect(weighChange(a, b)).toBeNull()
      else expect([weighChange(a, b)?.impact, weighChange(b, a)?.impact]).not.toEqual(['LOW', 'LOW'])
    }),
  )
})

test('a summary holds no word of exceptions, patterns and samples', () => {
  const told = JSON.stringify(
    summaryOf({
      ...base,
      rules: [{ name: 'own', pattern: 'secret-a', sample: 'secret-b' }],
      ...allow({ values: ['secret-c'] }),
    }),
  )
  expect(told).not.toContain('secret')
})

test('MK6: what an agent does not say is as its organization has it', () => {
  expect(settingsOfAgent(base, undefined)).toBe(base)
  expect(settingsOfAgent(base, { storeInputs: false, classes: [] })).toEqual({
    ...base,
    storeInputs: false,
    classes: [],
  })
})

test('MK6: attributes that repeat what is not stored go, those about it stay', () => {
  const attributes = {
    'gen_ai.input.messages': '[…]',
    'gen_ai.system_instructions': 'x',
    'llm.input_messages.0.message.content': 'x',
    'input.value': 'x',
    'input.mime_type': 'text/plain',
    'ai.prompt.messages': 'x',
    'traceloop.entity.input': 'x',
    'gen_ai.tool.call.arguments': 'x',
    'gen_ai.usage.input_tokens': 7,
    'gen_ai.output.messages': '[…]',
    'output.value': 'x',
    'gen_ai.completion.0.content': 'x',
    'ai.response.text': 'x',
    'gen_ai.tool.call.result': 'x',
    'gen_ai.response.model': 'gpt',
    'gen_ai.response.finish_reasons': 'stop',
    'server.address': 'x',
  }
  expect(Object.keys(withoutContents(attributes, { inputs: true, outputs: false }) ?? {})).toEqual([
    'input.mime_type',
    'gen_ai.usage.input_tokens',
    'gen_ai.output.messages',
    'output.value',
    'gen_ai.completion.0.content',
    'ai.response.text',
    'gen_ai.tool.call.result',
    'gen_ai.response.model',
    'gen_ai.response.finish_reasons',
    'server.address',
  ])
  expect(Object.keys(withoutContents(attributes, { inputs: true, outputs: true }) ?? {})).toEqual([
    'input.mime_type',
    'gen_ai.usage.input_tokens',
    'gen_ai.response.model',
    'gen_ai.response.finish_reasons',
    'server.address',
  ])
  expect(withoutContents({ a: 1 }, { inputs: true, outputs: true })).toBeNull()
})

test.each([
  ['email', 'Ada@Example.com', 'ada@example.COM'],
  ['phone', '+41 (0)44 668-18-00', '+41446681800'],
  ['card', '4111 1111 1111 1111', '4111111111111111'],
  ['iban', 'de89 3704', 'DE893704'],
  ['ip_address', '2001:DB8::1', '2001:db8::1'],
] as const)('MK7: two spellings of one %s are one value', (kind, a, b) => {
  expect(normalized(kind, a)).toBe(normalized(kind, b))
})

test('MK7: a token holds letters alone, from chance alone, none more often than another', () => {
  const counts = new Map<string, number>()
  for (let byte = 0; byte < 208; byte++) {
    const token = tokenOf('email', new Uint8Array(tokenBytes).fill(byte)) ?? ''
    const letter = token.slice('[token:email:'.length).charAt(0)
    counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(token).toMatch(/^\[token:email:[a-zA-Z]{22}\]$/)
  }
  expect(new Set(counts.values())).toEqual(new Set([4]))
  expect(tokenOf('email', new Uint8Array(tokenBytes).fill(255))).toBeNull()
})

test('known tokens forget the oldest first, and what was erased', () => {
  const known = new KnownTokens(2)
  known.add('a', 'A')
  known.add('b', 'B')
  known.add('c', 'C')
  expect([known.get('a'), known.get('b'), known.get('c')]).toEqual([undefined, 'B', 'C'])
  known.forgetToken('B')
  expect(known.get('b')).toBeUndefined()
})
