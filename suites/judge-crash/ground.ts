import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiKeyCreated, Me, scopesOfRole } from '@metaagent/contract'
import { Progress } from '../crash/progress.ts'
import { ServerProcess } from '../crash/server-process.ts'
import { type CrashStore, openCrashStore, type StoreName } from '../crash/stores.ts'

/** How the suite enters a server of this ground. */
export interface Access {
  readonly organizationId: string
  readonly apiKey: string
}

/** A store that outlives the servers that are started on it and killed, from round to round. */
export interface Ground {
  readonly store: CrashStore
  readonly seed: string
  /** Starts a server on it and waits until it answers. One at a time; kill or stop it before the round ends. */
  start(): Promise<ServerProcess>
  /** The way in, made with the first server that was started. */
  access(server: ServerProcess): Promise<Access>
  close(): Promise<void>
}

/** One round of one half of the suite. */
export interface Round {
  /** From 1; also what its random choices are made from. */
  readonly number: number
  readonly ground: Ground
}

/** What a round found: `detail` in a line, and what went wrong if anything did. */
export interface RoundOutcome {
  readonly ok: boolean
  readonly detail: string
  /** Steps that were run twice without the same idempotency key. */
  readonly stepsRepeated?: number
}

/** What each half exports. Goes on with whatever earlier rounds left in the store. */
export type RunRound = (round: Round) => Promise<RoundOutcome>

export async function openGround(name: StoreName, folder: string, seed: string, secretKey: string): Promise<Ground> {
  const progress = new Progress(join(folder, `${name}.jsonl`))
  const store = await openCrashStore(name, folder, secretKey, progress)
  const accessFile = join(folder, `${name}.access.json`)
  const servers: ServerProcess[] = []
  return {
    store,
    seed,
    start: async () => {
      // A round that broke off may have left its server behind, and two on one folder is what nobody does.
      for (const left of servers) if (left.isRunning) await left.kill()
      const server = await ServerProcess.spawn(store, (pid) => progress.add({ kind: 'process', pid }))
      servers.push(server)
      await server.ready()
      return server
    },
    access: async (server) => {
      if (!existsSync(accessFile)) writeFileSync(accessFile, JSON.stringify(await enter(server)))
      return JSON.parse(readFileSync(accessFile, 'utf8')) as Access
    },
    close: async () => {
      for (const server of servers) if (server.isRunning) await server.kill()
      await store.close()
    },
  }
}

/** Signs in by the first link, as a person does, and makes a key. */
async function enter(server: ServerProcess): Promise<Access> {
  const link = await server.signInLink()
  if (link === null) throw new Error('somebody has signed in already: begin with a new --state')
  const response = await fetch(`${server.url}/api/v1/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ linkToken: link.slice(link.indexOf('#token=') + '#token='.length) }),
  })
  const { organization } = Me.parse(await response.json())
  const cookie = (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  const created = await fetch(`${server.url}/api/v1/identity/api-keys`, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'judge-crash suite', scopes: scopesOfRole.admin }),
  })
  return { organizationId: organization.organizationId, apiKey: ApiKeyCreated.parse(await created.json()).secret }
}
