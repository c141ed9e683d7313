import { Agent as HttpAgent } from 'node:http'
import { FleetHealth, LedgerStatus, Trace } from '@metaagent/contract'
import type { Api } from '../../packages/server/src/app/commands/api.ts'
import { actionsPerBatch, batchOf, executionIdOf, executionsPerBatch, leftOpen, reportsOf } from './batches.ts'
import { chance } from './chance.ts'
import { enter } from './enter.ts'
import { judge, type Verdict } from './judge.ts'
import { logNames, logPaths, watchLogs } from './ledger.ts'
import { Load, post, receiptFault, senders } from './load.ts'
import type { Access, BatchKey, Progress, RoundReport } from './progress.ts'
import { recount } from './recount.ts'
import { pause, ServerProcess } from './server-process.ts'
import type { CrashStore } from './stores.ts'

const longestWarmUpMs = 20_000

export interface RoundParts {
  readonly store: CrashStore
  readonly progress: Progress
  readonly seed: string
}

/** One crash and what came of it. Goes on where a round was left that was begun and not finished. */
export async function runRound(parts: RoundParts): Promise<RoundReport> {
  const servers: ServerProcess[] = []
  const start: Start = async () => {
    const server = await ServerProcess.spawn(parts.store, (pid) => parts.progress.add({ kind: 'process', pid }))
    servers.push(server)
    return server
  }
  try {
    const faults = parts.progress.openRound === null ? await crash(parts, start) : []
    return await recover(parts, start, faults)
  } finally {
    for (const server of servers) if (server.isRunning) await server.kill()
  }
}

type Start = () => Promise<ServerProcess>

/** Puts the server under load and kills it 0.3 to 2 seconds after its first answer. Returns what was wrong until then. */
async function crash({ store, progress, seed }: RoundParts, start: Start): Promise<readonly string[]> {
  const round = progress.finishedRounds + 1
  await killStarts(start, progress, seed, [store.name, round, 'before'])
  const server = await start()
  await server.ready()
  if (progress.access === null) progress.add({ kind: 'access', access: await enter(server, progress, seed) })
  const { access } = progress
  if (access === null) throw new Error('nobody may enter the server')
  const baseMs = Date.now()
  progress.add({ kind: 'round', round, baseMs })
  const load = new Load({ server, progress, access, seed, round, baseMs })
  const killedAfterMs = Math.round(300 + 1_700 * chance(seed, store.name, round, 'kill'))
  await Promise.race([load.underWay, pause(longestWarmUpMs)])
  await pause(killedAfterMs)
  load.expectTheEnd()
  await server.kill()
  await load.ended()
  progress.add({ kind: 'killed', killedAfterMs, answersDropped: load.answersDropped })
  return load.faults
}

/** Starts the server again, looks at what is there, sends again what was not answered, and looks once more. */
async function recover(parts: RoundParts, start: Start, before: readonly string[]): Promise<RoundReport> {
  const { store, progress, seed } = parts
  const { access } = progress
  if (access === null) throw new Error('a round was begun without a way into the server')
  const round = progress.finishedRounds + 1
  const faults = [...before]
  await killStarts(start, progress, seed, [store.name, round, 'recovery'])
  let server = await start()
  const readyAgainMs = await server.ready()
  const api = () => server.api(access.apiKey)
  faults.push(...(await watchLogs(api(), progress)))
  faults.push(...(await tracesFaults(api(), progress, seed, [store.name, round, 'traces'])))
  const look = async (when: string): Promise<Verdict> => {
    if (store.isEmbedded) await server.stop()
    const verdict = await store.look(async (sql) => judge(progress, await recount(sql, access.organizationId)))
    faults.push(...verdict.faults.map((fault) => `${when}: ${fault}`))
    return verdict
  }
  const afterCrash = await look('after the crash')
  if (store.isEmbedded) {
    server = await start()
    await server.ready()
  }
  const unanswered = progress.batches.filter(({ acknowledged }) => !acknowledged).map(({ key }) => key)
  faults.push(...(await sendAgain(server, progress, access, seed, unanswered, afterCrash.storedUnanswered)))
  faults.push(...(await totalsFaults(api(), progress)))
  faults.push(...(await sequencedFaults(api())))
  faults.push(...(await watchLogs(api(), progress)))
  const inTheEnd = await look('in the end')
  if (!store.isEmbedded) await server.stop()
  const report: RoundReport = {
    round,
    killedAfterMs: progress.killed?.killedAfterMs ?? null,
    startsKilled: progress.startsKilled,
    acknowledgedBatches: progress.batches.filter(({ key }) => key.round === round).length - unanswered.length,
    unansweredBatches: unanswered.length,
    unansweredStored: afterCrash.storedUnanswered.length,
    answersDropped: progress.killed?.answersDropped ?? 0,
    readyAgainMs,
    lost: Math.max(afterCrash.lost, inTheEnd.lost),
    duplicated: Math.max(afterCrash.duplicated, inTheEnd.duplicated),
    faults,
  }
  progress.add({ kind: 'finished', report })
  return report
}

/** In two rounds of five the server is also killed while it starts, once or twice, at any moment of the start. */
async function killStarts(
  start: Start,
  progress: Progress,
  seed: string,
  labels: readonly (string | number)[],
): Promise<void> {
  const times = Math.floor(chance(seed, ...labels, 'times') * 5) - 2
  for (let time = 0; time < times; time++) {
    const server = await start()
    await Promise.race([pause(100 + 1_900 * chance(seed, ...labels, time)), server.ready().catch(() => {})])
    await server.kill()
    progress.add({ kind: 'start-killed' })
  }
}

/** Reads some acknowledged executions as the dashboard would. */
async function tracesFaults(
  api: Api,
  progress: Progress,
  seed: string,
  labels: readonly (string | number)[],
): Promise<readonly string[]> {
  const faults: string[] = []
  const acknowledged = progress.batches.filter((batch) => batch.acknowledged)
  for (let time = 0; time < 5; time++) {
    const batch = acknowledged[Math.floor(chance(seed, ...labels, time) * acknowledged.length)]
    if (batch === undefined) continue
    const id = executionIdOf(seed, batch.key, time * 2)
    const trace = await api.request('GET', `/api/v1/executions/${id}/trace`, Trace).catch(String)
    const actions = typeof trace === 'string' ? trace : trace.actions.length
    if (actions !== actionsPerBatch / executionsPerBatch) faults.push(`execution ${id} has ${actions} actions`)
  }
  return faults
}

/**
 * Sends every batch again that was not answered, as the SDK would, and one of each sender's that was. Each is accepted
 * whole if it was not there, and not at all if it was.
 */
async function sendAgain(
  server: ServerProcess,
  progress: Progress,
  access: Access,
  seed: string,
  unanswered: readonly BatchKey[],
  there: readonly BatchKey[],
): Promise<readonly string[]> {
  const faults: string[] = []
  const answered = progress.batches.filter(({ acknowledged }) => acknowledged).map(({ key }) => key)
  const isThere = new Set([...there, ...answered].map((key) => JSON.stringify(key)))
  const connection = new HttpAgent({ keepAlive: true, maxSockets: 1 })
  for (const key of [...unanswered, ...answered.slice(-senders)]) {
    const batch = batchOf(seed, key, progress.baseMsByRound.get(key.round) ?? 0)
    const { status, text } = await post(server.url, access.apiKey, Buffer.from(JSON.stringify(batch)), connection)
    if (status !== 200) {
      faults.push(`a batch that was sent again was answered with ${status}: ${text.slice(0, 300)}`)
      continue
    }
    const expected = isThere.has(JSON.stringify(key)) ? 0 : actionsPerBatch
    const { accepted } = JSON.parse(text) as { accepted: { actions: number; executions: number } }
    const fault = receiptFault(text, key)
    if (fault !== null) faults.push(fault)
    else if (accepted.actions !== expected || accepted.executions !== (expected === 0 ? 0 : reportsOf(key)))
      faults.push(`a batch that ${expected === 0 ? 'was' : 'was not'} there was answered with ${text.slice(0, 300)}`)
    progress.add({ kind: 'stored', batch: key })
  }
  connection.destroy()
  return faults
}

/** The fleet's figures, when every batch that was ever sent is stored. */
async function totalsFaults(api: Api, progress: Progress): Promise<readonly string[]> {
  const { totals } = await api.request('GET', '/api/v1/fleet/health?window=all', FleetHealth)
  const batches = progress.batches.length
  const lastOfSender = new Set(progress.batches.map(({ key }) => `${key.round}.${key.sender}`)).size
  const open = lastOfSender * leftOpen
  const expected = {
    actions: batches * actionsPerBatch,
    executions: batches * executionsPerBatch - open,
    running: open,
  }
  const seen = { actions: totals.actions, executions: totals.executions, running: totals.running }
  return JSON.stringify(seen) === JSON.stringify(expected)
    ? []
    : [`the fleet's totals are ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`]
}

/** Both logs must catch up with the journal soon after a crash. */
async function sequencedFaults(api: Api): Promise<readonly string[]> {
  const faults: string[] = []
  for (const log of logNames) {
    const untilMs = performance.now() + 20_000
    for (;;) {
      const { pendingEntries, haltedBecause } = await api.request('GET', logPaths[log], LedgerStatus)
      if (haltedBecause !== null) faults.push(`the ${log}'s log does not go on: ${haltedBecause}`)
      if (pendingEntries === 0 || haltedBecause !== null) break
      if (performance.now() > untilMs) {
        faults.push(`the ${log}'s log still has ${pendingEntries} entries to take`)
        break
      }
      await pause(100)
    }
  }
  return faults
}
