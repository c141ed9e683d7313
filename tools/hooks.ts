// Points git at .githooks, where that is this clone's own affair: node tools/hooks.ts (npm runs it after an install)
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './programs.ts'

/** What was done, or why nothing was done, in one sentence. Never throws: an install must not fail for want of git. */
export function installHooks(folder: string, environment: { readonly [name: string]: string | undefined }): string {
  if (environment['CI']) return 'Git hooks: left alone, since this is a build server.'
  const git = (...args: readonly string[]): string | null => {
    try {
      return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {
      return null // no git, no checkout, or no such setting: all mean that there is nothing to read
    }
  }
  const top = git('rev-parse', '--show-toplevel')
  if (top === null || resolve(top) !== resolve(folder))
    return 'Git hooks: left alone, since this is no git checkout of its own.'
  const configured = git('config', '--get', 'core.hooksPath')
  if (configured === '.githooks') return 'Git hooks: in place.'
  if (configured !== null) return `Git hooks: left alone, since core.hooksPath is ${configured}.`
  const own = join(resolve(folder, git('rev-parse', '--git-common-dir') ?? '.git'), 'hooks')
  const active = existsSync(own) ? readdirSync(own).filter((name) => !name.endsWith('.sample')) : []
  if (active.length > 0) return `Git hooks: left alone, since ${own} holds ${active.join(', ')}.`
  return git('config', 'core.hooksPath', '.githooks') === null
    ? 'Git hooks: not set, git refused.'
    : 'Git hooks: set. Commits are looked at, pushes are checked and tested; --no-verify skips.'
}

if (import.meta.main) console.log(installHooks(root, process.env))
