import cliProgress from 'cli-progress'
import { pinoLog } from '../../adapters/system/pino-log.ts'
import type { Deps } from '../../ports/slice.ts'
import { listOrganizationIds } from '../../slices/govern/identity/index.ts'
import {
  type RemapDays,
  type RemapPosition,
  type RemapStep,
  remapNext,
  remapWork,
} from '../../slices/observe/telemetry/index.ts'
import { readConfig } from '../config.ts'
import { openMetaAgent } from '../main.ts'
import { CommandRefused } from './api.ts'
import type { Output } from './output.ts'

export interface RemapOptions {
  /** Days, `YYYY-MM-DD`; left out: from the first, to the last that hold any action. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly dryRun: boolean
}

/** What a re-mapping did in one organization. */
export interface Remapped {
  readonly organizationId: string
  readonly from: string
  readonly to: string
  readonly actions: number
  readonly changed: number
  readonly executions: number
}

/**
 * Reads the stored spans that an older mapping read again, organization by organization, in transactions of a hundred
 * executions each. Stopped half way, it goes on where it was: what is done is not done again.
 */
export async function remap(
  deps: Deps,
  options: RemapOptions,
  progress: (organization: string, rows: number, total: number) => void,
): Promise<readonly Remapped[]> {
  const asked = { ...dayOption('from', options.from), ...dayOption('to', options.to) }
  if (asked.from !== undefined && asked.to !== undefined && asked.to < asked.from)
    throw new CommandRefused('--to is before --from.')
  const done: Remapped[] = []
  for (const organizationId of await listOrganizationIds(deps)) {
    const work = await deps.store.transaction({ organizationId }, (tx) => remapWork(tx, asked))
    if (work === null) continue
    const tell = (rows: number) => progress(organizationId, rows, work.rows)
    done.push(await remapOrganization(deps, organizationId, work.days, options.dryRun, tell))
  }
  return done
}

async function remapOrganization(
  deps: Deps,
  organizationId: string,
  days: RemapDays,
  dryRun: boolean,
  tell: (rows: number) => void,
): Promise<Remapped> {
  const sums = { actions: 0, changed: 0, executions: 0 }
  let position: RemapPosition | null = null
  do {
    const at: RemapPosition | null = position
    const step: RemapStep = await deps.store.transaction({ organizationId }, (tx) =>
      remapNext(deps, tx, days, at, dryRun),
    )
    sums.actions += step.actions
    sums.changed += step.changed
    sums.executions += step.executions
    tell(sums.actions)
    position = step.next
  } while (position !== null)
  return { organizationId, ...days, ...sums }
}

function dayOption(name: 'from' | 'to', day: string | undefined): Partial<RemapDays> {
  if (day === undefined) return {}
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day
  if (!isDay) throw new CommandRefused(`--${name} takes a day as YYYY-MM-DD.`)
  return { [name]: day }
}

/** `metaagent remap`. On the embedded database the server must not be running, since it holds the folder. */
export async function remapCommand(
  { dataDir, ...options }: RemapOptions & { readonly dataDir?: string | undefined },
  output: Output,
): Promise<void> {
  const config = readConfig()
  const opened = await openMetaAgent(
    dataDir === undefined ? config : { ...config, dataDir },
    pinoLog(config.logLevel, process.stderr),
  )
  const bar = output.json || !process.stderr.isTTY ? null : progressBar()
  try {
    let shown: string | null = null
    const done = await remap(opened.composed.deps, options, (organizationId, rows, total) => {
      if (shown !== organizationId) bar?.start(total, 0)
      shown = organizationId
      bar?.update(rows)
    })
    bar?.stop()
    print(done, options.dryRun, output)
  } finally {
    bar?.stop()
    await opened.close()
  }
}

function progressBar() {
  return new cliProgress.SingleBar(
    { format: 'Reading again {bar} {percentage} % | {value}/{total} rows | {eta_formatted} left', hideCursor: true },
    cliProgress.Presets.shades_classic,
  )
}

function print(done: readonly Remapped[], dryRun: boolean, output: Output): void {
  if (done.length === 0) output.line('Everything stored has been read by the mapping of this version.')
  for (const { organizationId, from, to, actions, changed, executions } of done)
    output.line(
      `${organizationId}, ${from} to ${to}: ${actions} actions of ${executions} executions, ${changed} ${dryRun ? 'would be' : 'are'} read differently`,
    )
  output.result({ dryRun, organizations: done })
}
