import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(import.meta.dirname)

/** What a suite or bench gets. */
export interface RunContext {
  /** Real data and external test suites; `../shared/data` beside the repository, or `--data DIR`. */
  readonly dataDir: string
  /** The arguments that the runner itself did not use. */
  readonly args: readonly string[]
}

/** What a suite or bench answers. `result` is printed as the last line, with `passed` and `failed` added. */
export interface RunOutcome {
  readonly passed: number
  readonly failed: number
  readonly result: Readonly<Record<string, unknown>>
}

/** What `suites/NAME.ts` and `benches/NAME.ts` export as `run`. */
export type Run = (context: RunContext) => Promise<RunOutcome>

/**
 * Runs the module of a folder that the command line names, prints `N passed, N failed` and `RESULT {json}`, and answers
 * the exit code: 0 only if something passed and nothing failed, 2 for a name that does not exist.
 */
export async function runNamed(folder: 'suites' | 'benches', argv: readonly string[]): Promise<0 | 1 | 2> {
  const [name, ...rest] = argv
  const names = readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length))
  if (name === undefined || !names.includes(name)) {
    console.error(`${name === undefined ? 'Name one' : `No ${name}`} of ${folder}: ${names.join(', ') || 'none yet'}`)
    return 2
  }
  const { dataDir, args } = splitArguments(rest)
  const module: unknown = await import(pathToFileURL(join(root, folder, `${name}.ts`)).href)
  if (!hasRun(module)) throw new Error(`${folder}/${name}.ts does not export run`)
  const { passed, failed, result } = await module.run({ dataDir, args })
  console.log(`${passed} passed, ${failed} failed`)
  console.log(`RESULT ${JSON.stringify({ passed, failed, ...result })}`)
  return failed > 0 || passed === 0 ? 1 : 0
}

function splitArguments(argv: readonly string[]): RunContext {
  const { tokens } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' } },
    strict: false,
    tokens: true,
  })
  const data = tokens.find((token) => token.kind === 'option' && token.name === 'data')
  if (data === undefined || data.kind !== 'option') return { dataDir: resolve(root, '../shared/data'), args: argv }
  if (data.value === undefined) throw new Error('--data needs a folder')
  const used = data.inlineValue ? 1 : 2
  return { dataDir: resolve(data.value), args: argv.toSpliced(data.index, used) }
}

function hasRun(module: unknown): module is { run: Run } {
  return typeof module === 'object' && module !== null && 'run' in module && typeof module.run === 'function'
}
