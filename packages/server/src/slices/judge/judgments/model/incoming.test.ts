import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { readIncoming } from './incoming.ts'
import { latestOfEach } from './label.ts'
import { shippedStatusWords } from './status-words.ts'

const now = instantFromEpochMs(1_795_000_000_000)
const run = 'a'.repeat(32)
const read = (value: unknown) =>
  readIncoming(value, { words: shippedStatusWords, correlationId: 'made by the caller', now })

const about = { judge: 'grader', subject: { kind: 'execution', id: run }, metric: 'helpfulness' }
const answer = (text: string, more: object = {}) => ({ ...about, answer: text, ...more })

describe('an event', () => {
  test('JU11: is one judgment, in the story of its run', () => {
    const score = { value: 4, min: 1, max: 5, passFrom: 3 }
    const event = { ...about, type: 'qa_success', judgeKind: 'model', score, confidence: 0.5, idempotencyKey: 'k' }
    expect(read(event)).toMatchObject({
      ok: true,
      value: [
        {
          executionId: run,
          actionId: null,
          verdict: 'qa_success',
          notice: null,
          score: 4,
          scale: { min: 1, max: 5, passFrom: 3 },
          confidence: 0.5,
          order: null,
          correlationId: run,
          observedAt: now,
          idempotencyKey: 'grader\nk',
        },
      ],
    })
  })

  test.each([
    [{ type: 'qa_warning' }, { type: 'qa_warning' }],
    [
      { type: 'qa_exemption', explanation: 'a known flake' },
      { type: 'qa_exemption', expiresAt: null },
    ],
    [
      { type: 'qa_disabled', change: 'deleted' },
      { type: 'qa_disabled', change: 'deleted' },
    ],
    [
      { type: 'qa_coverage', coverage: { covered: 3, total: 4 } },
      { type: 'qa_coverage', covered: 3, total: 4 },
    ],
  ])('JU11: %j is no verdict but a notice', (event, notice) => {
    const subject = { kind: 'series', id: 'nightly' }
    expect(read({ ...about, subject, judgeKind: 'code', ...event })).toMatchObject({
      ok: true,
      value: [{ verdict: null, notice, score: null, executionId: null, correlationId: 'made by the caller' }],
    })
  })

  test('a person is named by id, never by address', () => {
    const event = { ...about, type: 'qa_success', judgeKind: 'human', judge: 'jane@example.com' }
    const refusal = { code: 'invalid-body', detail: expect.stringMatching(/^\/judge: is an e-mail address/) }
    expect(read(event)).toMatchObject({ ok: false, refusal })
    expect(read(answer('pass', { judge: 'jane@example.com' }))).toMatchObject({ ok: false, refusal })
    expect(read({ ...event, judge: 'user:0190' })).toMatchObject({ ok: true })
  })
})

describe('an answer', () => {
  test('JU12: is one judgment for each verdict in it, each with a key of its own', () => {
    const text =
      'Well.\n```json\n[{"metric":"tone","verdict":"Passed","score":0.9},{"status":"not satisfied","reason":"rude"}]\n```'
    const scale = { min: 0, max: 1, passFrom: null }
    const came = read(answer(text, { idempotencyKey: 'k', scale, order: 'swapped' }))
    expect(came).toMatchObject({
      ok: true,
      value: [
        { metric: 'tone', verdict: 'qa_success', score: 0.9, scale, label: 'Passed', idempotencyKey: 'grader\nk\n0' },
        { metric: 'helpfulness', verdict: 'qa_failure', score: null, scale: null, explanation: 'rude' },
      ],
    })
    if (!came.ok) return
    expect(came.value.map(({ judgeKind, order, correlationId }) => [judgeKind, order, correlationId])).toEqual([
      ['model', 'swapped', run],
      ['model', 'swapped', run],
    ])
    expect(new Set(came.value.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
  })

  test.each([
    ['[]', null],
    ['{"verdict":"partially satisfied"}', 'partially satisfied'],
  ])('JU12: %s is an abstention: no verdict', (text, label) => {
    expect(read(answer(text))).toMatchObject({ ok: true, value: [{ verdict: null, notice: null, score: null, label }] })
  })

  test.each([
    [answer('{"verdict":"splendid"}'), 'status-word-unknown', '"splendid" is no status word'],
    [answer('{"verdict":"pass"'), 'invalid-body', 'looks like JSON but is none'],
    [answer('pass', { label: 'x' }), 'invalid-body', 'has no member "label"'],
    [answer('pass', { constructor: 1 }), 'invalid-body', 'must have no member constructor'],
    [answer('pass', { observedAt: '2100-01-01T00:00:00Z' }), 'invalid-body', '/observedAt'],
    [answer('{"verdict":"pass","metric":"a\\nb"}'), 'not-processable', 'control characters'],
    [answer('{"verdict":"pass","score":1e13}'), 'not-processable', 'beyond'],
    [
      answer('{"verdict":"pass","score":2}', { scale: { min: 0, max: 1, passFrom: null } }),
      'not-processable',
      'lies outside its scale',
    ],
    [
      answer('{"verdict":"pass","score":0.2}', { scale: { min: 0, max: 1, passFrom: 0.5 } }),
      'not-processable',
      'says qa_success',
    ],
  ])('JU12: %j is refused as %s', (value, code, detail) => {
    expect(read(value)).toMatchObject({ ok: false, refusal: { code, detail: expect.stringContaining(detail) } })
  })
})

test('JU14: of a subject and metric the label that came last counts', () => {
  const label = (id: string, metric: string, verdict: string) => ({
    subject: { kind: 'artifact' as const, id },
    metric,
    verdict,
  })
  const labels = [label('a', 'm', 'pass'), label('a', 'n', 'pass'), label('a', 'm', 'fail')]
  expect(latestOfEach(labels).map(({ metric, verdict }) => [metric, verdict])).toEqual([
    ['m', 'fail'],
    ['n', 'pass'],
  ])
})
