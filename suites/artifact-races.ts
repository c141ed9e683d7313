import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ArtifactOutcome, Project } from '@metaagent/contract'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import {
  openPgliteTestStore,
  openPostgresTestStore,
  type TestStore,
} from '../packages/server/src/testkit/test-stores.ts'
import { startServerOn } from '../packages/server/src/testkit/whole-server.ts'
import type { Run } from '../tools/run-named.ts'

interface Tally {
  readonly agents: number
  readonly groups: number
  /** Pairs of ACTIVE artifacts that meet; has to stay 0. */
  readonly conflictingActive: number
  /** Requests that were answered with a fault of the server, such as a deadlock or a time-out. */
  readonly deadlocks: number
  readonly groupsWithoutActive: number
  readonly activateMs: number
}

/**
 * Agents that activate overlapping artifacts at once, over HTTP, on a whole server, on each store: `--agents` (1,000) in
 * `--groups` (50), each of which writes one file, all in one project.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { agents: { type: 'string', default: '1000' }, groups: { type: 'string', default: '50' } },
  })
  const [agents, groups] = [Number(values.agents), Number(values.groups)]
  const migrations = collectMigrations()
  const pglite = await race(await openPgliteTestStore({ migrations }), agents, groups)
  const cluster = await startPostgresCluster()
  try {
    const postgres = await race(await openPostgresTestStore(cluster.url, { migrations }), agents, groups)
    const failed = [pglite, postgres].filter(isWrong).length
    return { passed: 2 - failed, failed, result: { pglite, postgres } }
  } finally {
    await cluster.stop()
  }
}

function isWrong({ conflictingActive, deadlocks, groupsWithoutActive }: Tally): boolean {
  return conflictingActive + deadlocks + groupsWithoutActive > 0
}

async function race(testStore: TestStore, agents: number, groups: number): Promise<Tally> {
  const server = await startServerOn(testStore)
  const client = new Client(server.url, server.adminKey)
  try {
    return await activateAll(client, agents, groups)
  } finally {
    client.close()
    await server.close()
  }
}

async function activateAll(client: Client, agents: number, groups: number): Promise<Tally> {
  const { projectId } = await client.send<Project>('POST', '/projects', { name: 'Race' })
  const drafts = await inLanes(agents, 16, async (at) => {
    const group = at % groups
    const path = `src/group-${group}/file.ts`
    const order = { projectId, name: `by agent ${at}`, agent: `agent ${at}`, type: 'code', content: `text ${at}`, path }
    const { artifact } = await client.send<ArtifactOutcome>('POST', '/artifacts', order)
    return { artifactId: artifact.artifactId, group }
  })
  console.log(`${agents} drafts are there`)
  const startedMs = performance.now()
  const replies = await Promise.all(
    drafts.map(({ artifactId }) => client.attempt('PATCH', `/artifacts/${artifactId}`, { state: 'ACTIVE' })),
  )
  const activateMs = Math.round(performance.now() - startedMs)
  const active = Array.from({ length: groups }, () => 0)
  for (const { artifactId, group } of drafts) {
    const { state } = await client.send<{ state: string }>('GET', `/artifacts/${artifactId}`)
    if (state === 'ACTIVE') active[group] = (active[group] ?? 0) + 1
  }
  return {
    agents,
    groups,
    conflictingActive: active.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0),
    deadlocks: replies.filter((status) => status !== 200).length,
    groupsWithoutActive: active.filter((count) => count === 0).length,
    activateMs,
  }
}

async function inLanes<T>(count: number, lanes: number, work: (at: number) => Promise<T>): Promise<readonly T[]> {
  const done: T[] = []
  let next = 0
  const lane = async () => {
    for (let at = next++; at < count; at = next++) done[at] = await work(at)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return done
}

/** Over plain HTTP: `fetch` gives up on an answer after five minutes, and a thousand wait for one lock here. */
class Client {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent = new Agent({ keepAlive: true })

  constructor(url: string, key: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'if-match': '*' }
  }

  /** The status; 0: no answer came. Who is asked to come again later (503 with Retry-After) does. */
  async attempt(method: string, path: string, body: unknown): Promise<number> {
    try {
      for (;;) {
        const { status, retryAfterS } = await this.#ask(method, path, body)
        if (status !== 503 || !(retryAfterS > 0)) return status
        await delay(retryAfterS * 1_000)
      }
    } catch {
      return 0
    }
  }

  async send<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const { status, text } = await this.#ask(method, path, body)
    if (status > 299) throw new Error(`${method} ${path}: ${status} ${text}`)
    return JSON.parse(text) as Body
  }

  #ask(method: string, path: string, body: unknown): Promise<{ status: number; retryAfterS: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { method, headers: this.#headers, agent: this.#agent }
      const sent = request(`${this.#url}/api/v1${path}`, options, (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('error', reject)
        reply.on('end', () =>
          resolve({
            status: reply.statusCode ?? 0,
            retryAfterS: Number(reply.headers['retry-after']),
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
