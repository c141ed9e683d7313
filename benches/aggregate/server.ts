import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../../tools/free-port.ts'
import type { Asked, Known } from './questions.ts'

/** A server of its own process that is measured. */
export interface Server extends Asked {
  readonly port: number
  readonly organizationId: string
  /** Processor time so far, and how long the event loop was held up since this was asked last. */
  usage(): Promise<Usage>
  end(): Promise<void>
}

interface Usage {
  readonly cpuMs: number
  readonly heldP50Ms: number
  readonly heldP99Ms: number
  readonly heldMaxMs: number
}

export async function startServer(environment: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort()
  const settings = { METAAGENT_PORT: String(port), METAAGENT_LOG_LEVEL: 'error', METAAGENT_RATE_LIMIT: 'false' }
  const child = fork(join(import.meta.dirname, '../ingest/server.ts'), {
    env: { ...process.env, ...environment, ...settings },
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"key"')) resolve(chunk.toString())
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const { key, organizationId } = JSON.parse(line) as { key: string; organizationId: string }
  const end = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  const usage = async () => {
    const told = answerOf(child)
    child.send('usage')
    return (await told) as Usage
  }
  return { url: `http://127.0.0.1:${port}`, port, key, organizationId, usage, end }
}

const agentNames = ['sales', 'support', 'research', 'coding', 'billing']

/** Registers the agents by one run each, so that pages know their names. */
export async function introduceAgents(server: Server): Promise<readonly string[]> {
  const at = new Date(Date.now() - 60_000).toISOString()
  const executions = agentNames.map((agent, number) => ({
    executionId: `bench${number}`
      .split('')
      .map((letter) => letter.charCodeAt(0).toString(16))
      .join('')
      .padStart(32, '0'),
    agent,
    environment: 'production',
    status: 'success',
    startedAt: at,
    endedAt: at,
  }))
  const reply = await fetch(`${server.url}/api/v1/telemetry`, {
    method: 'POST',
    headers: { ...asBench(server), 'content-type': 'application/json' },
    body: JSON.stringify({ executions, actions: [] }),
  })
  if (reply.status !== 200) throw new Error(await reply.text())
  const listed = await fetch(`${server.url}/api/v1/agents`, { headers: asBench(server) })
  const { items } = (await listed.json()) as { items: { agentId: string }[] }
  return items.map(({ agentId }) => agentId)
}

export const asBench = ({ key }: Asked) => ({ authorization: `Bearer ${key}` })

/** What is asked about: the agents, a run of the newest whole day, a service level that is made here. */
export async function knownOf(server: Server, agentIds: readonly string[]): Promise<Known> {
  const [day, dayBefore] = [1, 2].map((days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10))
  if (day === undefined || dayBefore === undefined) throw new Error('there are two days')
  const made = await fetch(`${server.url}/api/v1/slas`, {
    method: 'POST',
    headers: { ...asBench(server), 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'success', indicator: { kind: 'success' } }),
  })
  const { slaId } = (await made.json()) as { slaId: string }
  const listed = await fetch(`${server.url}/api/v1/executions?limit=1&to=${day}T12:00:00Z`, {
    headers: asBench(server),
  })
  const { items } = (await listed.json()) as { items: { executionId: string }[] }
  const [execution] = items
  if (made.status !== 201 || execution === undefined) throw new Error('there is nothing to ask about')
  return { agentIds, executionId: execution.executionId, slaId, day, dayBefore }
}

/** What a child process sends next. */
export const answerOf = (child: ChildProcess) => new Promise<unknown>((resolve) => child.once('message', resolve))
