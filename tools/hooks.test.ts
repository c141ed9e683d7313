import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installHooks } from './hooks.ts'

let folder = ''
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit) console.warn('NOT RUN: this machine has no git, so the tests of its hooks are skipped.')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hooks-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasGit)('with git', () => {
  test('a fresh checkout gets the hooks, once', () => {
    git('init', '--quiet')
    expect(installHooks(folder, {})).toContain('set.')
    expect(git('config', 'core.hooksPath')).toBe('.githooks')
    expect(installHooks(folder, {})).toBe('Git hooks: in place.')
  })

  test('a folder without git, or inside another checkout, is left alone', () => {
    expect(installHooks(folder, {})).toContain('no git checkout')
    git('init', '--quiet')
    mkdirSync(join(folder, 'vendored'))
    expect(installHooks(join(folder, 'vendored'), {})).toContain('no git checkout')
  })

  test('a build server is left alone', () => {
    git('init', '--quiet')
    expect(installHooks(folder, { CI: 'true' })).toContain('build server')
  })

  test('somebody’s own hooks are never switched off', () => {
    git('init', '--quiet')
    mkdirSync(join(folder, '.git', 'hooks'), { recursive: true })
    writeFileSync(join(folder, '.git', 'hooks', 'pre-push'), '#!/bin/sh\n')
    expect(installHooks(folder, {})).toContain('holds pre-push')
    git('config', 'core.hooksPath', 'elsewhere')
    expect(installHooks(folder, {})).toContain('core.hooksPath is elsewhere')
  })
})
