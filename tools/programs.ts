import { type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

/** The repository's root, wherever the tool was started. */
export const root = join(import.meta.dirname, '..')

/**
 * The environment for programs of this repository: its own programs and its own Node come first, so that a tool
 * started by hand on another Node runs as it does under npm.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const own = join(root, 'node_modules', '.bin')
  return { ...process.env, PATH: `${own}:${process.env['PATH'] ?? ''}` }
}

export interface Ended {
  /** 0 when all went well; a program that was killed counts as 128 + signal, one that is missing as 127. */
  readonly exitCode: number
  /** What it printed on both streams, when `capture` was asked for. */
  readonly output: string
}

/** Runs a program to its end. Without `capture` it prints where this process prints. */
export function run(
  command: string,
  args: readonly string[],
  options: { capture?: boolean; cwd?: string } = {},
): Promise<Ended> {
  const spawned: SpawnOptions = {
    cwd: options.cwd ?? root,
    env: programEnvironment(),
    stdio: options.capture === true ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  }
  return new Promise((resolve) => {
    const child = spawn(command, args, spawned)
    const output: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk))
    child.once('error', (error) => resolve({ exitCode: 127, output: error.message }))
    child.once('close', (code, signal) => {
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      resolve({ exitCode, output: Buffer.concat(output).toString('utf8') })
    })
  })
}
