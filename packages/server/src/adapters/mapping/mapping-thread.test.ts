import { afterAll, describe, expect, test } from 'vitest'
import { hashedSpanId, hashedTraceId } from '../../ports/hashed-ids.ts'
import { MappingThread } from './mapping-thread.ts'

const thread = new MappingThread()
afterAll(async () => await thread.close())

describe('mapping expressions', () => {
  test('turn one JSON into another', async () => {
    const result = await thread.evaluate('{"names": [items.name], "sum": $sum(items.n)}', {
      items: [
        { name: 'a', n: 1 },
        { name: 'b', n: 2 },
      ],
    })
    expect(result).toEqual({ ok: true, value: { names: ['a', 'b'], sum: 3 } })
  })

  test('make the same ids of the same texts', async () => {
    const result = await thread.evaluate('[$traceId("run", id), $spanId("run", id, 1)]', { id: 'x' })
    expect(result).toEqual({ ok: true, value: [hashedTraceId('run', 'x'), hashedSpanId('run', 'x', '1')] })
    expect(hashedTraceId('ab', 'c')).not.toBe(hashedTraceId('a', 'bc'))
  })

  test('that find nothing are null, and faults tell where they stand', async () => {
    expect(await thread.evaluate('nothing.here', {})).toEqual({ ok: true, value: null })
    expect(await thread.evaluate('{"a": ', {})).toMatchObject({ ok: false, position: expect.any(Number) })
    expect(await thread.evaluate('$unknown()', {})).toMatchObject({
      ok: false,
      detail: expect.stringContaining('T1006'),
    })
  })

  test.each([
    ['an endless recursion', '($f := function($n) { $f($n + 1) }; $f(1))'],
    ['a deep recursion', '($f := function($n) { 1 + $f($n + 1) }; $f(1))'],
    ['a long list', '[1..10000000]'],
    ['a single step that never ends', `$match("${'a'.repeat(40)}!", /^(a+)+$/)`],
    ['a text that fills the memory', '$pad("x", 2000000000)'],
  ])('%s ends alone, and the next expression is evaluated', async (_, expression) => {
    const [bad, good] = await Promise.all([thread.evaluate(expression, {}), thread.evaluate('1 + 1', {})])
    expect(bad).toMatchObject({ ok: false })
    expect(good).toEqual({ ok: true, value: 2 })
  })

  test('a thread that was closed answers that it is', async () => {
    const closing = new MappingThread()
    const asked = closing.evaluate('1', {})
    await closing.close()
    expect(await asked).toMatchObject({ ok: false })
  })
})
