import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../../tools/free-port.ts'
import { root } from '../../tools/programs.ts'

const cli = join(root, 'packages/server/src/app/cli.ts')

/** A machine that does many other things takes its time. */
const readyWithinMs = 90_000

/** A MetaAgent as a person starts it: a process of its own, the embedded store, the real clock. */
export interface MetaAgentProcess {
  readonly url: string
  /** Printed by the first start of a folder, for nobody has signed in yet. */
  readonly signInLink: string | null
  /** Runs another command of the CLI against this server and answers what it printed; throws when it fails. */
  run(args: readonly string[], environment?: Environment): Promise<string>
  /** Ends the process as Ctrl-C does and waits until it is gone. */
  stop(): Promise<void>
  /** Starts it again after `stop`, on the same folder and port. */
  startAgain(): Promise<void>
}

type Environment = Readonly<Record<string, string>>

/** Starts `metaagent start` on `folder` with a free port. `environment` is added to nothing but PATH and HOME. */
export async function startMetaAgentProcess(folder: string, environment: Environment): Promise<MetaAgentProcess> {
  const port = await freePort()
  const args = ['start', '--json', '--port', String(port), '--data-dir', join(folder, 'data')]
  let child: ChildProcess | null = null
  const launch = async () => {
    child = spawnCli(args, folder, environment)
    return JSON.parse(await firstValue(child)) as { url: string; signInLink: string | null }
  }
  const { url, signInLink } = await launch()
  return {
    url,
    signInLink,
    run: async (command, more = {}) => {
      const output = collect(spawnCli(command, folder, { ...environment, METAAGENT_URL: url, ...more }))
      const exitCode = await output.ended
      if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${output.stderr}`)
      return output.stdout
    },
    stop: async () => {
      if (child !== null) await stopped(child)
    },
    startAgain: async () => {
      await launch()
    },
  }
}

/** The JSON value that a started server prints when it is ready; a server that prints none is ended. */
function firstValue(child: ChildProcess): Promise<string> {
  const output = collect(child)
  return new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the server ${why}:\n${output.stdout}${output.stderr}`))
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready after ${readyWithinMs} ms`)
    }, readyWithinMs)
    child.stdout?.on('data', () => {
      const value = /^\{[^]*?\n\}\n/.exec(output.stdout)
      if (value === null) return
      clearTimeout(limit)
      resolve(value[0])
    })
    output.ended.then(() => fail('ended early'), reject).finally(() => clearTimeout(limit))
  })
}

function spawnCli(args: readonly string[], folder: string, environment: Environment): ChildProcess {
  return spawn(process.execPath, ['--conditions=@metaagent/source', cli, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function collect(child: ChildProcess) {
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const output = { stdout: '', stderr: '', ended }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return output
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
