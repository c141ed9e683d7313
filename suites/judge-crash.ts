import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import type { StoreName } from './crash/stores.ts'
import { type Ground, openGround, type RoundOutcome, type RunRound } from './judge-crash/ground.ts'
import { runRound as runPlaybookRound } from './judge-crash/playbook-rounds.ts'
import { runRound as runTrustRound } from './judge-crash/trust-rounds.ts'

const halves = { trust: runTrustRound, playbooks: runPlaybookRound } satisfies Record<string, RunRound>
type Half = keyof typeof halves

interface Finished extends RoundOutcome {
  readonly half: Half
  readonly number: number
  readonly store: StoreName
  readonly tookMs: number
}

/**
 * Rounds of `kill -9` of a real server while it judges and recovers, on both stores in turn. What each
 * half holds stands with its `runRound`. Data stays from round to round.
 *
 * `--rounds` of each half (20), `--store pglite|postgres|both`, `--half`, `--seed`. All that is known lies in `--state DIR`
 * (a temporary folder, removed when nothing was wrong): the same command goes on where it was killed.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      store: { type: 'string', default: 'both' },
      half: { type: 'string', default: 'both' },
      state: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1')
  const chosen = { stores: storesOf(values.store), halves: halvesOf(values.half) }
  const folder =
    values.state === undefined ? mkdtempSync(join(tmpdir(), 'metaagent-judge-crash-')) : resolve(values.state)
  mkdirSync(folder, { recursive: true })
  // The PostgreSQL server runs as a user of its own.
  chmodSync(folder, 0o755)
  console.log(`State: ${folder}${values.state === undefined ? ` (go on with --state ${folder})` : ''}`)
  const finished = await runRounds(folder, rounds, chosen, settingsOf(folder, values.seed))
  const failed = finished.filter(({ ok }) => !ok).length
  if (failed === 0 && values.state === undefined) rmSync(folder, { recursive: true, force: true })
  const ofHalf = (half: Half) => finished.filter((one) => one.half === half)
  return {
    passed: finished.length - failed,
    failed,
    result: {
      rounds: Math.min(...chosen.halves.map((half) => ofHalf(half).length)),
      identical: finished.length - failed,
      stepsRepeated: finished.reduce((sum, { stepsRepeated = 0 }) => sum + stepsRepeated, 0),
      ...Object.fromEntries(chosen.halves.map((half) => [half, ofHalf(half).length])),
      perStore: Object.fromEntries(
        chosen.stores.map((store) => [store, finished.filter((one) => one.store === store).length]),
      ),
    },
  }
}

function storesOf(name: string): readonly StoreName[] {
  if (name === 'both') return ['pglite', 'postgres']
  if (name === 'pglite' || name === 'postgres') return [name]
  throw new Error('--store takes pglite, postgres or both')
}

function halvesOf(name: string): readonly Half[] {
  const all = Object.keys(halves) as Half[]
  const chosen = all.filter((half) => name === 'both' || name === half)
  if (chosen.length === 0) throw new Error(`--half takes ${all.join(', ')} or both`)
  return chosen
}

interface Settings {
  readonly seed: string
  readonly secretKey: string
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

/** Does the rounds that are missing and answers all that are finished, those of earlier runs too. */
async function runRounds(
  folder: string,
  rounds: number,
  chosen: { readonly stores: readonly StoreName[]; readonly halves: readonly Half[] },
  { seed, secretKey }: Settings,
): Promise<readonly Finished[]> {
  const file = join(folder, 'rounds.jsonl')
  const finished = finishedIn(file)
  if (finished.length > 0) console.log(`${finished.length} rounds were finished before`)
  const grounds = new Map<StoreName, Ground>()
  try {
    for (let number = 1; number <= rounds; number++) {
      const store = chosen.stores[number % chosen.stores.length] ?? 'pglite'
      for (const half of chosen.halves) {
        if (finished.some((one) => one.half === half && one.number === number)) continue
        const ground = grounds.get(store) ?? (await openGround(store, folder, seed, secretKey))
        grounds.set(store, ground)
        const startedMs = performance.now()
        const outcome = await halves[half]({ number, ground }).catch(faultOf)
        const one = { ...outcome, half, number, store, tookMs: Math.round(performance.now() - startedMs) }
        finished.push(one)
        appendFileSync(file, `${JSON.stringify(one)}\n`)
        console.log(
          `${one.ok ? 'ok  ' : 'FAIL'} ${half} ${number}/${rounds} ${store}: ${one.detail} (${(one.tookMs / 1_000).toFixed(1)} s)`,
        )
      }
    }
  } finally {
    for (const ground of grounds.values()) await ground.close()
  }
  return finished.filter((one) => chosen.halves.includes(one.half))
}

/** A server that does not come back is what this suite looks for; the other rounds are to be tried all the same. */
function faultOf(error: unknown): RoundOutcome {
  return { ok: false, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** A line that was cut short is a round that is done again. */
function finishedIn(file: string): Finished[] {
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Finished)
}
