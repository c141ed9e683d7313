import type { DiffLine } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { hunksOfPatch, sideBySide } from './diff-lines.ts'

const line = (kind: DiffLine['kind'], text: string): DiffLine => ({ kind, text, oldLine: null, newLine: null })

test('each removed line stands beside the added one that took its place', () => {
  const pairs = sideBySide([
    line('same', 'a'),
    line('removed', 'b'),
    line('removed', 'c'),
    line('added', 'B'),
    line('removed', 'd'),
    line('added', 'D'),
    line('added', 'E'),
  ])
  expect(pairs.map(({ before, after }) => [before?.text ?? null, after?.text ?? null])).toEqual([
    ['a', 'a'],
    ['b', 'B'],
    ['c', null],
    ['d', 'D'],
    [null, 'E'],
  ])
})

test('a patch is read into its hunks with the numbers of both sides', () => {
  const patch = '--- a/QA.md\n+++ b/QA.md\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n@@ -0,0 +1,1 @@\n+first\n'
  expect(hunksOfPatch(patch)).toEqual([
    {
      header: '@@ -1,2 +1,2 @@',
      lines: [
        { kind: 'same', oldLine: 1, newLine: 1, text: 'same' },
        { kind: 'removed', oldLine: 2, newLine: null, text: 'old' },
        { kind: 'added', oldLine: null, newLine: 2, text: 'new' },
      ],
    },
    { header: '@@ -0,0 +1,1 @@', lines: [{ kind: 'added', oldLine: null, newLine: 1, text: 'first' }] },
  ])
  expect(hunksOfPatch('no patch')).toEqual([])
})
