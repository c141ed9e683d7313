// The tests of the Python package: a virtual environment of their own, and pytest in it.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './programs.ts'
import type { TestCounts } from './test-summary.ts'

const folder = join(root, 'python')
const requirements = join(folder, 'requirements-dev.txt')
const environment = join(root, 'node_modules/.cache/metaagent-python')
const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3']

/** The Python of the tests' environment; a text that says why there is none. */
export type PythonFound = { readonly python: string } | { readonly missing: string }

/**
 * Makes the environment from the pinned and hashed requirements, once for each content of the file. Nothing is installed
 * outside of `node_modules/.cache`.
 */
export async function findOrMakePython(): Promise<PythonFound> {
  const python = join(environment, 'bin/python')
  const marker = join(environment, 'requirements.sha256')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return { python }
  const base = await recentPython()
  if (base === null) return { missing: 'there is no Python 3.10 or newer' }
  rmSync(environment, { recursive: true, force: true })
  mkdirSync(join(environment, '..'), { recursive: true })
  const made = await run(base, ['-m', 'venv', environment], { capture: true })
  if (made.exitCode !== 0) return { missing: `${base} cannot make a virtual environment (Debian: python3-venv)` }
  // The file names every package with its hash, so there is nothing to resolve and nothing to build.
  const install = ['install', '--quiet', '--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', requirements]
  const installed = await run(python, ['-m', 'pip', '--disable-pip-version-check', ...install], { capture: true })
  if (installed.exitCode !== 0) return { missing: `pip could not install: ${lastLine(installed.output)}` }
  writeFileSync(marker, wanted)
  return { python }
}

/** Runs pytest; where there is no Python it says so in one loud line and counts the tests as skipped. */
export async function testPython(): Promise<TestCounts> {
  const found = await findOrMakePython()
  if ('missing' in found) {
    const skipped = countWritten()
    console.warn(`\nNOT RUN: the ${skipped} tests of the Python package, since ${found.missing}.`)
    return { passed: 0, failed: 0, skipped }
  }
  const report = join(root, 'coverage', 'python.xml')
  rmSync(report, { force: true })
  console.log('\nPython package:')
  const { exitCode } = await run(found.python, ['-m', 'pytest', '-q', `--junitxml=${report}`], { cwd: folder })
  const counts = existsSync(report) ? countsOf(readFileSync(report, 'utf8')) : { passed: 0, failed: 0, skipped: 0 }
  return exitCode === 0 ? counts : { ...counts, failed: Math.max(1, counts.failed) }
}

/** Counts of pytest's JUnit report. */
export function countsOf(report: string): TestCounts {
  const suite = /<testsuite [^>]*>/.exec(report)?.[0] ?? ''
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  return { passed: count('tests') - failed - count('skipped'), failed, skipped: count('skipped') }
}

async function recentPython(): Promise<string | null> {
  for (const name of names) {
    const { exitCode } = await run(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], { capture: true })
    if (exitCode === 0) return name
  }
  return null
}

function countWritten(): number {
  const tests = join(folder, 'tests')
  const files = readdirSync(tests).filter((file) => file.startsWith('test_'))
  const texts = files.map((file) => readFileSync(join(tests, file), 'utf8'))
  return texts.reduce((sum, text) => sum + (text.match(/^(async )?def test_/gm)?.length ?? 0), 0)
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}
