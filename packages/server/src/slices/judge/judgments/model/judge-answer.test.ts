import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJudgeAnswer, statusWordsAddress } from './judge-answer.ts'
import { shippedStatusWords, withStatusWords } from './status-words.ts'

const read = (text: string) => readJudgeAnswer(text, shippedStatusWords)

function meaningsIn(text: string) {
  const answer = read(text)
  return answer.ok ? answer.value.verdicts.map(({ meaning }) => meaning) : answer.refusal.code
}

const fenced = (json: string, fence = '```') => `Let me think.\n\n${fence}json\n${json}\n${fence}\nThat is all.`

test.each([
  ['pass', ['pass']],
  ['  **Unsatisfactory**\n', ['fail']],
  ['"partially satisfied"', ['abstain']],
  ['"pass".', ['pass']],
  ['{"verdict": "fail"}', ['fail']],
  ['{"status": "Compliant", "score": 4, "confidence": 0.9}', ['pass']],
  ['["pass", {"result": "failed"}, {"verdict": "unknown"}]', ['pass', 'fail', 'abstain']],
  ['{"verdicts": [{"metric": "tone", "verdict": "correct"}]}', ['pass']],
  ['{"verdict": "pass", "status": "success"}', ['pass']],
  [fenced('{"verdict": "fail"}'), ['fail']],
  [fenced('["pass", "fail"]', '~~~~'), ['pass', 'fail']],
  ['```\nsatisfied\n```', ['pass']],
  ['```json {"verdict": "fail"}```', ['fail']],
  ['```JSON\r\n{"verdict":\r\n"fail"}\r\n```', ['fail']],
  [`\`\`\`python\nprint("pass")\n\`\`\`\n${fenced('{"verdict": "fail"}')}`, ['fail']],
  [`${fenced('{"verdict": "pass"}')}\n${fenced('{"verdict": "fail"}')}`, ['pass', 'fail']],
] as const)('a judge may answer %j', (text, meanings) => {
  expect(meaningsIn(text)).toEqual(meanings)
})

test.each(['[]', '{"verdicts": []}', '{"results": []}', fenced('[]')])(
  'JU10: an empty list of verdicts is an abstention and no pass: %j',
  (text) => {
    const answer = read(text)
    expect(answer).toMatchObject({
      ok: true,
      value: { verdicts: [], meaning: 'abstain', because: { rule: 'no-verdict', observed: 0, limit: 1 } },
    })
  },
)

test.each([
  ['["pass", "pass"]', 'pass', 'all-pass'],
  ['["pass", "unknown"]', 'abstain', 'one-abstains'],
  ['["unknown", "fail", "pass"]', 'fail', 'one-fails'],
] as const)('JU10: all of %s comes to %s', (text, meaning, rule) => {
  expect(read(text)).toMatchObject({ ok: true, value: { meaning, because: { rule } } })
})

test.each([
  ['', ''],
  ['not pass', ''],
  ['The verdict is pass', ''],
  ['{"verdict": "mostly fine"}', '/verdict'],
  ['["pass", {"status": "constructor"}]', '/1/status'],
  ['{"verdicts": ["passable"]}', '/verdicts/0'],
  [`{"verdict": "pass\\u0000"}`, '/verdict'],
  ['"'.repeat(99_000), ''],
] as const)('JU10: an unlisted word is refused with the address of the table, never guessed: %#', (text, path) => {
  const answer = read(text)
  expect(answer).toMatchObject({
    ok: false,
    refusal: { code: 'status-word-unknown', extensions: { table: statusWordsAddress, path } },
  })
  expect(answer.ok ? '' : answer.refusal.detail).toContain('/api/v1/qa/status-words')
})

test('a word that reviewers added is understood', () => {
  const words = withStatusWords(shippedStatusWords, [{ word: 'mostly fine', meaning: 'pass' }])
  expect(readJudgeAnswer('{"verdict": "Mostly fine"}', words)).toMatchObject({ ok: true, value: { meaning: 'pass' } })
})

test.each([
  ['{"verdict": "pass"', 'invalid-body'],
  ['```json\n{"verdict": "pass"}', 'invalid-body'],
  ['```python\npass\n```', 'invalid-body'],
  ['{}', 'invalid-body'],
  ['{"verdict": true}', 'invalid-body'],
  ['{"verdict": null}', 'invalid-body'],
  ['[null]', 'invalid-body'],
  ['[["pass"]]', 'invalid-body'],
  ['{"verdicts": "pass"}', 'invalid-body'],
  ['{"__proto__": {"verdict": "pass"}}', 'invalid-body'],
  ['{"constructor": "pass", "toString": "pass"}', 'invalid-body'],
  ['{"verdict": "pass", "confidence": 1.1}', 'invalid-body'],
  ['{"verdict": "pass", "confidence": -0.1}', 'invalid-body'],
  ['{"verdict": "pass", "score": 1e999}', 'invalid-body'],
  ['{"verdict": "pass", "metric": 7}', 'invalid-body'],
  ['{"verdict": "pass", "reason": "a\\u0007b"}', 'invalid-body'],
  [`{"verdict": "pass", "metric": "${'m'.repeat(201)}"}`, 'invalid-body'],
  ['pass\u0000', 'invalid-body'],
  ['pass \ud800', 'invalid-body'],
  [`[${'"pass",'.repeat(1_000)}"pass"]`, 'invalid-body'],
  ['x'.repeat(100_001), 'invalid-body'],
  ['['.repeat(100_000), 'invalid-body'],
  ['{"verdict": "pass", "status": "fail"}', 'not-processable'],
  ['{"verdict": "fail", "verdict": "pass"}', 'not-processable'],
  ['{"verdict": "pass", "verdicts": []}', 'not-processable'],
  ['{"results": [], "verdicts": ["fail"]}', 'not-processable'],
] as const)('what cannot be read or contradicts itself is refused: %#', (text, code) => {
  expect(meaningsIn(text)).toBe(code)
})

test('what a judge says beside its verdict is kept, and what it leaves out is null', () => {
  const answer = read(
    '{"verdict": "Fail", "criterion": " tone ", "score": 0.25, "confidence": 0.5, "reasoning": " rude "}',
  )
  const whole = { meaning: 'fail', word: 'Fail', metric: 'tone', score: 0.25, confidence: 0.5, explanation: 'rude' }
  expect(answer.ok ? answer.value.verdicts : []).toEqual([whole])
  const bare = { meaning: 'pass', word: 'ok', metric: null, score: null, confidence: null, explanation: null }
  const short = read('ok')
  expect(short.ok ? short.value.verdicts : []).toEqual([bare])
})

test('any text is read or refused with a reason, and none makes a pass without a listed word that is one', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.json({ maxDepth: 3 }),
    fc.constantFrom(
      '```',
      '```json\n',
      '\n```\n',
      '"pass"',
      'fail',
      '{"verdict":',
      '"status":',
      '[',
      ']',
      '}',
      ',',
      '\n',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const answer = read(pieces.join(''))
      if (!answer.ok) return answer.refusal.detail.length > 0
      const { verdicts, meaning } = answer.value
      return meaning !== 'pass' || (verdicts.length > 0 && verdicts.every((verdict) => verdict.meaning === 'pass'))
    }),
    { numRuns: 20_000 },
  )
})
