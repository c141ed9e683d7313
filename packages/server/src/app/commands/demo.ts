import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AgentHealth, AgentPage, Comparison, FleetHealth, ProofFile, scopesOfRole } from '@metaagent/contract'
import { verifyProofFile } from '@metaagent/verify'
import { pinoLog } from '../../adapters/system/pino-log.ts'
import { addMs } from '../../kernel/instant.ts'
import { ensureFirstOrganization, issueApiKey } from '../../slices/govern/identity/index.ts'
import { sequenceNow } from '../../slices/govern/ledger/index.ts'
import { readConfig } from '../config.ts'
import { usablePort } from '../free-port.ts'
import { type Running, startMetaAgent } from '../main.ts'
import { type Api, CommandRefused, createApi } from './api.ts'
import { showDrift, showJudging } from './demo-judging.ts'
import { importTau2, printImported } from './import-tau2.ts'
import type { Output } from './output.ts'

export interface DemoOptions {
  /** End when everything was shown instead of serving on. */
  readonly once: boolean
  readonly dataDir: string
  readonly port?: number | undefined
}

const examples = fileURLToPath(new URL('../../../../../examples/tau2/', import.meta.url))

/** More than a demo takes; its key should not outlive it for long. */
const keyLifetimeMs = 3_600_000

/** Shows the whole line on real runs: import, health, a decision and its proof; then leaves the dashboard open. */
export async function demo(options: DemoOptions, output: Output): Promise<void> {
  const files = exampleFiles()
  const environment = readConfig()
  const port = await usablePort('127.0.0.1', options.port ?? environment.port)
  const config = {
    ...environment,
    databaseUrl: null,
    migrationUrl: null,
    dataDir: options.dataDir,
    port,
    publicUrl: null,
  }
  const log = pinoLog(config.logLevel === 'info' ? 'warn' : config.logLevel, process.stderr)
  const running = await startMetaAgent(config, log)
  try {
    const api = createApi(running.url, await makeKey(running))
    heading(output, 'Real runs in')
    output.line('τ²-bench customer-service agents, MIT licence: examples/tau2/README.md')
    const imported = await importTau2(api, files, { environment: 'benchmark' }, { ...output, result: () => {} })
    printImported(imported, { ...output, result: () => {} })
    const fleet = await showHealth(api, output)
    const comparison = await decide(api, output)
    heading(output, 'Judges who contradict each other')
    const judging = await showJudging(running.composed.deps, api, output)
    heading(output, 'Drift, and what it proposes')
    const amendment = await showDrift(api, output)
    const proof = await prove(running, api, comparison, options.dataDir, output)
    output.result({ url: running.url, imported, fleet, comparison, judging, amendment, proof })
    if (options.once) return
    heading(output, 'Dashboard')
    // A new link: the first one may have been used by an earlier demo in this folder.
    const { signInLink } = await ensureFirstOrganization(running.composed.deps)
    output.line(`Open ${signInLink ?? running.url}`)
    output.line('The runs are from 2025: choose the window “all” on the fleet page.')
    output.line(`API reference: ${running.url}/docs`)
    output.line('Ctrl-C ends the demo; its data stays in ' + options.dataDir)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    })
  } finally {
    await running.close()
  }
}

function exampleFiles(): readonly string[] {
  if (!existsSync(examples))
    throw new CommandRefused('The demo reads examples/tau2 of the repository; run it from a checkout.')
  return readdirSync(examples)
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => join(examples, name))
}

function heading(output: Output, text: string): void {
  output.line()
  output.line(`── ${text} ${'─'.repeat(Math.max(0, 72 - text.length))}`)
}

async function makeKey(running: Running): Promise<string> {
  const { deps } = running.composed
  const issued = await deps.store.transaction({ organizationId: running.organizationId }, (tx) =>
    issueApiKey(deps, tx, {
      name: 'demo',
      scopes: scopesOfRole.admin,
      expiresAt: addMs(deps.clock.now(), keyLifetimeMs),
      actor: { kind: 'system', id: 'demo' },
    }),
  )
  return issued.secret
}

async function showHealth(api: Api, output: Output): Promise<FleetHealth> {
  const fleet = await api.request('GET', '/api/v1/fleet/health?window=all', FleetHealth)
  heading(output, 'Health of each agent')
  for (const agent of fleet.agents) showAgent(agent, output)
  return fleet
}

function showAgent(health: AgentHealth, output: Output): void {
  const { figures } = health
  const score = health.score === null ? 'no score' : `score ${health.score}`
  output.line(`${health.agent}: ${health.state}, ${score}`)
  output.line(
    `   ${figures.executions} executions, success ${percent(figures.successRate)}, p95 ${seconds(figures.latencyP95Ms)}, ` +
      `cost ${dollars(figures.costNanoUsd)}${figures.unpricedCalls > 0 ? ` + ${figures.unpricedCalls} calls of unknown price` : ''}`,
  )
  for (const reason of health.because) output.line(`   · ${reason.text}`)
}

const percent = (share: number | null) => (share === null ? 'unknown' : `${(100 * share).toFixed(1)} %`)
const seconds = (durationMs: number | null) => (durationMs === null ? 'unknown' : `${(durationMs / 1000).toFixed(1)} s`)
const dollars = (nanoUsd: number | null) => (nanoUsd === null ? 'unknown' : `$${(nanoUsd / 1e9).toFixed(4)}`)

const baseModel = 'gpt-4.1'
const tunedModel = 'ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm'

async function decide(api: Api, output: Output): Promise<readonly Comparison[]> {
  const page = await api.request('GET', '/api/v1/agents?q=tau2-telecom', AgentPage)
  const agent = page.items.find((item) => item.name === 'tau2-telecom')
  if (agent === undefined) throw new CommandRefused('The example of the telecom agent was not imported.')
  heading(output, 'Decision: may the fine-tuned model replace gpt-4.1 in tau2-telecom?')
  const decided: Comparison[] = []
  for (const policy of ['success-only', 'guarded'] as const) {
    const input = { controlRelease: baseModel, candidateRelease: tunedModel, policy }
    const comparison = await api.request('POST', `/api/v1/agents/${agent.agentId}/comparisons`, Comparison, input)
    decided.push(comparison)
    output.line(`${policy}: ${comparison.verdict.toUpperCase()}`)
    output.line(`   because ${comparison.because.text}`)
    output.line(
      `   success ${percent(comparison.control.successRate)} → ${percent(comparison.candidate.successRate)}, ` +
        `p = ${comparison.success.pValue?.toPrecision(2) ?? 'unknown'}; candidate's cost ${dollars(comparison.candidate.costNanoUsd)}`,
    )
  }
  return decided
}

async function prove(running: Running, api: Api, comparisons: readonly Comparison[], dataDir: string, output: Output) {
  const last = comparisons.at(-1)
  if (last === undefined) throw new CommandRefused('Nothing was decided.')
  heading(output, 'Proof of the decision')
  await sequenceNow(running.composed.deps)
  const file = join(dataDir, 'decision.proof.json')
  mkdirSync(dataDir, { recursive: true })
  const proof = await api.request('GET', `/api/v1/ledger/events/${last.eventId}/proof`, ProofFile)
  writeFileSync(file, `${JSON.stringify(proof, null, 2)}\n`)
  const verdict = await verifyProofFile(proof)
  output.line(`Written to ${file} (entry ${proof.index} of ${proof.treeSize})`)
  output.line(`Checked offline, from the file alone: ${verdict.ok ? 'VALID' : `REFUSED: ${verdict.fault.detail}`}`)
  output.line(`Check it yourself:  npx metaagent verify ${file}`)
  if (!verdict.ok) throw new CommandRefused('The proof of the decision does not hold.')
  return { file, index: proof.index, treeSize: proof.treeSize }
}
