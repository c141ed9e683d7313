import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** Everything that a source file leads to, itself included. */
function reachable(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen
  const text = readFileSync(file, 'utf8')
  seen.set(file, text)
  for (const [, path = ''] of text.matchAll(/from '(\.[^']+)'/g)) reachable(join(dirname(file), path), seen)
  return seen
}

test('the main entry needs no Node, no dependency and no bundler magic', () => {
  const files = reachable(join(import.meta.dirname, 'index.ts'))
  expect(files.size).toBeGreaterThan(10)
  for (const [file, text] of files) {
    const imported = [...text.matchAll(/(?:from|import|import\() ?'([^'.][^']*)'/g)].map(([, name]) => name)
    expect(imported, file).toEqual([])
    expect(text, file).not.toMatch(/\b(process|Buffer|require|__dirname)\b\s*[.(]/)
  }
})

test('only the command and the native hash use Node', () => {
  const files = reachable(join(import.meta.dirname, 'metaagent-verify.ts'))
  const users = [...files].filter(([, text]) => /'node:/.test(text)).map(([file]) => file.split('/').at(-1))
  expect(new Set(users)).toEqual(new Set(['cli.ts', 'node.ts']))
})
