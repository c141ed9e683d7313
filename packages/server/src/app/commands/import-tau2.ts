import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Agent, AgentPage, TelemetryReceipt } from '@metaagent/contract'
import cliProgress from 'cli-progress'
import { readConfig } from '../config.ts'
import { mapTau2, type Tau2Import, userSimulator } from '../importers/tau2.ts'
import { type Api, apiFor, CommandRefused } from './api.ts'
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
  const plain =
    bytes[0] === gzipMagic
      ? await gunzipAsync(bytes).catch((error: Error) => {
          throw new CommandRefused(`${path} cannot be unpacked: ${error.message}`)
        })
      : bytes
  try {
    return JSON.parse(plain.toString('utf8'))
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
  try {
    for (const { path, data } of mapped)
      imported.push(await send(api, basename(path), data, output, (rows) => bar?.increment(rows)))
  } finally {
    // Also gives the terminal its cursor back.
    bar?.stop()
  }
  await nameDomains(
    api,
    mapped.map(({ data }) => data),
    output,
  )
  return imported
}

async function send(
  api: Api,
  file: string,
  data: Tau2Import,
  output: Output,
  sent: (rows: number) => void,
): Promise<ImportedFile> {
  let duplicates = 0
  let rejected = 0
  for (const batch of data.batches) {
    const receipt = await api.request('POST', '/api/v1/telemetry', TelemetryReceipt, batch)
    duplicates += receipt.duplicates.executions + receipt.duplicates.actions
    rejected += receipt.rejected.length
    sent((batch.executions?.length ?? 0) + (batch.actions?.length ?? 0))
    const first = receipt.rejected[0]
    if (first !== undefined) output.complain(`${file}: ${first.list}[${first.index}] ${first.path}: ${first.detail}`)
  }
  const { agent, release, executions, actions } = data
  return { file, agent, release, executions, actions, duplicates, rejected }
}

function progressBar(total: number) {
  const bar = new cliProgress.SingleBar(
    { format: 'Importing {bar} {percentage} % | {value}/{total} rows | {eta_formatted} left', hideCursor: true },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0)
  return bar
}

/** Where the registry puts agents that nobody has put into a domain. */
const noDomain = 'general'

/** Puts each agent that has no domain yet into its benchmark's, so that the fleet can be filtered by it. */
async function nameDomains(api: Api, imports: readonly Tau2Import[], output: Output): Promise<void> {
  const wanted = new Map(imports.map((one) => [one.agent, one.domain]))
  wanted.set(userSimulator, 'simulation')
  try {
    for (const [name, domain] of wanted) {
      const page = await api.request('GET', `/api/v1/agents?q=${encodeURIComponent(name)}&limit=200`, AgentPage)
      const agent = page.items.find((item) => item.name === name)
      if (agent?.domain === noDomain) await api.request('PATCH', `/api/v1/agents/${agent.agentId}`, Agent, { domain })
    }
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error
    // A key that may only write telemetry imports all the same.
    output.complain(`The runs are in; their agents keep the domain "${noDomain}": ${error.message}`)
  }
}

export interface ImportCommandOptions extends ImportOptions {
  readonly files: readonly string[]
  readonly url?: string | undefined
  readonly apiKey?: string | undefined
}

/** `metaagent import tau2`: false when the server refused a row. */
export async function importTau2Command(options: ImportCommandOptions, output: Output): Promise<boolean> {
  const imported = await importTau2(apiFor(readConfig(), options), options.files, options, output)
  printImported(imported, output)
  return imported.every(({ rejected }) => rejected === 0)
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
