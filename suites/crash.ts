import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import { Progress, type RoundReport } from './crash/progress.ts'
import { runRound } from './crash/round.ts'
import { openCrashStore, type StoreName } from './crash/stores.ts'

interface Settings {
  readonly seed: string
  readonly secretKey: string
}

/**
 * Rounds of `kill -9` of a real server under load, on each store: 8 connections report batches, a person decides, an
 * auditor watches the ledger, and 0.3 to 2 seconds after the first answer the process is killed; in some rounds it is killed again while
 * it starts or recovers. Then every acknowledged row must be there exactly once, every other batch whole or not at all,
 * and every sum must equal its recount. PostgreSQL itself goes on running. Data stays from round to round.
 *
 * `--rounds` per store (20), `--store pglite|postgres|both`, `--seed`. All that is known lies in `--state DIR` (a
 * temporary folder, removed when nothing was wrong): the same command goes on where it was killed.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      store: { type: 'string', default: 'both' },
      state: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1')
  const stores = storesOf(values.store)
  const folder = values.state === undefined ? mkdtempSync(join(tmpdir(), 'metaagent-crash-')) : resolve(values.state)
  mkdirSync(folder, { recursive: true })
  // The PostgreSQL server runs as a user of its own.
  chmodSync(folder, 0o755)
  console.log(`State: ${folder}${values.state === undefined ? ` (go on with --state ${folder})` : ''}`)
  const settings = settingsOf(folder, values.seed)
  const perStore: Record<string, StoreResult> = {}
  for (const name of stores) perStore[name] = await runStore(name, folder, rounds, settings)
  const results = Object.values(perStore)
  const failed = results.reduce((sum, result) => sum + result.faultyRounds, 0)
  const done = results.reduce((sum, result) => sum + result.rounds, 0)
  if (failed === 0 && values.state === undefined) rmSync(folder, { recursive: true, force: true })
  return {
    passed: Math.max(0, done - failed),
    failed,
    result: {
      rounds: Math.min(...results.map((result) => result.rounds)),
      lost: results.reduce((sum, { lost }) => sum + lost, 0),
      duplicated: results.reduce((sum, { duplicated }) => sum + duplicated, 0),
      perStore,
    },
  }
}

function storesOf(name: string): readonly StoreName[] {
  if (name === 'both') return ['pglite', 'postgres']
  if (name === 'pglite' || name === 'postgres') return [name]
  throw new Error('--store takes pglite, postgres or both')
}

/** The seed and the master key, which stay the same for one state folder. */
function settingsOf(folder: string, seed: string | undefined): Settings {
  const file = join(folder, 'settings.json')
  if (!existsSync(file)) {
    const made = { seed: seed ?? randomBytes(4).toString('hex'), secretKey: randomBytes(32).toString('base64') }
    writeFileSync(file, JSON.stringify(made))
  }
  const settings = JSON.parse(readFileSync(file, 'utf8')) as Settings
  if (seed !== undefined && seed !== settings.seed) throw new Error(`this state was begun with --seed ${settings.seed}`)
  return settings
}

interface StoreResult {
  readonly rounds: number
  readonly faultyRounds: number
  readonly lost: number
  readonly duplicated: number
  readonly acknowledgedActions: number
  readonly unansweredBatches: number
  readonly unansweredStored: number
  readonly answersDropped: number
  readonly startsKilled: number
  readonly acknowledgedDecisions: number
}

async function runStore(name: StoreName, folder: string, rounds: number, settings: Settings): Promise<StoreResult> {
  const progress = new Progress(join(folder, `${name}.jsonl`))
  if (progress.finishedRounds > 0) console.log(`${name}: ${progress.finishedRounds} rounds were finished before`)
  if (progress.finishedRounds < rounds) {
    const store = await openCrashStore(name, folder, settings.secretKey, progress)
    try {
      while (progress.finishedRounds < rounds) {
        const startedMs = performance.now()
        const report = await runRound({ store, progress, seed: settings.seed })
        tell(name, rounds, report, performance.now() - startedMs)
      }
    } catch (error) {
      // A server that does not come back is what this suite looks for, and the other store is to be tried all the same.
      console.error(error)
      return { ...resultOf(progress), faultyRounds: resultOf(progress).faultyRounds + 1 }
    } finally {
      await store.close()
    }
  }
  return resultOf(progress)
}

function tell(name: StoreName, rounds: number, report: RoundReport, tookMs: number): void {
  const { round, acknowledgedBatches, unansweredBatches, unansweredStored, startsKilled, lost, duplicated } = report
  const killed = report.killedAfterMs === null ? 'killed with the suite' : `killed after ${report.killedAfterMs} ms`
  const again = startsKilled === 0 ? '' : `, ${startsKilled} starts killed`
  console.log(
    `${report.faults.length === 0 ? 'ok  ' : 'FAIL'} ${name} ${round}/${rounds}: ${killed}${again}; ` +
      `${acknowledgedBatches} batches acknowledged, ${unansweredBatches} not (${unansweredStored} stored), ` +
      `${report.answersDropped} answers dropped; ready again after ${report.readyAgainMs} ms; ` +
      `lost ${lost}, duplicated ${duplicated} (${(tookMs / 1_000).toFixed(1)} s)`,
  )
  for (const fault of report.faults) console.log(`     ${fault}`)
}

function resultOf({ reports, decided }: Progress): StoreResult {
  const sum = (of: (report: RoundReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  return {
    rounds: reports.length,
    faultyRounds: reports.filter(({ faults }) => faults.length > 0).length,
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    acknowledgedActions: 100 * sum(({ acknowledgedBatches }) => acknowledgedBatches),
    unansweredBatches: sum(({ unansweredBatches }) => unansweredBatches),
    unansweredStored: sum(({ unansweredStored }) => unansweredStored),
    answersDropped: sum(({ answersDropped }) => answersDropped),
    startsKilled: sum(({ startsKilled }) => startsKilled),
    acknowledgedDecisions: decided,
  }
}
