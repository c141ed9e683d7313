import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { AgentPage, Agent, TelemetryReceipt } from '@metaagent/contract'
import cliProgress from 'cli-progress'
import { type Tau2Import, mapTau2, userSimulator } from '../importers/tau2.ts'
import { type Api, CommandRefused } from './api.ts'
import type { Output } from './output.ts'

export interface ImportOptions {
  readonly agent?: string | undefined
  readonly release?: string | undefined
  readonly environment: string
}

export interface ImportedFile {
  readonly file: string
  readonly agent: string
  readonly release: string
  readonly executions: number
  readonly actions: number
  readonly duplicates: number
  readonly rejected: number
}

const gunzipAsync = promisify(gunzip)
const gzipMagic = 0x1f

/** Reads a results file, gzipped or not. */
async function readJson(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandRefused(
      error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}`,
    )
  })
  const text = (bytes[0] === gzipMagic ? await gunzipAsync(bytes) : bytes).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandRefused(`${path} is not JSON.`)
  }
}

/** Imports τ²-bench results files through the public API. Importing the same file again stores nothing twice. */
export async function importTau2(
  api: Api,
  files: readonly string[],
  options: ImportOptions,
  output: Output,
): Promise<readonly ImportedFile[]> {
  const mapped: { readonly path: string; readonly data: Tau2Import }[] = []
  // All files are read first: a bad one is refused before anything is sent.
  for (const path of files) mapped.push({ path, data: mapTau2(basename(path), await readJson(path), options) })
  const total = mapped.reduce((sum, { data }) => sum + data.executions + data.actions, 0)
  const bar = output.json || !process.stderr.isTTY ? null : progressBar(total)
  const imported: ImportedFile[] = []
  for (const { path, data } of mapped) {
    const sums = { duplicates: 0, rejected: 0 }
    for (const batch of data.batches) {
      const receipt = await api.request('POST', '/api/v1/telemetry', TelemetryReceipt, batch)
      sums.duplicates += receipt.duplicates.executions + receipt.duplicates.actions
      sums.rejected += receipt.rejected.length
      bar?.increment((batch.executions?.length ?? 0) + (batch.actions?.length ?? 0))
      const first = receipt.rejected[0]
      if (first !== undefined)
        output.complain(`${basename(path)}: ${first.list}[${first.index}] ${first.path}: ${first.detail}`)
    }
    imported.push({
      file: basename(path),
      agent: data.agent,
      release: data.release,
      executions: data.executions,
      actions: data.actions,
      ...sums,
    })
  }
  bar?.stop()
  await nameDomains(
    api,
    mapped.map(({ data }) => data),
  )
  return imported
}

function progressBar(total: number) {
  const bar = new cliProgress.SingleBar(
    { format: 'Importing {bar} {percentage} % | {value}/{total} rows | {eta_formatted} left', hideCursor: true },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0)
  return bar
}

/** Puts each agent into its benchmark's domain, so that the fleet can be filtered by it. */
async function nameDomains(api: Api, imports: readonly Tau2Import[]): Promise<void> {
  const wanted = new Map(imports.map((one) => [one.agent, one.domain]))
  wanted.set(userSimulator, 'simulation')
  for (const [name, domain] of wanted) {
    const page = await api.request('GET', `/api/v1/agents?q=${encodeURIComponent(name)}&limit=200`, AgentPage)
    const agent = page.items.find((item) => item.name === name)
    if (agent !== undefined && agent.domain !== domain)
      await api.request('PATCH', `/api/v1/agents/${agent.agentId}`, Agent, { domain })
  }
}

/** What was imported, for people. */
export function printImported(imported: readonly ImportedFile[], output: Output): void {
  for (const one of imported) {
    const already = one.duplicates > 0 ? `, ${one.duplicates} rows were here already` : ''
    const refused = one.rejected > 0 ? `, ${one.rejected} rows refused` : ''
    output.line(
      `${one.agent} @ ${one.release}: ${one.executions} executions, ${one.actions} actions${already}${refused}`,
    )
  }
  output.result(imported)
}
