import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionPage, LedgerEntryPage, ProofFile } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'
import { usablePort } from './free-port.ts'

// The command itself, as a person starts it: a process of its own, with its exit code and its two streams.

const program = fileURLToPath(new URL('./cli.ts', import.meta.url))
const bin = fileURLToPath(new URL('../../bin/metaagent.mjs', import.meta.url))
const examples = fileURLToPath(new URL('../../../../examples/tau2/', import.meta.url))

interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

interface Started {
  readonly process: ChildProcess
  /** What it has printed so far. */
  readonly output: () => string
  readonly ended: Promise<Ended>
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metaagent-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function launch(args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = ''): Started {
  const child = spawn(process.execPath, [...args], {
    cwd: folder,
    // Nothing of this shell's own settings.
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  return { process: child, output: () => stdout, ended }
}

const metaagent = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = '') =>
  await launch(['--conditions=@metaagent/source', program, ...args], environment, input).ended

/** Waits until a process has printed a line, or has ended without. */
async function printed(started: Started, line: RegExp): Promise<string> {
  return await new Promise((resolve, reject) => {
    const look = () => {
      const found = line.exec(started.output())
      if (found !== null) resolve(found[1] ?? found[0])
    }
    started.process.stdout?.on('data', look)
    void started.ended.then((ended) => reject(new Error(`ended early: ${JSON.stringify(ended)}`)))
    look()
  })
}

describe('usage', () => {
  const commands = [
    'start',
    'migrate',
    'remap',
    'import',
    'search',
    'similar',
    'documents',
    'macros',
    'audit',
    'ledger',
    'verify',
    'doctor',
    'demo',
    'completion',
  ]

  test('help lists every command with what it does', async () => {
    const { exitCode, stdout } = await metaagent(['--help'])
    expect(exitCode).toBe(0)
    for (const name of commands) expect(stdout).toMatch(new RegExp(`metaagent ${name} .*\\w`))
    expect(stdout).toContain('--json')
  })

  test('help speaks English wherever it is asked', async () => {
    const { stdout } = await metaagent(['--help'], { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' })
    expect(stdout).toContain('Commands:')
  })

  test.each([
    [['strat'], 'There is no command "strat". Did you mean start?'],
    [['xyzzy'], 'Unknown argument: xyzzy'],
    [[], 'Name a command.'],
    [['import'], 'Name what to import: tau2.'],
    [['import', 'tau2'], 'Something that this command needs is missing.'],
    [['start', '--port', 'abc'], '--port takes a whole number from 0 to 65535.'],
    [['start', '--prot', '3'], 'Unknown argument: prot'],
  ])('%j exits 2 and says what was meant', async (args, message) => {
    const { exitCode, stdout, stderr } = await metaagent(args)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('--help')
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  test('the completion script is there, and it is told the commands', async () => {
    const script = await metaagent(['completion'], { SHELL: '/bin/bash' })
    expect(script.exitCode).toBe(0)
    expect(script.stdout).toContain('metaagent --get-yargs-completions')
    const zsh = await metaagent(['completion'], { SHELL: '/bin/zsh', ZSH_NAME: 'zsh' })
    expect(zsh.stdout).toContain('#compdef metaagent')
    const first = await metaagent(['--get-yargs-completions', 'metaagent', ''])
    expect(first.stdout.trim().split('\n')).toEqual(commands)
    const second = await metaagent(['--get-yargs-completions', 'metaagent', 'import', ''])
    expect(second.stdout.trim().split('\n')).toContain('tau2')
  })
})

describe('doctor', () => {
  test('an empty folder is ready for a first start, and stays empty', async () => {
    const cwd = join(folder, 'fresh')
    mkdirSync(cwd)
    const port = String(await usablePort('127.0.0.1', 0))
    const { exitCode, stdout } = await metaagent(['doctor', '--json', '--data-dir', join(cwd, 'data'), '--port', port])
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ ok: true, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
    const names = report.checks.map(({ name }: { name: string }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['node', 'data folder', 'disk', 'master key', 'database', 'clock', 'port', 'dashboard']),
    )
    expect(exitCode).toBe(0)
    expect(readdirSync(cwd)).toEqual([])
  })

  test('what would stop a start is a failure with advice, and exits 1; secrets are covered', async () => {
    const environment = {
      DATABASE_URL: 'postgres://app:hush@127.0.0.1:1/metaagent',
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
      METAAGENT_PROT: '3',
    }
    const { exitCode, stdout } = await metaagent(['doctor', '--json'], environment)
    const { ok, checks, settings } = JSON.parse(stdout)
    expect([exitCode, ok]).toEqual([1, false])
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'database', state: 'fail', advice: expect.stringContaining('DATABASE_URL') }),
    )
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'names', state: 'warn', detail: 'nobody reads METAAGENT_PROT' }),
    )
    expect(settings).toContainEqual(expect.objectContaining({ name: 'METAAGENT_SECRET_KEY', value: '(set)' }))
    expect(stdout).not.toContain('hush')
    expect(stdout).not.toContain(environment.METAAGENT_SECRET_KEY)
  })

  test('settings that do not fit are all named, in words too', async () => {
    const { exitCode, stdout } = await metaagent(['doctor'], { METAAGENT_PORT: 'x', METAAGENT_SECRET_KEY: 'short' })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^fail {2}settings/m)
    for (const name of ['METAAGENT_PORT', 'METAAGENT_SECRET_KEY']) expect(stdout).toContain(`${name}: `)
    expect(stdout).toContain('failures: 1, warnings: 0')
  })
})

describe('with a server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer('pglite')
  })
  afterAll(async () => await server.close())

  const file = join(
    examples,
    'src__experiments__model_training__results__gpt-4.1_airline_default_gpt-4.1_1trials.json.gz',
  )

  test('import sends a file through the API, and says so in JSON or in words', async () => {
    const environment = { METAAGENT_URL: server.url, METAAGENT_API_KEY: server.adminKey }
    const first = await metaagent(['import', 'tau2', file, '--json'], environment)
    expect(first.stderr).toBe('')
    expect(first.exitCode).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject([
      { agent: 'tau2-airline', release: 'gpt-4.1', executions: 20, actions: 510, duplicates: 0, rejected: 0 },
    ])
    const args = ['import', 'tau2', file, '--url', server.url, '--api-key', server.adminKey]
    const again = await metaagent(args)
    expect(again.stdout).toBe('tau2-airline @ gpt-4.1: 20 executions, 510 actions, 530 rows were here already\n')
  })

  test('import takes other names for agent, release and environment', async () => {
    const tuned = readdirSync(examples).find((name) => /ft-gpt.*airline/.test(name)) ?? ''
    const names = ['--agent', 'support', '--release', 'v2', '--environment', 'staging']
    const environment = { METAAGENT_URL: server.url, METAAGENT_API_KEY: server.adminKey }
    const named = await metaagent(['import', 'tau2', join(examples, tuned), ...names], environment)
    expect(named.stdout).toBe('support @ v2: 20 executions, 549 actions\n')
    const path = '/api/v1/executions?environment=staging&release=v2'
    const { body } = await server.request<z.infer<typeof ExecutionPage>>('GET', path)
    expect(body.items.map(({ agent }) => agent)).toEqual(Array(20).fill('support'))
  })

  test('import says what is missing: key, server, file', async () => {
    const refused = async (args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await metaagent(['import', 'tau2', ...args])
      expect([exitCode, stdout]).toEqual([1, ''])
      return stderr
    }
    expect(await refused([file])).toContain('METAAGENT_API_KEY')
    const port = await usablePort('127.0.0.1', 0)
    const away = await refused([file, '--api-key', 'mak_x', '--url', `http://127.0.0.1:${port}`])
    expect(away).toContain('No server answers')
    expect(await refused(['nowhere.json', '--api-key', 'mak_x'])).toContain('There is no file nowhere.json.')
    expect(await refused([file, '--api-key', 'mak_x', '--url', server.url])).toContain('not-authenticated')
  })

  const writeProof = async () => {
    await server.settle()
    type Page = z.infer<typeof LedgerEntryPage>
    const { items } = (await server.request<Page>('GET', '/api/v1/ledger/entries?limit=1')).body
    const { body } = await server.request<ProofFile>('GET', `/api/v1/ledger/events/${items[0]?.eventId}/proof`)
    const path = join(folder, 'good.proof.json')
    writeFileSync(path, JSON.stringify(body))
    return { path, proof: body }
  }

  test('verify accepts a proof and refuses it as soon as one character is another', async () => {
    const { path, proof } = await writeProof()
    const good = await metaagent(['verify', path, '--key', proof.verifierKey])
    expect(good.stdout).toMatch(/^VERIFIED/)
    expect(good.stdout).not.toContain('WARNING')
    expect(good.exitCode).toBe(0)
    const json = await metaagent(['verify', path, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'verified', keyPinned: false })
    const input = await metaagent(['verify', '-'], {}, JSON.stringify(proof))
    expect(input.exitCode).toBe(0)

    const tampered = {
      ...proof,
      entry: proof.entry.replace(/"type":"(.)/, (_, first) => `"type":"${first === 'x' ? 'y' : 'x'}`),
    }
    expect(tampered.entry).not.toBe(proof.entry)
    const badPath = join(folder, 'bad.proof.json')
    writeFileSync(badPath, JSON.stringify(tampered))
    const bad = await metaagent(['verify', badPath, '--json'])
    expect([bad.exitCode, JSON.parse(bad.stdout).verdict]).toEqual([1, 'refused'])
  })

  test('verify exits 2 when nothing was checked', async () => {
    const { exitCode, stderr } = await metaagent(['verify', 'nowhere.json'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('nowhere.json')
  })
})

describe('start', () => {
  test('prints where it is ready, answers, and ends cleanly when it is asked to', async () => {
    const dataDir = join(folder, 'served')
    const port = await usablePort('127.0.0.1', 0)
    // Through the file that npm links: it hands signals on.
    const started = launch([bin, 'start', '--port', String(port), '--data-dir', dataDir])
    try {
      expect(await printed(started, /MetaAgent is ready at (\S+) \(pglite, /)).toBe(`http://localhost:${port}`)
      expect(await printed(started, /(http\S+#token=\S+)/)).toContain(`http://localhost:${port}/sign-in#token=`)
      const health = await fetch(`http://127.0.0.1:${port}/api/v1/health`)
      expect(await health.json()).toMatchObject({ status: 'ok', store: 'pglite' })

      const other = await usablePort('127.0.0.1', 0)
      const second = await metaagent(['start', '--port', String(other), '--data-dir', dataDir])
      expect(second.exitCode).toBe(1)
      expect(second.stderr).toMatch(/^the data folder .* is in use by process \d+/)
      const samePort = await metaagent(['start', '--port', String(port), '--data-dir', join(folder, 'elsewhere')])
      expect(samePort.exitCode).toBe(1)
      expect(samePort.stderr).toContain(`127.0.0.1:${port}: something listens there already`)
      const doctor = await metaagent(['doctor', '--port', String(port), '--data-dir', dataDir])
      expect(doctor.stdout).toMatch(/ok {4}data folder .* in use by process \d+/)
      expect(doctor.stdout).toMatch(/ok {4}port .* MetaAgent \S+ \(pglite\) serves at/)
      expect(doctor.exitCode).toBe(0)
    } finally {
      started.process.kill('SIGTERM')
    }
    const { exitCode, stdout } = await started.ended
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Stopping: finishing what was accepted…\n$/)
    expect(readdirSync(dataDir).filter((name) => name.startsWith('lock.'))).toEqual([])
  })

  test('with --json says where it is ready in one JSON value, on a port that was free', async () => {
    const args = ['start', '--json', '--port', '0', '--data-dir', join(folder, 'json')]
    const started = launch(['--conditions=@metaagent/source', program, ...args])
    try {
      const { url } = JSON.parse(await printed(started, /^\{[^]*\n\}\n/))
      expect((await fetch(`${url}/api/v1/health`)).status).toBe(200)
    } finally {
      started.process.kill('SIGINT')
    }
    const { exitCode, stdout } = await started.ended
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ store: 'pglite', signInLink: expect.stringContaining('#token=') })
  })

  test('the demo shows the whole line on real runs, and its proof can be checked', async () => {
    const dataDir = join(folder, 'demo')
    const { exitCode, stdout } = await metaagent(['demo', '--once', '--json', '--port', '0', '--data-dir', dataDir])
    expect(exitCode).toBe(0)
    const { imported, fleet, comparison, judging, amendment, proof } = JSON.parse(stdout)
    expect(imported).toHaveLength(6)
    expect(fleet.agents.map(({ agent }: { agent: string }) => agent)).toContain('tau2-telecom')
    // The fine-tuned model is better, but not proven to be as fast; what it costs nobody knows.
    expect(comparison).toMatchObject([
      { policy: 'success-only', verdict: 'promote', candidate: { costNanoUsd: null } },
      { policy: 'guarded', verdict: 'hold', because: { rule: 'duration-not-proven-safe' } },
    ])
    // On runs whose truth was kept back no judge alone is right more often than what was decided between them.
    expect(judging).toMatchObject({ judged: 164, shownTruths: 93, heldOut: 71 })
    expect(judging.metrics).toHaveLength(2)
    for (const { arbitration, judges } of judging.metrics)
      expect(arbitration).toBeGreaterThanOrEqual(Math.max(...Object.values<number>(judges)))
    expect(amendment).toMatchObject({ document: 'QA.md', state: 'open', origin: 'drift' })
    const checked = await metaagent(['verify', proof.file, '--json'])
    expect(JSON.parse(checked.stdout)).toMatchObject({
      verdict: 'verified',
      entry: { type: 'rollouts.comparison.decided', because: { rule: 'duration-not-proven-safe' } },
    })
  })

  test('migrate brings an empty folder up to date, and says so the second time', async () => {
    const environment = { METAAGENT_DATA_DIR: join(folder, 'migrated') }
    const first = JSON.parse((await metaagent(['migrate', '--json'], environment)).stdout)
    expect(first.applied).toContain('rollouts/schema.sql')
    const second = await metaagent(['migrate'], environment)
    expect([second.exitCode, second.stdout]).toEqual([0, 'The schema is up to date.\n'])
  })
})
