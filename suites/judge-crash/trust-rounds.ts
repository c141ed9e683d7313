import { SubscriberList, TunableList } from '@metaagent/contract'
import { chance } from '../crash/chance.ts'
import { pause, type ServerProcess } from '../crash/server-process.ts'
import type { Access, Ground, Round, RoundOutcome } from './ground.ts'
import { TrustRecount } from './recount.ts'
import { Stream } from './stream.ts'

/** Every so many rounds a server is left alone until it has caught up, and stopped as an administrator does. */
const settleEvery = 20
const snapshotTunable = 'trust.snapshot_every_entries'
const snapshotEvery = 200
const settleWithinMs = 30_000

const recounts = new WeakMap<Ground, TrustRecount>()

/**
 * Streams QA events and labels into a real server and kills it at a random moment, while the trust engine audits them. Then,
 * past the server, every row of trust must be what a run without a crash makes of the events that the engine's cursor has
 * passed: entries, evidence, verdicts, golds and snapshots, bit for bit.
 */
export async function runRound({ number, ground }: Round): Promise<RoundOutcome> {
  const server = await ground.start()
  const access = await ground.access(server)
  const faults: string[] = []
  if (!recounts.has(ground)) await setSnapshots(server, access)
  const stream = new Stream(server, access, ground.seed, number)
  await stream.underWay()
  await atWork(server, access)
  const killedAfterMs = Math.round(500 * chance(ground.seed, 'trust', number, 'kill'))
  await pause(killedAfterMs)
  // Stores take turns: two in a row settle, so that each store does.
  const settles = number > 1 && number % settleEvery < 2
  if (settles) await stream.end()
  else {
    stream.expectTheEnd()
    await server.kill()
  }
  const { acknowledged, requests, faults: streamFaults } = await stream.end()
  faults.push(...streamFaults)
  if (settles) await caughtUp(server, access, faults)
  if (server.isRunning) await server.stop()
  const recount = recounts.get(ground) ?? new TrustRecount()
  recounts.set(ground, recount)
  const check = await ground.store.look(async (sql) => {
    const keys = [...new Set(acknowledged)]
    const [there] = await sql.query<{ n: number }>(
      `select count(*)::int as n from qa_events where organization_id = $1 and split_part(idempotency_key, chr(10), 2) = any($2::text[])`,
      [access.organizationId, keys],
    )
    if ((there?.n ?? 0) < keys.length) faults.push(`${keys.length - (there?.n ?? 0)} acknowledged verdicts are lost`)
    const found = await recount.check(sql, access.organizationId)
    // A killed worker's leases run on for 20 seconds; the next server is not to wait for that in every round.
    await sql.query('update journal_cursors set lease_until = now()')
    await sql.query('delete from journal_workers')
    return found
  })
  faults.push(...check.faults)
  if (settles && check.behind > 0) faults.push(`${check.behind} events were not told though the server had caught up`)
  const how = settles ? 'settled and stopped' : `killed after ${killedAfterMs} ms`
  const seen = `${requests} requests; ${check.events} events folded, ${check.behind} not told yet, ${check.entries} entries, ${check.snapshots} snapshots`
  return { ok: faults.length === 0, detail: [`${how}: ${seen}`, ...faults].join('\n     ') }
}

async function setSnapshots(server: ServerProcess, access: Access): Promise<void> {
  const headers = { authorization: `Bearer ${access.apiKey}`, 'content-type': 'application/json' }
  const url = `${server.url}/api/v1/tunables`
  const { items } = TunableList.parse(await (await fetch(url, { headers })).json())
  if (items.some(({ key, value }) => key === snapshotTunable && value === snapshotEvery)) return
  const body = JSON.stringify({ value: snapshotEvery, reason: 'so that a few rounds make a snapshot' })
  const response = await fetch(`${url}/${snapshotTunable}`, { method: 'PUT', headers, body })
  if (response.status !== 200) throw new Error(`the tunable was not set: ${await response.text()}`)
}

/** Waits until the engine has been told of something by this server: from then on a kill may hit it at any step. */
async function atWork(server: ServerProcess, access: Access): Promise<void> {
  const untilMs = performance.now() + settleWithinMs
  const before = await engine(server, access)
  for (let now = before; now?.delivered === before?.delivered; now = await engine(server, access)) {
    if (performance.now() > untilMs) throw new Error(`the trust engine was told of nothing within ${settleWithinMs} ms`)
    await pause(10)
  }
}

/** Events that a running transaction still hides are behind too: it has caught up when it has nothing to read for a while. */
async function caughtUp(server: ServerProcess, access: Access, faults: string[]): Promise<void> {
  const untilMs = performance.now() + settleWithinMs
  for (let idle = 0; idle < 10; ) {
    const { lagEvents = null } = (await engine(server, access)) ?? {}
    idle = lagEvents === 0 ? idle + 1 : 0
    if (performance.now() > untilMs) {
      faults.push(`after ${settleWithinMs} ms the trust engine still has ${lagEvents} events to read`)
      return
    }
    await pause(50)
  }
}

async function engine(server: ServerProcess, access: Access) {
  const { items } = await server.api(access.apiKey).request('GET', '/api/v1/journal/subscribers', SubscriberList)
  return items.find(({ name }) => name === 'meta-agent.trust')
}
