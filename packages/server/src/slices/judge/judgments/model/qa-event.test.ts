import { isDeepStrictEqual } from 'node:util'
import { type QaEvent, refusals } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Refusal, Result } from '../../../../kernel/result.ts'
import { type JudgmentDraft, readQaEvent } from './qa-event.ts'

const now = instantFromEpochMs(Date.UTC(2026, 10, 21, 12))
const read = (value: unknown) => readQaEvent(value, { correlationId: 'made by the caller', now })

const executionId = 'ab'.repeat(16)
const actionId = 'cd'.repeat(8)
const success = {
  type: 'qa_success',
  judge: 'tone judge',
  judgeKind: 'model',
  subject: { kind: 'execution', id: executionId },
  metric: 'tone',
}
const scored = (type: string, score: unknown) => ({ ...success, type, score })
const exemption = { ...success, type: 'qa_exemption', explanation: 'a known outage' }
const coverage = (covered: unknown, total: unknown) => ({
  ...success,
  type: 'qa_coverage',
  coverage: { covered, total },
})

const errorsOf = ({ extensions }: Refusal) =>
  (extensions?.['errors'] ?? []) as readonly { path: string; message: string }[]

function whyRefused(value: unknown): readonly [code: string, path: string] | null {
  const result = read(value)
  if (result.ok) return null
  const [first] = errorsOf(result.refusal)
  return [result.refusal.code, first?.path ?? 'no path']
}

/** A known code, a sentence, and at least one place with what is wrong there; all of it short and printable. */
function isExplained(result: Result<JudgmentDraft>): boolean {
  if (result.ok) return false
  const { code, detail } = result.refusal
  const errors = errorsOf(result.refusal)
  const texts = [detail, ...errors.flatMap(({ path, message }) => [path, message])]
  const areShort = texts.every((text) => text.length < 1_000 && !/\p{Cc}/u.test(text) && text.isWellFormed())
  return Object.hasOwn(refusals, code) && errors.length > 0 && errors.every(({ message }) => message !== '') && areShort
}

/** Refused with a reason, or the same when its event is read again, also after it went through JSON. */
function isSound(value: unknown): boolean {
  const result = read(value)
  if (!result.ok) return isExplained(result)
  const copy: unknown = JSON.parse(JSON.stringify(result.value.event))
  return isDeepStrictEqual(read(result.value.event), result) && isDeepStrictEqual(read(copy), result)
}

describe('what a judge may say', () => {
  test('what is left out is null, the correlation id is that of the run, the time is now', () => {
    const result = read(success)
    expect(result.ok ? result.value : null).toEqual({
      event: {
        ...success,
        label: null,
        explanation: null,
        idempotencyKey: null,
        score: null,
        confidence: null,
        order: null,
        correlationId: executionId,
        observedAt: '2026-11-21T12:00:00.000Z',
      },
      verdict: 'qa_success',
      executionId,
      actionId: null,
      observedAt: now,
    })
  })

  test('what is about no run gets the correlation id that was made', () => {
    const result = read({ ...success, subject: { kind: 'series', id: 'nightly' } })
    expect(result.ok ? result.value.event.correlationId : null).toBe('made by the caller')
  })

  test.each([
    ['execution', executionId, { executionId, actionId: null }],
    ['action', `${executionId}/${actionId}`, { executionId, actionId }],
    ['artifact', 'report.pdf', { executionId: null, actionId: null }],
    ['macro', 'restart', { executionId: null, actionId: null }],
    ['series', 'coverage of main', { executionId: null, actionId: null }],
  ] as const)('the subject may be an %s', (kind, id, about) => {
    expect(read({ ...success, subject: { kind, id } })).toMatchObject({ ok: true, value: about })
  })

  test.each([
    [scored('qa_success', { value: 0.5, min: 0, max: 1, passFrom: 0.5 }), 'qa_success'],
    [scored('qa_failure', { value: -3, min: -5, max: 5, passFrom: 0 }), 'qa_failure'],
    [scored('qa_warning', { value: 1, min: 0, max: 10, passFrom: 5 }), null],
    [exemption, null],
    [{ ...exemption, expiresAt: '2026-12-01T00:00:00+01:00' }, null],
    [{ ...success, type: 'qa_disabled', change: 'deleted' }, null],
    [coverage(0, 10), null],
  ] as const)('%#: only qa_success and qa_failure are verdicts', (event, verdict) => {
    expect(read(event)).toMatchObject({ ok: true, value: { verdict } })
  })

  test('a correlation id of its own stays, and times become UTC', () => {
    const event = { ...exemption, correlationId: 'own', observedAt: '2026-11-21T12:00:00.1239+01:00' }
    expect(read({ ...event, expiresAt: '2027-01-01T00:00:00+01:00' })).toMatchObject({
      ok: true,
      value: {
        event: { correlationId: 'own', observedAt: '2026-11-21T11:00:00.123Z', expiresAt: '2026-12-31T23:00:00.000Z' },
      },
    })
  })
})

const withOwnProto = JSON.parse(`{"__proto__": {"polluted": true}, ${JSON.stringify(success).slice(1)}`) as unknown

describe('JU9: what no judge may say is refused with the place', () => {
  test.each([
    [null, ''],
    [[success], ''],
    ['qa_success', ''],
    [{}, '/type'],
    [{ ...success, type: 'qa_drift' }, '/type'],
    [{ ...success, judge: undefined }, '/judge'],
    [{ ...success, judge: '  ' }, '/judge'],
    [{ ...success, metric: 'a\u0000b' }, '/metric'],
    [{ ...success, metric: 'a\u0085b' }, '/metric'],
    [{ ...success, metric: 'a\ud800' }, '/metric'],
    [{ ...success, label: 'x'.repeat(201) }, '/label'],
    [{ ...success, explanation: 'x'.repeat(5_001) }, '/explanation'],
    [{ ...success, explanation: 'rings \u0007' }, '/explanation'],
    [{ ...success, correlationId: '' }, '/correlationId'],
    [{ ...success, confidence: 1.01 }, '/confidence'],
    [{ ...success, confidence: Number.NaN }, '/confidence'],
    [{ ...success, confidence: '0.5' }, '/confidence'],
    [{ ...success, subject: { kind: 'execution', id: executionId.toUpperCase() } }, '/subject/id'],
    [{ ...success, subject: { kind: 'action', id: actionId } }, '/subject/id'],
    [{ ...success, subject: { kind: 'agent', id: 'x' } }, '/subject/kind'],
    [scored('qa_success', { value: Number.POSITIVE_INFINITY, min: 0, max: 1 }), '/score/value'],
    [scored('qa_success', { value: JSON.parse('1e999'), min: 0, max: 1 }), '/score/value'],
    [scored('qa_success', { value: 1, min: -1e13, max: 1 }), '/score/min'],
    [scored('qa_success', 0.5), '/score'],
    [{ ...success, observedAt: '2026-02-30T00:00:00Z' }, '/observedAt'],
    [{ ...success, observedAt: '2026-11-22T12:00:00.001Z' }, '/observedAt'],
    [{ ...success, observedAt: '1969-12-31T23:59:59Z' }, '/observedAt'],
    [{ ...exemption, expiresAt: '9999-12-31T23:59:59-01:00' }, '/expiresAt'],
    [{ ...success, type: 'qa_exemption' }, '/explanation'],
    [coverage(1.5, 2), '/coverage/covered'],
    [coverage(0, 0), '/coverage/total'],
    [{ ...success, coverage: { covered: 1, total: 2 } }, ''],
    [withOwnProto, ''],
    [{ ...success, subject: { kind: 'macro', id: 'x', constructor: 1 } }, '/subject'],
    [Object.create(success), ''],
    [{ ...success, deep: { a: { b: { c: { d: {} } } } } }, '/deep/a/b/c'],
  ])('shape and range %#', (value, path) => {
    expect(whyRefused(value)).toEqual(['invalid-body', path])
  })

  test.each([
    [scored('qa_success', { value: 0.4, min: 0, max: 1, passFrom: 0.5 }), '/type'],
    [scored('qa_failure', { value: 0.5, min: 0, max: 1, passFrom: 0.5 }), '/type'],
    [scored('qa_success', { value: 2, min: 0, max: 1 }), '/score/value'],
    [scored('qa_success', { value: 0, min: 1, max: 0 }), '/score/max'],
    [scored('qa_success', { value: 0, min: 0, max: 0 }), '/score/max'],
    [scored('qa_success', { value: 1, min: 0, max: 1, passFrom: 2 }), '/score/passFrom'],
    [{ ...exemption, expiresAt: '2026-11-21T12:00:00Z' }, '/expiresAt'],
    [coverage(11, 10), '/coverage/covered'],
  ])('contradiction %#', (value, path) => {
    expect(whyRefused(value)).toEqual(['not-processable', path])
  })

  test('a prototype is never changed by what came in', () => {
    read(withOwnProto)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

// --- fuzz ----------------------------------------------------------------------------------------------------------

const text = fc.string({ minLength: 1, maxLength: 30 }).map((inside) => `a${inside}z`)
const hexDigits = (count: number) =>
  fc.string({ unit: fc.constantFrom('1', '9', 'a', 'f'), minLength: count, maxLength: count })
const subject = fc.oneof(
  fc.record({ kind: fc.constant('execution'), id: hexDigits(32) }),
  fc
    .tuple(hexDigits(32), hexDigits(16))
    .map(([execution, action]) => ({ kind: 'action', id: `${execution}/${action}` })),
  fc.record({ kind: fc.constantFrom('artifact', 'macro', 'series'), id: text }),
)
const time = fc.date({ min: new Date(0), max: new Date(now), noInvalidDate: true }).map((at) => at.toISOString())
const share = fc.double({ min: 0, max: 1, noNaN: true })

/** Events as honest judges send them. */
const goodEvent: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    base: fc.record(
      {
        // An address is refused, since a person is named by id.
        judge: text.filter((name) => !name.includes('@')),
        judgeKind: fc.constantFrom('human', 'code', 'model', 'outcome'),
        subject,
        metric: text,
        label: fc.option(text),
        explanation: fc.option(text),
        correlationId: text,
        observedAt: time,
        idempotencyKey: fc.option(text),
      },
      { requiredKeys: ['judge', 'judgeKind', 'subject', 'metric'] },
    ),
    type: fc.constantFrom<QaEvent['type'][]>(
      'qa_success',
      'qa_failure',
      'qa_warning',
      'qa_exemption',
      'qa_disabled',
      'qa_coverage',
    ),
    value: share,
    passFrom: share,
    confidence: fc.option(share),
    total: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ base, type, value, passFrom, confidence, total }) => {
    if (type === 'qa_exemption') return { ...base, type, explanation: 'excused', expiresAt: '2099-01-01T00:00:00Z' }
    if (type === 'qa_disabled') return { ...base, type }
    if (type === 'qa_coverage') return { ...base, type, coverage: { covered: Math.floor(total * value), total } }
    const passes = value >= passFrom
    const said = type === 'qa_warning' ? type : passes ? 'qa_success' : 'qa_failure'
    return { ...base, type: said, score: { value, min: 0, max: 1, passFrom }, confidence }
  })

const notNumbers = fc.constantFrom<unknown[]>(
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  '1',
  10n,
  {},
  [],
)
const spoiltText = fc.oneof(
  fc.constantFrom<unknown[]>('', '   ', undefined, 7, true, {}, [], 'x'.repeat(5_001)),
  fc
    .tuple(text, fc.constantFrom('\u0000', '\u001b', '\u007f', '\u009f', '\ud800'), text)
    .map((parts) => parts.join('')),
)

/** Changes each of which makes any good event a bad one. */
const spoil: fc.Arbitrary<(event: Record<string, unknown>) => unknown> = fc.oneof(
  fc
    .tuple(fc.constantFrom('judge', 'metric', 'judgeKind', 'type', 'subject'), spoiltText)
    .map(([key, bad]) => (event: object) => ({ ...event, [key]: bad })),
  fc.tuple(fc.constantFrom('kind', 'id'), spoiltText).map(([key, bad]) => (event: { subject?: unknown }) => ({
    ...event,
    subject: { ...(event.subject as object), [key]: bad },
  })),
  fc
    .tuple(fc.constantFrom('value', 'min', 'max'), fc.oneof(notNumbers, fc.constant(1e13)))
    .map(([key, bad]) => (event: object) => ({ ...event, score: { value: 1, min: 0, max: 1, [key]: bad } })),
  fc
    .oneof(
      notNumbers,
      fc.double({ min: 1, minExcluded: true, noNaN: true }),
      fc.double({ max: -Number.MIN_VALUE, noNaN: true }),
    )
    .map((confidence) => (event: object) => ({ ...event, confidence })),
  fc.tuple(fc.constantFrom('__proto__', 'constructor', 'prototype', 'unknown', 'toString'), fc.jsonValue()).map(
    ([key, bad]) =>
      (event: object) =>
        JSON.parse(`{"${key}":${JSON.stringify(bad)},${JSON.stringify(event).slice(1)}`) as unknown,
  ),
  fc
    .constantFrom('yesterday', '2026-13-01T00:00:00Z', '2030-01-01T00:00:00Z', 0)
    .map((observedAt) => (event: object) => ({ ...event, observedAt })),
  fc.constant((event: object) => [event]),
  fc.constant((event: object) => JSON.stringify(event)),
)

describe('fuzz', () => {
  test('an honest event is accepted and survives a second reading unchanged', () => {
    fc.assert(
      fc.property(goodEvent, (event) => read(event).ok && isSound(event)),
      { numRuns: 1_000 },
    )
  })

  // `npm run suite -- qa-fuzz` takes ten times as many, and over HTTP.
  test('JU9: 10,000 malformed events: each is refused with a reason, none throws', () => {
    const anything = fc.anything({
      maxDepth: 2,
      maxKeys: 4,
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
    })
    fc.assert(
      fc.property(anything, (value) => isExplained(read(value))),
      { numRuns: 3_000 },
    )
    fc.assert(
      fc.property(goodEvent, spoil, (event, change) => isExplained(read(change(event)))),
      { numRuns: 7_000 },
    )
  })

  test('JU9: whatever a mutation makes of an honest event, it is refused with a reason or survives a second reading', () => {
    const keys = [
      'type',
      'judge',
      'subject',
      'metric',
      'label',
      'score',
      'confidence',
      'order',
      'observedAt',
      'expiresAt',
    ]
    const graft = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, share, time, fc.constantFrom(-0, 1e12, '\t', null))
    fc.assert(
      fc.property(goodEvent, fc.constantFrom(...keys), graft, (event, key, value) =>
        isSound({ ...event, [key]: value }),
      ),
      { numRuns: 1_000 },
    )
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 4 }), fc.string({ unit: 'binary', maxLength: 3 }))
    fc.assert(
      fc.property(goodEvent, edit, (event, [place, cut, put]) => {
        const json = JSON.stringify(event)
        const at = place % json.length
        const changed = jsonOrNull(json.slice(0, at) + put + json.slice(at + cut))
        return changed === null || isSound(changed)
      }),
      { numRuns: 3_000 },
    )
  })
})

function jsonOrNull(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
