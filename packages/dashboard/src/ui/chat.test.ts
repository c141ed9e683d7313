import { expect, test } from 'vitest'
import { chatOf } from './chat.ts'

test('conversations are recognised in their usual forms', () => {
  expect(chatOf([{ role: 'user', content: 'Hi' }])).toEqual([{ role: 'user', text: 'Hi' }])
  expect(
    chatOf({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'one' },
            { type: 'text', text: 'two' },
          ],
        },
      ],
    }),
  ).toEqual([{ role: 'user', text: 'one\ntwo' }])
  expect(chatOf([{ role: 'assistant', parts: [{ type: 'image', url: 'x' }] }])?.[0]?.text).toContain('"url"')
})

test('calls of tools read as calls, in both spellings', () => {
  const messages = [
    { role: 'assistant', content: null, tool_calls: [{ function: { name: 'find', arguments: '{"a":1}' } }] },
    { role: 'assistant', content: 'ok', toolCalls: [{ name: 'find', args: { a: 1 } }, 'odd', {}] },
  ]
  expect(chatOf(messages)).toEqual([
    { role: 'assistant', text: '→ find({"a":1})' },
    { role: 'assistant', text: 'ok\n→ find({"a":1})\n"odd"\n→ call({})' },
  ])
})

test.each([['text'], [null], [[]], [{ a: 1 }], [[{ role: 'user', content: 'x' }, 7]], [[{ content: 'no role' }]]])(
  '%j is no conversation',
  (value) => {
    expect(chatOf(value)).toBeNull()
  },
)
