import { AgentPage, ApiKeyCreated, LedgerStatus, Me, scopesOfRole } from '@metaagent/contract'
import { type Api, CommandRefused } from '../../packages/server/src/app/commands/api.ts'
import { batchOf } from './batches.ts'
import { logPaths } from './ledger.ts'
import { post } from './load.ts'
import type { Access, BatchKey, LogName, Progress } from './progress.ts'
import { pause, type ServerProcess } from './server-process.ts'

const firstBatch: BatchKey = { round: 0, sender: 0, number: 0 }

/** Signs in by the first link, as a person does, makes a key, reports a first batch and remembers the logs' keys. */
export async function enter(server: ServerProcess, progress: Progress, seed: string): Promise<Access> {
  const link = await server.signInLink()
  if (link === null)
    throw new Error(
      'somebody has signed in already, and the suite ended before it kept its key: begin with a new --state',
    )
  const { cookie, organizationId } = await signIn(server.url, link.slice(link.indexOf('#token=') + '#token='.length))
  const response = await fetch(`${server.url}/api/v1/identity/api-keys`, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'crash suite', scopes: scopesOfRole.admin }),
  })
  const apiKey = ApiKeyCreated.parse(await response.json()).secret
  const baseMs = Date.now()
  progress.add({ kind: 'round', round: firstBatch.round, baseMs })
  progress.add({ kind: 'sent', batch: firstBatch })
  const reply = await post(server.url, apiKey, Buffer.from(JSON.stringify(batchOf(seed, firstBatch, baseMs))))
  if (reply.status !== 200) throw new Error(`the first batch was answered with ${reply.status}: ${reply.text}`)
  progress.add({ kind: 'stored', batch: firstBatch })
  const api = server.api(apiKey)
  const { items } = await api.request('GET', '/api/v1/agents?limit=1', AgentPage)
  const verifierKeys = {
    organization: await keyOf(api, 'organization'),
    deployment: await keyOf(api, 'deployment'),
  }
  return { organizationId, apiKey, agentId: items[0]?.agentId ?? '', verifierKeys }
}

async function signIn(url: string, linkToken: string): Promise<{ cookie: string; organizationId: string }> {
  const response = await fetch(`${url}/api/v1/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ linkToken }),
  })
  const { organization } = Me.parse(await response.json())
  const cookie = (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  return { cookie, organizationId: organization.organizationId }
}

/** The key of a log, once it has signed something. */
async function keyOf(api: Api, log: LogName): Promise<string> {
  for (;;) {
    const status = await api.request('GET', logPaths[log], LedgerStatus).catch((error: unknown) => {
      // The log is begun within a second after the first start.
      if (error instanceof CommandRefused && error.message.includes('not-sequenced-yet')) return null
      throw error
    })
    if (status !== null && status.checkpoint !== null) return status.verifierKey
    await pause(50)
  }
}
