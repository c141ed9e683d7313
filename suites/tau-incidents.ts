import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AgentPage,
  type Execution,
  ExecutionPage,
  type Suspicion,
  SuspicionPage,
  scopesOfRole,
} from '@metaagent/contract'
import { pinoLog } from '../packages/server/src/adapters/system/pino-log.ts'
import { type Api, createApi } from '../packages/server/src/app/commands/api.ts'
import { importTau2 } from '../packages/server/src/app/commands/import-tau2.ts'
import { createOutput } from '../packages/server/src/app/commands/output.ts'
import { readConfig } from '../packages/server/src/app/config.ts'
import { type Running, startMetaAgent } from '../packages/server/src/app/main.ts'
import { passHatK } from '../packages/server/src/kernel/statistics/pass-hat-k.ts'
import { issueApiKey } from '../packages/server/src/slices/govern/identity/index.ts'
import { judgeSuspicions, readEndedTraces } from '../packages/server/src/slices/observe/risk/index.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'
import { resultsFiles } from './tau2-risk/samples.ts'

/** pass^1 to pass^4 as published for the file of 50 tasks and four trials, to three decimals. */
const publishedPassHatK: Readonly<Record<string, readonly number[]>> = {
  'gpt-4o-airline.json.gz': [0.42, 0.273, 0.22, 0.2],
}

/** What is wrong with the files of which something is known to be wrong; all others must not be flagged. */
function expectedKind(file: string): 'silent' | 'implausible' | 'in order' {
  if (file.startsWith('grok-3-pr-run')) return 'silent'
  return /^adaptive-agent_.*airline/.test(file) ? 'implausible' : 'in order'
}

/**
 * Imports every results file of `DIR` (or of its `tau-bench` and `tau2-traces`) into a running server, each as an agent of
 * its own, lets the jobs read and judge, and holds the open suspicions and pass^k of the API against what is known.
 */
export const run: Run = async ({ dataDir }) => {
  const folders = [join(dataDir, 'tau-bench'), join(dataDir, 'tau2-traces'), dataDir].filter((path) => existsSync(path))
  const files = folders.flatMap((folder) => resultsFiles(folder).map((file) => ({ folder, file })))
  if (files.length === 0) {
    console.error(`NOT RUN: there are no results files in ${dataDir}, its tau-bench or its tau2-traces.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const temporary = mkdtempSync(join(tmpdir(), 'metaagent-tau-incidents-'))
  const rateLimit = { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 }
  const running = await startMetaAgent(
    { ...readConfig({}), dataDir: temporary, port: await freePort(), rateLimit },
    pinoLog('error'),
  )
  try {
    const api = createApi(running.url, await adminKey(running))
    for (const { folder, file } of files)
      await importTau2(
        api,
        [join(folder, file)],
        { environment: 'benchmark', agent: agentOf(file) },
        createOutput(true),
      )
    await readAll(running, api)
    await judgeSuspicions(running.composed.deps)
    const suspicions = await openSuspicions(api)
    const checks = [
      ...files.map(({ file }) => checkFile(file, suspicions)),
      ...(await checkPassHatK(
        api,
        files.map(({ file }) => file),
      )),
    ]
    const failed = checks.filter(({ right }) => !right)
    return {
      passed: checks.length - failed.length,
      failed: failed.length,
      result: {
        flagged: files
          .map(({ file }) => file)
          .filter((file) => suspicions.some(({ agent }) => agent === agentOf(file))),
        passHatK: checks.flatMap(({ passHatK: known }) => known ?? []),
        failures: failed.map(({ name }) => name),
      },
    }
  } finally {
    await running.close()
    rmSync(temporary, { recursive: true, force: true })
  }
}

const agentOf = (file: string) => file.slice(0, 190)

async function adminKey(running: Running): Promise<string> {
  const { deps } = running.composed
  const issued = await deps.store.transaction({ organizationId: running.organizationId }, (tx) =>
    issueApiKey(deps, tx, {
      name: 'suite',
      scopes: scopesOfRole.admin,
      expiresAt: null,
      actor: { kind: 'system', id: 'suite' },
    }),
  )
  return issued.secret
}

/** Reads ended traces until there are none: the job does the same, a hundred at a time. */
async function readAll(running: Running, api: Api): Promise<void> {
  const { items } = await api.request('GET', '/api/v1/agents?limit=200', AgentPage)
  const turns = 10 * items.length + 10
  for (let turn = 0; turn < turns; turn++) await readEndedTraces(running.composed.deps)
}

async function openSuspicions(api: Api): Promise<readonly Suspicion[]> {
  return (await api.request('GET', '/api/v1/suspicions?open=true&limit=200', SuspicionPage)).items
}

interface Check {
  readonly name: string
  readonly right: boolean
  readonly passHatK?: { readonly file: string; readonly values: readonly number[] }
}

function checkFile(file: string, suspicions: readonly Suspicion[]): Check {
  const own = suspicions.filter(({ agent }) => agent === agentOf(file))
  const expected = expectedKind(file)
  const right =
    expected === 'in order'
      ? own.length === 0
      : expected === 'silent'
        ? own.some(({ kind }) => kind === 'outcome-stopped-varying')
        : own.some(({ kind }) => kind === 'success-beyond-peers' || kind === 'cost-beyond-tokens')
  console.log(
    `${right ? 'ok  ' : 'FAIL'} ${expected.padEnd(11)} ${own.map(({ kind }) => kind).join(', ') || 'not flagged'}: ${file}`,
  )
  for (const { because } of own) for (const { text } of because) console.log(`       ${text}`)
  return { name: `${file}: ${expected}`, right }
}

/** pass^k of files with several trials, out of what the API answers. */
async function checkPassHatK(api: Api, files: readonly string[]): Promise<readonly Check[]> {
  const { items } = await api.request('GET', '/api/v1/agents?limit=200', AgentPage)
  const checks: Check[] = []
  for (const file of files) {
    const agent = items.find(({ name }) => name === agentOf(file))
    const executions = agent === undefined ? [] : await allExecutions(api, agent.agentId)
    const byTask = Map.groupBy(executions, ({ unit }) => (unit ?? '').split('#')[0])
    const tasks = [...byTask.values()].map((tries) => ({
      tries: tries.length,
      successes: tries.filter(({ status }) => status === 'success').length,
    }))
    const most = Math.min(...tasks.map(({ tries }) => tries))
    if (!Number.isFinite(most) || most < 2) continue
    const values = Array.from({ length: most }, (_, index) => passHatK(tasks, index + 1) ?? Number.NaN)
    const published = publishedPassHatK[file]
    const right =
      published === undefined || published.every((value, index) => Math.abs(value - (values[index] ?? 2)) < 0.0005)
    console.log(
      `${right ? 'ok  ' : 'FAIL'} pass^1 to pass^${most}: ${values.map((value) => value.toFixed(4)).join(' ')}: ${file}`,
    )
    checks.push({ name: `${file}: pass^k`, right, passHatK: { file, values } })
  }
  return checks
}

async function allExecutions(api: Api, agentId: string): Promise<readonly Execution[]> {
  const all: Execution[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `/api/v1/executions?agentId=${agentId}&limit=200${more}`
    const page: { items: Execution[]; nextCursor: string | null } = await api.request('GET', path, ExecutionPage)
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}
