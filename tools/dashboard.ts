// Builds the dashboard where its sources are newer than its build: node tools/dashboard.ts (before start and demo)
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './programs.ts'

/** What the dashboard is made of, from the repository's root. */
const sources = [
  'packages/dashboard',
  'packages/contract/src',
  'packages/sdk/src',
  'packages/verify/src',
  'package-lock.json',
]
const skipped = new Set(['dist', 'node_modules', 'e2e', '.vite'])

/** Builds the dashboard into `packages/dashboard/dist`; the exit code of the build. */
export async function buildDashboard(): Promise<number> {
  const { exitCode, output } = await run('vite', ['build', '--logLevel', 'warn'], {
    capture: true,
    cwd: join(root, 'packages/dashboard'),
  })
  if (output.trim() !== '') console.log(output.trimEnd())
  return exitCode
}

/** The time of the newest file at or below the given paths, in epoch milliseconds; 0 when there is none. */
export function newestChangeMs(base: string, paths: readonly string[]): number {
  return Math.max(0, ...paths.map((path) => changeMs(join(base, path))))
}

function changeMs(path: string): number {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const entries = readdirSync(path).filter(
    (name) => !skipped.has(name) && !name.endsWith('.test.ts') && !name.endsWith('.test.tsx'),
  )
  return newestChangeMs(path, entries)
}

/** Builds the dashboard if it was never built or a source is newer; the exit code of the build, 0 without one. */
export async function ensureDashboard(): Promise<number> {
  const built = changeMs(join(root, 'packages/dashboard/dist/index.html'))
  if (built >= newestChangeMs(root, sources)) return 0
  console.log('Building the dashboard …')
  return await buildDashboard()
}

if (import.meta.main) process.exitCode = await ensureDashboard()
