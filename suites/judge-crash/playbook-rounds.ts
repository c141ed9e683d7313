import { isDeepStrictEqual } from 'node:util'
import { MacroExecutionDetail } from '@metaagent/contract'
import type { OwnerSql } from '../../packages/server/src/ports/store.ts'
import {
  type ExecutionEvent,
  type ExecutionState,
  startedExecution,
  stateAfter,
} from '../../packages/server/src/slices/act/playbooks/model/execution/state.ts'
import { chance } from '../crash/chance.ts'
import { pause, type ServerProcess } from '../crash/server-process.ts'
import type { Access, Round, RoundOutcome } from './ground.ts'
import { type Call, Receiver } from './receiver.ts'

const executionsPerRound = 6
const endWithinMs = 90_000
const macro = 'crash-suite'
/** The receiver listens on this machine, which a step may call only when an operator allows it. */
const networksVariable = 'METAAGENT_ALLOWED_PRIVATE_NETWORKS'

/**
 * Starts executions of a macro whose steps call a receiver, kills the server at a random moment, in half of the rounds once
 * more while it recovers, and starts it again. Then every execution ends, those whose start was not answered are started
 * once by their key, no step was called under two keys, nothing was released again after it succeeded, and the kept state
 * of each is its events folded.
 */
export async function runRound({ number, ground }: Round): Promise<RoundOutcome> {
  process.env[networksVariable] ??= '127.0.0.0/8'
  const receiver = await Receiver.listen(`${ground.seed}|${number}`)
  try {
    let server = await ground.start()
    const access = await ground.access(server)
    await ensureMacro(server, access)
    const starting = startAll(server, access, number, receiver.url)
    const moment = (label: string) => Math.round(1_200 * chance(ground.seed, 'playbooks', number, label))
    const kills = [moment('kill')]
    await pause(kills[0] ?? 0)
    await server.kill()
    await starting
    if (chance(ground.seed, 'playbooks', number, 'again') < 0.5) {
      server = await ground.start()
      kills.push(moment('again-at'))
      await pause(kills[1] ?? 0)
      await server.kill()
    }
    server = await ground.start()
    const ids = await startAll(server, access, number, receiver.url)
    const faults = await ended(server, access, ids)
    await server.stop()
    const looked = await ground.store.look((sql) => examine(sql, access.organizationId, ids, receiver.calls))
    const all = [...faults, ...looked.faults]
    const seen = `${ids.length} executions (${looked.outcomes}), ${receiver.calls.length} calls, ${looked.retried} of them again`
    return {
      ok: all.length === 0,
      detail: [`killed after ${kills.join(' and ')} ms: ${seen}`, ...all].join('\n     '),
      stepsRepeated: looked.stepsRepeated,
    }
  } finally {
    await receiver.close()
  }
}

async function send(server: ServerProcess, access: Access, method: string, path: string, body?: unknown) {
  return await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${access.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function ensureMacro(server: ServerProcess, access: Access): Promise<void> {
  if ((await send(server, access, 'GET', `/macros/${macro}`)).status === 200) return
  const call = (path: string) => ({ kind: 'http-call', arguments: { url: `{{inputs.url}}/${path}` } })
  const step = (name: string) => ({
    name,
    ...call(name),
    timeoutMs: 1_500,
    retries: { attemptsMax: 6, backoffMs: 100, factor: 1.5, backoffMaxMs: 500 },
  })
  const steps = ['first', 'second'].map((name) => ({ ...step(name), compensation: call(`undo-${name}`) }))
  const inputs = { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] }
  const definition = { inputs, steps: [...steps, step('third')] }
  const order = { name: macro, environments: ['staging'], enabled: true, impact: 'LOW', definition }
  const made = await send(server, access, 'POST', '/macros', order)
  if (made.status !== 201) throw new Error(`the macro was not taken: ${await made.text()}`)
}

/** Starts the round's executions, each under its key; answers the ids of those that a living server answered. */
async function startAll(server: ServerProcess, access: Access, round: number, url: string): Promise<readonly string[]> {
  const ids: string[] = []
  for (let at = 0; at < executionsPerRound; at += 1) {
    // Each has an address of its own, so that they fare differently.
    const order = {
      inputs: { url: `${url}/${at}` },
      environment: 'staging',
      reason: 'crash suite',
      idempotencyKey: `${round}/${at}`,
    }
    const reply = await send(server, access, 'POST', `/macros/${macro}/run`, order).catch(() => null)
    const body = (await reply?.json().catch(() => null)) ?? null
    if (reply === null || body === null) continue
    if (reply.status !== 201) throw new Error(`an execution was not started: ${JSON.stringify(body)}`)
    ids.push(MacroExecutionDetail.parse(body).macroExecutionId)
  }
  return ids
}

/** Waits until all have ended; what has not is a fault. */
async function ended(server: ServerProcess, access: Access, ids: readonly string[]): Promise<readonly string[]> {
  const untilMs = performance.now() + endWithinMs
  const open = new Set(ids)
  while (open.size > 0 && performance.now() < untilMs) {
    for (const id of open) {
      const reply = await send(server, access, 'GET', `/macro-executions/${id}`)
      if (MacroExecutionDetail.parse(await reply.json()).status !== 'running') open.delete(id)
    }
    await pause(100)
  }
  const missing = ids.length === executionsPerRound ? [] : [`${ids.length} of ${executionsPerRound} were started`]
  return [...missing, ...[...open].map((id) => `${id} did not end within ${endWithinMs} ms`)]
}

interface Row {
  readonly id: string
  readonly status: string
  readonly state: ExecutionState
  readonly inputs: unknown
  readonly startedAt: Date
}

interface Examined {
  readonly faults: readonly string[]
  readonly outcomes: string
  readonly retried: number
  readonly stepsRepeated: number
}

/** Past the server: rows against events, and events against what the receiver saw. */
async function examine(
  sql: OwnerSql,
  organizationId: string,
  ids: readonly string[],
  calls: readonly Call[],
): Promise<Examined> {
  const rows = await sql.query<Row>(
    `select macro_execution_id as id, status, state, inputs, started_at as "startedAt" from macro_executions
     where organization_id = $1 and macro_execution_id = any($2::uuid[])`,
    [organizationId, ids],
  )
  const events = await sql.query<{ id: string; event: ExecutionEvent }>(
    `select macro_execution_id as id, event from macro_execution_events
     where organization_id = $1 and macro_execution_id = any($2::uuid[]) order by macro_execution_id, sequence`,
    [organizationId, ids],
  )
  const byExecution = Map.groupBy(events, ({ id }) => id)
  const faults = rows.flatMap((row) =>
    faultsOf(
      row,
      (byExecution.get(row.id) ?? []).map(({ event }) => event),
    ),
  )
  if (calls.length === 0) faults.push('no step called anything')
  const strangers = calls.filter(({ executionId }) => !ids.includes(executionId))
  if (strangers.length > 0) faults.push(`${strangers.length} calls belong to no execution of this round`)
  const steps = Map.groupBy(calls, ({ executionId, path }) => `${executionId} ${path}`)
  const repeated = [...steps].filter(([, of]) => new Set(of.map(({ key }) => key)).size > 1)
  faults.push(...repeated.map(([step]) => `${step} was called under different keys`))
  const outcomes = [...Map.groupBy(rows, ({ status }) => status)].map(([status, of]) => `${of.length} ${status}`)
  return { faults, outcomes: outcomes.join(', '), retried: calls.length - steps.size, stepsRepeated: repeated.length }
}

function faultsOf(row: Row, events: readonly ExecutionEvent[]): string[] {
  const start = startedExecution({ executionId: row.id, inputs: row.inputs, startedAtMs: row.startedAt.getTime() })
  const folded = events.reduce(stateAfter, start)
  const succeeded = new Set<string>()
  const faults = isDeepStrictEqual(folded, row.state) ? [] : [`${row.id}: the kept state is not its events folded`]
  for (const event of events) {
    if (event.type === 'succeeded') succeeded.add(event.step)
    if (event.type === 'compensation-succeeded') succeeded.add(`undo ${event.step}`)
    const released = event.type === 'released' ? '' : event.type === 'compensation-released' ? 'undo ' : null
    if (released !== null && 'release' in event && succeeded.has(`${released}${event.release.step}`))
      faults.push(`${row.id}: ${released}${event.release.step} was released again after it succeeded`)
  }
  return faults
}
