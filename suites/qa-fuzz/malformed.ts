import type { Random } from '../../packages/server/src/ports/random.ts'

/** An event that nobody may accept, and how it came to be that. */
export interface Malformed {
  readonly value: unknown
  readonly by: string
  /** Whether JSON can say it, so that it can be sent. */
  readonly isJson: boolean
}

type Event = Readonly<Record<string, unknown>>

interface Spoiler {
  readonly by: string
  readonly isJson: boolean
  readonly spoil: (event: Event, chance: Chance) => unknown
}

/** Choices of one seed. */
export class Chance {
  readonly #random: Pick<Random, 'unit'>

  constructor(random: Pick<Random, 'unit'>) {
    this.#random = random
  }

  int(below: number): number {
    return Math.floor(this.#random.unit() * below)
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  text(length: number): string {
    return Array.from({ length }, () => this.of(letters)).join('')
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.of([...'123456789abcdef'])).join('')
  }
}

const letters = [...'abcXYZ 019äßλЖ中\u0301\u200d🙂-_/.:"\'\\<>{}$%']

/** An event as an honest judge sends it. */
export function honestEvent(chance: Chance): Event {
  const subject = chance.of([
    { kind: 'execution', id: chance.hex(32) },
    { kind: 'action', id: `${chance.hex(32)}/${chance.hex(16)}` },
    { kind: chance.of(['artifact', 'macro', 'series']), id: `a${chance.text(chance.int(40))}z` },
  ])
  const common = {
    judge: `judge ${chance.int(9)}`,
    judgeKind: chance.of(['human', 'code', 'model', 'outcome']),
    subject,
    metric: `m${chance.text(chance.int(20))}z`,
    ...(chance.int(2) === 0 ? {} : { explanation: `e${chance.text(chance.int(200))}z` }),
    ...(chance.int(2) === 0 ? {} : { idempotencyKey: chance.hex(20) }),
  }
  switch (chance.int(5)) {
    case 0:
      return { ...common, type: 'qa_exemption', explanation: 'a known outage', expiresAt: '2099-01-01T00:00:00Z' }
    case 1:
      return { ...common, type: 'qa_disabled', change: chance.of(['disabled', 'deleted']) }
    case 2:
      return { ...common, type: 'qa_coverage', coverage: { covered: 3, total: 3 + chance.int(9) } }
    case 3:
      return { judge: 'llm', subject, metric: 'tone', answer: chance.of(answers) }
    default: {
      const value = chance.int(100) / 100
      const score = { value, min: 0, max: 1, passFrom: 0.5 }
      return { ...common, type: value < 0.5 ? 'qa_failure' : 'qa_success', score, confidence: 0.25 }
    }
  }
}

const answers = ['pass', '{"verdict":"Failed"}', '[]', 'Well:\n```json\n[{"status":"ok","score":0.5}]\n```']

/** A malformed event of the seed: an honest one with something done to it, or something that was never one. */
export function malformedEvent(chance: Chance): Malformed {
  const { by, isJson, spoil } = chance.of(spoilers)
  return { value: spoil(honestEvent(chance), chance), by, isJson }
}

const json = (by: string, spoil: Spoiler['spoil']): Spoiler => ({ by, isJson: true, spoil })
const memory = (by: string, spoil: Spoiler['spoil']): Spoiler => ({ by, isJson: false, spoil })

const required = ['judge', 'metric', 'subject'] as const
const noTexts = ['', '   ', '\n\t', 7, -0, true, null, [], {}, ['a'], { toString: 'x' }] as const
const controls = ['\u0000', '\u0007', '\u001b[2J', '\u007f', '\u0085', '\u009f'] as const
const halves = ['\ud800', '\udfff', '\udc00\ud800'] as const
const prototypeKeys = ['__proto__', 'constructor', 'prototype'] as const
const foreignKeys = [
  'tenant',
  'organizationId',
  'gold',
  'synthetic',
  'trust',
  'toString',
  'hasOwnProperty',
  '$where',
] as const
const noTimes = [
  'yesterday',
  '2026-02-30T00:00:00Z',
  '2026-01-01',
  '9999-12-31T23:59:59Z',
  '',
  0,
  1e18,
  null,
  {},
] as const
const noNumbers = ['1', '', null, true, [], {}, 'NaN', 'Infinity', '0x10'] as const
const noSubjects = [
  null,
  'execution',
  [],
  {},
  { kind: 'execution' },
  { kind: 'execution', id: '0'.repeat(32) },
  { kind: 'execution', id: 'A'.repeat(32) },
  { kind: 'action', id: 'a'.repeat(32) },
  { kind: 'action', id: `${'a'.repeat(32)}/${'0'.repeat(16)}` },
  { kind: 'agent', id: 'x' },
  { kind: 'series', id: '' },
  { kind: 'series', id: 'x', also: 1 },
  { kind: ['series'], id: 'x' },
] as const
const badAnswers = [
  '',
  'not satisfactory at all',
  '{"verdict":"pass","status":"fail"}',
  '{"verdict":"pass","verdict":"fail"}',
  '{"verdict":"pass"',
  '```json\n{"verdict":"pass"}',
  '```python\npass\n```',
  '[1]',
  '{"score":1}',
  '{"verdict":"pass","score":1e999}',
  '{"verdict":"pass","confidence":2}',
  '{"verdict":["pass"]}',
  'pass\u0000',
  '\ud800',
  'x'.repeat(100_001),
  `[${'"pass",'.repeat(1_000)}"pass"]`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
] as const

const spoilers: readonly Spoiler[] = [
  json('a required member left out', (event, chance) => without(event, chance.of(required))),
  json('a required member that is no text', (event, chance) => ({
    ...event,
    [chance.of(['judge', 'metric'])]: chance.of(noTexts),
  })),
  json('a text beyond its length', (event, chance) => ({
    ...event,
    [chance.of(['judge', 'metric', 'correlationId'])]: 'x'.repeat(201 + chance.int(100_000)),
  })),
  json('control characters', (event, chance) => ({
    ...event,
    [chance.of(['judge', 'metric', 'correlationId', 'idempotencyKey'])]: `a${chance.of(controls)}z`,
  })),
  json('half of a surrogate pair', (event, chance) => ({
    ...event,
    [chance.of(['judge', 'metric'])]: `a${chance.of(halves)}z`,
  })),
  json('a member that no event has', (event, chance) => ({ ...event, [chance.of(foreignKeys)]: chance.text(5) })),
  json('a key of the prototype', (event, chance) =>
    // As `JSON.parse` makes it: an own member of this name.
    JSON.parse(`{"${chance.of(prototypeKeys)}":{"polluted":true},${JSON.stringify(event).slice(1)}`),
  ),
  json('a key of the prototype within', (event, chance) => ({
    ...event,
    subject: JSON.parse(`{"${chance.of(prototypeKeys)}":{"polluted":true},"kind":"series","id":"x"}`) as unknown,
  })),
  json('no subject', (event, chance) => ({ ...event, subject: chance.of(noSubjects) })),
  json('no time', (event, chance) => ({ ...event, observedAt: chance.of(noTimes) })),
  json('a time to come', (event) => ({ ...event, observedAt: '2200-01-01T00:00:00Z' })),
  json('no kind of judge', (event, chance) => ({
    ...event,
    judgeKind: chance.of(['', 'robot', 'MODEL', 1, {}, null]),
  })),
  json('an address as judge', (event) => ({ ...event, judge: 'jane.doe@example.com' })),
  json('no type', (event, chance) => ({
    ...without(event, 'answer'),
    type: chance.of(['', 'qa_pass', 'QA_SUCCESS', 'qa_label', 'qa_arbitration', 7, null, ['qa_success'], {}]),
  })),
  json('nested too deep', (event, chance) => ({ ...event, subject: nested(chance.of([5, 50, 2_000])) })),
  json('a score that is no number', (event, chance) =>
    verdict(event, { score: { value: chance.of(noNumbers), min: 0, max: 1 } }),
  ),
  json('a score beyond any scale', (event) => verdict(event, { score: { value: 1e13, min: 0, max: 1e13 } })),
  json('a score outside its scale', (event, chance) =>
    verdict(event, { score: { value: chance.of([-0.001, 1.001, 99]), min: 0, max: 1 } }),
  ),
  json('a scale upside down', (event) => verdict(event, { score: { value: 0, min: 0, max: 0 } })),
  json('a verdict against its own score', (event) =>
    verdict(event, { type: 'qa_success', score: { value: 0.1, min: 0, max: 1, passFrom: 0.5 } }),
  ),
  json('no confidence', (event, chance) =>
    verdict(event, { confidence: chance.of([-0.01, 1.01, 1e308, '0.5', [], {}]) }),
  ),
  json('no order', (event, chance) => verdict(event, { order: chance.of(['', 'reversed', 1, []]) })),
  json('no coverage', (event, chance) => ({
    ...checkOf(event),
    type: 'qa_coverage',
    coverage: chance.of([
      null,
      {},
      { covered: 2, total: 1 },
      { covered: -1, total: 1 },
      { covered: 0.5, total: 1 },
      { covered: 0, total: 0 },
    ]),
  })),
  json('an exemption without a reason', (event) => ({
    ...without(checkOf(event), 'explanation'),
    type: 'qa_exemption',
  })),
  json('an exemption that ends before it begins', (event) => ({
    ...checkOf(event),
    type: 'qa_exemption',
    explanation: 'x',
    expiresAt: '2001-01-01T00:00:00Z',
  })),
  json('a score on what has none', (event) => ({
    ...checkOf(event),
    type: 'qa_disabled',
    score: { value: 1, min: 0, max: 1 },
  })),
  json('an answer that cannot be read', ({ subject }, chance) => ({
    judge: 'llm',
    metric: 'tone',
    subject,
    answer: chance.of(badAnswers),
  })),
  json('an answer that is no text', ({ subject }, chance) => ({
    judge: 'llm',
    metric: 'tone',
    subject,
    answer: chance.of([null, 7, true, [], {}]),
  })),
  json('an answer beside a verdict', ({ subject }) => ({
    judge: 'llm',
    metric: 'tone',
    subject,
    answer: 'pass',
    type: 'qa_success',
  })),
  json('no object', (event, chance) =>
    chance.of<unknown>([null, true, 0, '', 'qa_success', [], [event], JSON.stringify(event), [[[[[]]]]]]),
  ),
  json('any JSON', (_event, chance) => ({ ...anyObject(chance, 0) })),
  memory('not a number', (event, chance) =>
    verdict(event, {
      score: {
        value: chance.of([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 10n]),
        min: 0,
        max: 1,
      },
    }),
  ),
  memory('a confidence that is not a number', (event, chance) =>
    verdict(event, { confidence: chance.of([Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('x')]) }),
  ),
  memory('a foreign prototype', (event) => Object.assign(Object.create({ type: 'qa_success' }) as object, event)),
  memory('an object of a class', (_event, chance) =>
    chance.of<unknown>([
      new Date(0),
      new Map([['type', 'qa_success']]),
      new Set(),
      /x/,
      () => 'qa_success',
      Symbol('x'),
      1n,
    ]),
  ),
  memory('a circle', (event) => {
    const circle: Record<string, unknown> = { ...event }
    circle['subject'] = circle
    return circle
  }),
]

function without(event: Event, key: string): Event {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== key))
}

/** What all events have in common, of this one. */
function checkOf({ subject, explanation }: Event): Event {
  const common = { judge: 'ci', judgeKind: 'code', metric: 'm', subject }
  return explanation === undefined ? common : { ...common, explanation }
}

function verdict(event: Event, change: Event): Event {
  return { ...checkOf(event), type: 'qa_warning', ...change }
}

function nested(levels: number): unknown {
  let value: unknown = { kind: 'series', id: 'x' }
  for (let level = 0; level < levels; level++) value = { kind: 'series', id: value }
  return value
}

/** Random JSON; without `type` and `answer` it can be no event. */
function anyObject(chance: Chance, depth: number): Event {
  const entries = Array.from({ length: chance.int(5) }, (_, index) => {
    const value = chance.of<unknown>([null, chance.int(9), chance.text(8), true, [], 1e300, -0])
    return [`k${index}${chance.text(3)}`, depth < 2 && chance.int(3) === 0 ? anyObject(chance, depth + 1) : value]
  })
  return Object.fromEntries(entries) as Event
}

/** Bodies that are no batch of events at all. */
export const hostileBodies: readonly (string | Uint8Array)[] = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '"',
  '{',
  '{"events":',
  '{"events":[]}',
  '{"events":{}}',
  '{"events":null}',
  '{"events":[1],"also":1}',
  '{"events":[{"type":"qa_success","score":{"value":NaN}}]}',
  '{"events":[{"confidence":Infinity}]}',
  '{"events":[{"confidence":-Infinity}]}',
  "{'events':[]}",
  '{"events":[undefined]}',
  '{"events":[{}],}',
  '\uFEFF{"events":[',
  `${'['.repeat(100_000)}`,
  `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  `{"events":[${'null,'.repeat(1_000)}null]}`,
  `{"events":"${'x'.repeat(1_000_000)}"}`,
  '{"__proto__":{"events":[]}}',
  '{"constructor":{"prototype":{"events":[]}}}',
  new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
  new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
  new Uint8Array(1_000),
]
