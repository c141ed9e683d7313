import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './programs.ts'

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts,
)
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const commandsOf = (text: string) =>
  [...text.matchAll(/\bnpm (?:run )?(?:--silent )?([a-z-]+)/g)].map((match) => match[1] ?? '')

test('people need no other commands than these', () => {
  const named = ['demo', 'start', 'dev', 'test', 'check', 'fix', 'build', 'suite', 'bench', 'new-slice']
  expect(scripts).toEqual(expect.arrayContaining(named))
  const lifecycle = scripts.filter((name) => /^(pre|post)/.test(name))
  expect(scripts.toSorted()).toEqual([...named, ...lifecycle].toSorted())
})

describe.each(['.ci/run', '.githooks/pre-commit', '.githooks/pre-push', '.github/workflows/ci.yml'])('%s', (path) => {
  test('runs only commands that exist', () => {
    const known = new Set([...scripts, 'ci', 'npm'])
    expect(commandsOf(read(path)).filter((name) => !known.has(name))).toEqual([])
  })
})

test('the build server installs what the lock file says and runs every test, checks and builds', () => {
  expect(commandsOf(read('.ci/run'))).toEqual(expect.arrayContaining(['ci', 'test']))
  expect(commandsOf(read('.github/workflows/ci.yml'))).toEqual(expect.arrayContaining(['ci', 'check', 'build', 'demo']))
  expect(read('.github/workflows/ci.yml')).toContain('.ci/run')
})

test.each(['.ci/run', '.githooks/pre-commit', '.githooks/pre-push'])(
  '%s can be executed and stops at the first error',
  (path) => {
    expect(statSync(join(root, path)).mode & 0o111).not.toBe(0)
    expect(read(path)).toMatch(/^#!\/usr\/bin\/env bash\n/)
    expect(read(path)).toContain('set -euo pipefail')
  },
)
