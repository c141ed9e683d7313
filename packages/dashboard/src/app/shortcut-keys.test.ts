// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { isTyping, nextKeys } from './shortcut-keys.ts'

const known = ['j', 'g f', 'g e', 'f']

test('one key, or two in a row, are a shortcut', () => {
  expect(nextKeys(null, { key: 'j', atMs: 0 }, known)).toEqual({ match: 'j', waiting: null })
  const { waiting } = nextKeys(null, { key: 'g', atMs: 0 }, known)
  expect(waiting).toEqual({ keys: 'g', atMs: 0 })
  expect(nextKeys(waiting, { key: 'f', atMs: 900 }, known).match).toBe('g f')
})

test('who hesitates gets the single key; unknown keys end the pair', () => {
  const waiting = { keys: 'g', atMs: 0 }
  expect(nextKeys(waiting, { key: 'f', atMs: 5000 }, known).match).toBe('f')
  expect(nextKeys(waiting, { key: 'q', atMs: 10 }, known)).toEqual({ match: null, waiting: null })
})

test('keys typed into a field, a list or a dialog are no shortcuts', () => {
  document.body.innerHTML =
    '<input id="a"><div role="dialog"><button id="b"></button></div><p id="c" contenteditable="true"></p><button id="d"></button>'
  expect(['a', 'b', 'd'].map((id) => isTyping(document.getElementById(id)))).toEqual([true, true, false])
  expect(isTyping(null)).toBe(false)
})
