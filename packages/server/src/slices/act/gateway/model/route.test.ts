import {
  defaultGatewayRules,
  type GatewayRule,
  type GatewayRules,
  gatewayDecisions,
  MaskedClass,
  sensitivities,
} from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitsGlob, privateModelOf } from './matching.ts'
import { decideRoute, type RoutingFacts } from './route.ts'
import { warningsOf, weighChange } from './rules.ts'
import { higher, isAtLeast, judgeSensitivity } from './sensitivity.ts'
import { tryRules } from './trial.ts'

const everywhere = { agents: null, providers: null, models: null, regions: null }
const rule = (fields: Partial<GatewayRule>): GatewayRule => ({
  name: 'r',
  sensitivities: [...sensitivities],
  ...everywhere,
  decision: 'allow',
  ...fields,
})
const local = { provider: 'local', model: 'llama', region: null }
const withRules = (rules: readonly GatewayRule[], isPrivate = true): GatewayRules => ({
  ...defaultGatewayRules,
  privateModels: isPrivate ? [local] : [],
  rules: [...rules],
})
const facts = (fields: Partial<RoutingFacts> = {}): RoutingFacts => ({
  agent: 'support',
  provider: 'openai',
  model: 'gpt',
  region: 'us-east',
  declared: null,
  found: {},
  uninspected: 0,
  ...fields,
})

const glob = fc.constantFrom('*', 'openai', 'open*', 'local', '*i*', 'us-*', 'x')
const globs = fc.option(fc.array(glob, { minLength: 1, maxLength: 2 }))
const name = fc.option(fc.constantFrom('openai', 'local', 'llama', 'gpt', 'us-east', 'eu', 'x'))
const anyRule: fc.Arbitrary<GatewayRule> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  sensitivities: fc.uniqueArray(fc.constantFrom(...sensitivities), { minLength: 1 }),
  agents: globs,
  providers: globs,
  models: globs,
  regions: globs,
  decision: fc.constantFrom(...gatewayDecisions),
})
const anyRules: fc.Arbitrary<GatewayRules> = fc.record({
  version: fc.constant(1 as const),
  classes: fc.record(
    Object.fromEntries(MaskedClass.options.map((one) => [one, fc.constantFrom(...sensitivities)])),
  ) as fc.Arbitrary<GatewayRules['classes']>,
  privateModels: fc.array(fc.constantFrom(local, { provider: 'openai', model: 'gpt', region: 'eu' }), { maxLength: 2 }),
  rules: fc.array(anyRule, { maxLength: 4 }),
})
const anyFacts: fc.Arbitrary<RoutingFacts> = fc.record({
  agent: fc.constantFrom('openai', 'x', 'support'),
  provider: name,
  model: name,
  region: name,
  declared: fc.option(fc.constantFrom(...sensitivities)),
  found: fc.dictionary(fc.constantFrom(...MaskedClass.options), fc.nat(3), { maxKeys: 3 }),
  uninspected: fc.nat(2),
})

describe('sensitivity', () => {
  test.each([
    [null, {}, 0, 'INTERNAL', 'unknown-is-internal'],
    ['PUBLIC', {}, 0, 'PUBLIC', 'as-declared'],
    ['PUBLIC', {}, 1, 'INTERNAL', 'unknown-is-internal'],
    ['PUBLIC', { email: 1 }, 0, 'SENSITIVE', 'raised-by-what-was-found'],
    ['CRITICAL', { email: 1 }, 0, 'CRITICAL', 'as-declared'],
    [null, { secret: 2, email: 1 }, 0, 'CRITICAL', 'raised-by-what-was-found'],
    ['PUBLIC', { ip_address: 1 }, 0, 'INTERNAL', 'raised-by-what-was-found'],
  ] as const)(
    'GW1, GW2: declared %s, found %j, %i parts unseen: %s',
    (declared, found, uninspected, sensitivity, why) => {
      const judged = judgeSensitivity({ classes: defaultGatewayRules.classes, declared, found, uninspected })
      expect(judged).toMatchObject({ sensitivity, because: { rule: why } })
    },
  )

  test('GW1: a find never lowers what is declared, and one more find never lowers anything', () => {
    fc.assert(
      fc.property(anyRules, anyFacts, fc.constantFrom(...MaskedClass.options), ({ classes }, asked, more) => {
        const before = judgeSensitivity({ classes, ...asked })
        const after = judgeSensitivity({ classes, ...asked, found: { ...asked.found, [more]: 9 } })
        expect(isAtLeast(before.sensitivity, asked.declared ?? 'INTERNAL')).toBe(true)
        expect(isAtLeast(after.sensitivity, before.sensitivity)).toBe(true)
        expect(after.sensitivity).toBe(higher(after.sensitivity, classes[more]))
      }),
    )
  })
})

describe('routes', () => {
  test.each([
    ['an everyday text leaves as it is', {}, true, 'allow', 'openai'],
    ['personal data leaves redacted', { found: { email: 2 } }, true, 'redact', 'openai'],
    [
      'what was declared sensitive goes to the private model',
      { declared: 'SENSITIVE' as const },
      true,
      'reroute',
      'local',
    ],
    ['and nowhere when there is none', { declared: 'SENSITIVE' as const }, false, 'deny', undefined],
    [
      'a secret waits for people, and then goes to the private model',
      { found: { secret: 1 } },
      true,
      'require-approval',
      'local',
    ],
    ['a secret goes nowhere without a private model', { found: { secret: 1 } }, false, 'deny', undefined],
    [
      'sensitive data at the private model stays whole',
      { ...local, declared: 'SENSITIVE' as const },
      true,
      'allow',
      'local',
    ],
  ] as const)('GW3: by default %s', (_, fields, isPrivate, decision, provider) => {
    const decided = decideRoute(withRules(defaultGatewayRules.rules, isPrivate), facts(fields))
    expect([decided.decision, decided.destination?.provider]).toEqual([decision, provider])
  })

  test('GW3: whatever the rules say, nothing sensitive leaves in clear and nothing critical without an approval', () => {
    fc.assert(
      fc.property(anyRules, anyFacts, (rules, asked) => {
        const decided = decideRoute(rules, asked)
        const { sensitivity, redacted } = decided.judged
        const { decision, destination } = decided
        const isPrivate = destination !== null && privateModelOf(rules.privateModels, destination) !== null
        expect(decided.isPrivate).toBe(isPrivate)
        expect(destination === null).toBe(decision === 'deny')
        const way = decided.decision === 'require-approval' ? decided.via : decision
        if (sensitivity === 'CRITICAL') expect(['require-approval', 'deny']).toContain(decision)
        if (sensitivity === 'CRITICAL' && decision !== 'deny') expect(isPrivate).toBe(true)
        if (sensitivity === 'SENSITIVE' && !isPrivate && decision !== 'deny') {
          expect(way).toBe('redact')
          expect(isAtLeast(redacted, 'SENSITIVE')).toBe(false)
        }
        if (way === 'reroute') expect(isPrivate).toBe(true)
      }),
    )
  })

  test('GW4: where no rule fits, it goes to a private model or nowhere', () => {
    fc.assert(
      fc.property(anyRules, anyFacts, (rules, asked) => {
        const decided = decideRoute({ ...rules, rules: [] }, asked)
        expect(decided.isPrivate || decided.decision === 'deny').toBe(true)
      }),
    )
  })

  test.each([
    ['allow', 'no-rule-fits'],
    ['redact', 'no-rule-fits'],
    ['deny', 'r'],
    ['require-approval', 'r'],
  ] as const)('GW4: of an unknown region a rule about regions that says %s: %s', (decision, decidedBy) => {
    const decided = decideRoute(withRules([rule({ regions: ['eu-*'], decision })]), facts({ region: null }))
    expect(decided.because.rule).toBe(decidedBy)
  })

  test('the first rule that fits decides, by agent, provider, model and region without case', () => {
    const rules = withRules([
      rule({ name: 'not the intern', agents: ['intern-*'], decision: 'deny' }),
      rule({ name: 'eu', providers: ['OpenAI'], models: ['gpt*'], regions: ['eu-*'] }),
    ])
    const by = (fields: Partial<RoutingFacts>) => decideRoute(rules, facts(fields)).because.rule
    expect(by({ agent: 'Intern-1', region: 'eu-west' })).toBe('not the intern')
    expect(by({ region: 'EU-West' })).toBe('eu')
    expect(by({ region: 'us-east' })).toBe('no-rule-fits')
  })

  test('a glob fits as the regular expression of it does', () => {
    const text = fc.stringMatching(/^[ab.]{0,8}$/)
    fc.assert(
      fc.property(fc.stringMatching(/^[ab.*]{0,6}$/), text, (pattern, subject) => {
        const source = pattern
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*')
        expect(fitsGlob(pattern, subject)).toBe(new RegExp(`^${source}$`).test(subject))
      }),
    )
  })
})

describe('changes', () => {
  const present = withRules([rule({ name: 'eu', regions: ['eu'] }), rule({ name: 'rest', decision: 'redact' })])
  test.each([
    ['nothing', present, null],
    [
      'a rule that denies, first',
      withRules([rule({ name: 'no', agents: ['x'], decision: 'deny' }), ...present.rules]),
      'LOW',
    ],
    [
      'a stricter decision',
      withRules([present.rules[0] as GatewayRule, rule({ name: 'rest', decision: 'deny' })]),
      'LOW',
    ],
    ['a private model less', { ...present, privateModels: [] }, 'LOW'],
    ['a rule that allows, first', withRules([rule({ name: 'x', agents: ['x'] }), ...present.rules]), 'HIGH'],
    ['a rule less', withRules([rule({ name: 'rest', decision: 'redact' })]), 'HIGH'],
    ['the other order', withRules(present.rules.toReversed()), 'HIGH'],
    ['a private model more', { ...present, privateModels: [local, { ...local, model: 'x' }] }, 'HIGH'],
    ['a class that counts for less', { ...present, classes: { ...present.classes, email: 'PUBLIC' as const } }, 'HIGH'],
  ] satisfies [string, GatewayRules, 'LOW' | 'HIGH' | null][])('GW8: %s', (_, proposed, impact) => {
    expect(weighChange(present, proposed)?.impact ?? null).toBe(impact)
  })

  test('GW8: what is called LOW lets nothing through that was held back', () => {
    let low = 0
    const edit = fc.tuple(fc.nat(4), anyRule, fc.boolean())
    fc.assert(
      fc.property(
        anyRules,
        fc.array(edit, { maxLength: 2 }),
        fc.array(anyFacts, { minLength: 8 }),
        (from, edits, past) => {
          const rules = [...from.rules]
          for (const [at, changed, isNew] of edits) {
            const old = rules[at]
            if (isNew || old === undefined) rules.splice(at, 0, { ...changed, decision: 'deny' })
            else rules[at] = { ...old, decision: changed.decision }
          }
          const to = { ...from, rules }
          if (weighChange(from, to)?.impact === 'HIGH') return
          low += 1
          expect(tryRules({ present: from, proposed: to, past }).filter(({ effect }) => effect === 'looser')).toEqual(
            [],
          )
        },
      ),
    )
    expect(low).toBeGreaterThan(20)
  })

  test('GW9: a dry run counts alike changes together and leaves out what stays', () => {
    const past = [facts({ region: 'eu' }), facts({ region: 'eu' }), facts()]
    const proposed = withRules([rule({ name: 'rest', decision: 'deny' })])
    expect(tryRules({ present, proposed: present, past })).toEqual([])
    expect(tryRules({ present, proposed, past })).toMatchObject([
      { count: 2, effect: 'stricter', asked: { region: 'eu' }, from: { decision: 'allow' }, to: { decision: 'deny' } },
      { count: 1, effect: 'stricter', asked: { region: 'us-east' } },
    ])
  })

  test('what is most likely not meant is told: shadowed rules, twice one name, critical texts nobody may see', () => {
    expect(warningsOf(withRules(defaultGatewayRules.rules))).toEqual([])
    const told = warningsOf(withRules([rule({ name: 'all' }), rule({ name: 'all', agents: ['x'] })], false))
    for (const word of ['Two rules are called “all”', 'never decides', 'waits for an approval', 'no private model'])
      expect(told.join('\n')).toContain(word)
  })
})
