import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Execution, ExecutionPage, FleetHealth, scopesOfRole, Trace } from '@metaagent/contract'
import { pinoLog } from '../packages/server/src/adapters/system/pino-log.ts'
import { type Api, createApi } from '../packages/server/src/app/commands/api.ts'
import { importTau2 } from '../packages/server/src/app/commands/import-tau2.ts'
import { createOutput } from '../packages/server/src/app/commands/output.ts'
import { readConfig } from '../packages/server/src/app/config.ts'
import { type Running, startMetaAgent } from '../packages/server/src/app/main.ts'
import { issueApiKey } from '../packages/server/src/slices/govern/identity/index.ts'
import { parseCsv } from '../tools/csv.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'

interface ManifestEntry {
  readonly file: string
  readonly n: number
  readonly success_rate: number
  readonly messages: number
  readonly tool_call_msgs: number
  readonly msgs_with_usage: number
  readonly agent_cost_usd: number
  readonly terminations: Readonly<Record<string, number>>
}

interface Check {
  readonly name: string
  readonly expected: unknown
  readonly seen: unknown
}

/** End reasons that somebody has to look at. */
const flaggedReasons = ['infrastructure_error', 'agent_error', 'too_many_errors', 'max_steps']

/**
 * Imports every file of `manifest.json` through the public API of a running server and holds what the API then says
 * against the manifest's totals and the rows of `runs.csv`. `DIR` (or `DIR/tau2-traces`) holds both and the files.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = [dataDir, join(dataDir, 'tau2-traces')].find((path) => existsSync(join(path, 'manifest.json')))
  if (folder === undefined) {
    console.error(`NOT RUN: there is no manifest.json in ${dataDir} or its tau2-traces. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as ManifestEntry[]
  const runs = parseCsv(readFileSync(join(folder, 'runs.csv'), 'utf8'))
  const temporary = mkdtempSync(join(tmpdir(), 'metaagent-tau2-'))
  const port = await freePort()
  const running = await startMetaAgent(
    { ...readConfig({}), dataDir: temporary, port, rateLimit: { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 } },
    pinoLog('error'),
  )
  try {
    const api = createApi(running.url, await adminKey(running))
    let passed = 0
    const failures: unknown[] = []
    for (const entry of manifest) {
      const checks = await checkFile(
        api,
        folder,
        entry,
        runs.filter((row) => row['file'] === entry.file),
      )
      const wrong = checks.filter((check) => JSON.stringify(check.expected) !== JSON.stringify(check.seen))
      passed += checks.length - wrong.length
      console.log(`${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${entry.file}: ${entry.n} runs, ${checks.length} checks`)
      for (const check of wrong) {
        console.log(
          `     ${check.name}: expected ${JSON.stringify(check.expected)}, seen ${JSON.stringify(check.seen)}`,
        )
        failures.push({ file: entry.file, ...check })
      }
    }
    return { passed, failed: failures.length, result: { files: manifest.length, failures } }
  } finally {
    await running.close()
    rmSync(temporary, { recursive: true, force: true })
  }
}

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

type RunRow = Readonly<Record<string, string>>

async function checkFile(
  api: Api,
  folder: string,
  entry: ManifestEntry,
  rows: readonly RunRow[],
): Promise<readonly Check[]> {
  const agent = entry.file.slice(0, 190)
  const output = createOutput(true)
  const options = { environment: 'benchmark', agent }
  const imported = await importTau2(api, [join(folder, entry.file)], options, output)
  const fleet = await api.request('GET', '/api/v1/fleet/health?window=all', FleetHealth)
  const health = fleet.agents.find((one) => one.agent === agent)
  const executions = await allExecutions(api, health?.agentId ?? '')
  const actions = await actionCounts(api, executions)
  const again = await importTau2(api, [join(folder, entry.file)], options, output)
  return [
    { name: 'rows refused', expected: 0, seen: imported[0]?.rejected },
    { name: 'rows stored twice on a second import', expected: entry.n + entry.messages, seen: again[0]?.duplicates },
    { name: 'runs', expected: entry.n, seen: health?.figures.executions },
    { name: 'success rate', expected: entry.success_rate, seen: round4(health?.figures.successRate ?? Number.NaN) },
    { name: 'messages', expected: entry.messages, seen: sum(executions, ({ totals }) => totals.actions) },
    { name: 'tool-call messages', expected: entry.tool_call_msgs, seen: actions.callingTools },
    { name: 'messages with usage', expected: entry.msgs_with_usage, seen: actions.withUsage },
    { name: 'reported cost', ...reportedCost(entry, rows, executions) },
    {
      name: 'end reasons',
      expected: sorted(entry.terminations),
      seen: sorted(countBy(executions, ({ endReason }) => endReason ?? 'none')),
    },
    {
      name: 'flagged end reasons',
      expected: sorted(
        Object.fromEntries(Object.entries(entry.terminations).filter(([reason]) => flaggedReasons.includes(reason))),
      ),
      seen: sorted(
        countBy(
          executions.flatMap(({ flags }) => flags),
          (flag) => flag,
        ),
      ),
    },
    ...checkRuns(rows, executions),
  ]
}

/** Every run against its row: outcome, tokens, reported cost, end reason and duration. */
function checkRuns(rows: readonly RunRow[], executions: readonly Execution[]): readonly Check[] {
  // A file may hold a task twice, so the start tells the runs apart.
  const byRun = new Map(executions.map((execution) => [`${execution.unit} ${execution.startedAt}`, execution]))
  return rows.map((row) => {
    const trial = Number(row['trial'] ?? 0)
    const startedAt = new Date(`${row['start']}Z`).toISOString()
    const execution = byRun.get(`${row['task_id']}${trial > 0 ? `#${trial}` : ''} ${startedAt}`)
    const expected = {
      success: row['success'] === '1',
      inputTokens: Number(row['prompt_tokens'] || 0),
      outputTokens: Number(row['completion_tokens'] || 0),
      reportedCostNanoUsd: expectedCost(row),
      endReason: row['termination'],
      durationMs: Math.round(Number(row['duration_s']) * 1000),
    }
    const seen = execution && {
      success: execution.status === 'success',
      inputTokens: execution.totals.inputTokens ?? 0,
      outputTokens: execution.totals.outputTokens ?? 0,
      reportedCostNanoUsd: execution.totals.reportedCostNanoUsd,
      endReason: execution.endReason,
      durationMs: execution.durationMs,
    }
    return { name: `run of task ${row['task_id']}, trial ${trial}`, expected, seen }
  })
}

/** Nano-dollars of a row; a zero beside tokens is nobody's price, so it is unknown. */
function expectedCost(row: RunRow): number | null {
  if (row['agent_cost'] === undefined || row['agent_cost'] === '') return null
  const nanoUsd = Math.round(Number(row['agent_cost']) * 1e9)
  return nanoUsd === 0 && Number(row['prompt_tokens'] || 0) > 0 ? null : nanoUsd
}

/** The manifest's total to its four decimals; a file whose costs are all zero beside tokens must show unknown. */
function reportedCost(
  entry: ManifestEntry,
  rows: readonly RunRow[],
  executions: readonly Execution[],
): Omit<Check, 'name'> {
  const known = executions.flatMap(({ totals }) =>
    totals.reportedCostNanoUsd === null ? [] : [totals.reportedCostNanoUsd],
  )
  const total = known.reduce((all, cost) => all + cost, 0)
  const hasTokens = rows.some((row) => Number(row['prompt_tokens'] || 0) > 0)
  const unknown = entry.agent_cost_usd === 0 && (hasTokens || rows.every((row) => !row['agent_cost']))
  return {
    expected: unknown ? null : entry.agent_cost_usd,
    seen: known.length === 0 || (total === 0 && hasTokens) ? null : round4(total / 1e9),
  }
}

async function allExecutions(api: Api, agentId: string): Promise<readonly Execution[]> {
  const all: Execution[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { items: Execution[]; nextCursor: string | null } = await api.request(
      'GET',
      `/api/v1/executions?agentId=${agentId}&limit=200${more}`,
      ExecutionPage,
    )
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}

async function actionCounts(
  api: Api,
  executions: readonly Execution[],
): Promise<{ callingTools: number; withUsage: number }> {
  let callingTools = 0
  let withUsage = 0
  for (const { executionId } of executions) {
    const { actions } = await api.request('GET', `/api/v1/executions/${executionId}/trace`, Trace)
    callingTools += actions.filter(({ kind, name }) => kind === 'llm' && name.startsWith('call ')).length
    withUsage += actions.filter(({ inputTokens, outputTokens }) => inputTokens !== null || outputTokens !== null).length
  }
  return { callingTools, withUsage }
}

const round4 = (value: number) => Math.round(value * 10_000) / 10_000
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0)
const sorted = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}
