import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Me, Role, TelemetryBatchInput, TelemetryReceipt } from '@metaagent/contract'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ensureDashboard } from '../../tools/dashboard.ts'
import { root } from '../../tools/programs.ts'
import { type MetaAgentProcess, startMetaAgentProcess } from './metaagent-process.ts'
import { openVisit, type Visit, type VisitOptions } from './visit.ts'

export interface ApiReply<Body> {
  readonly status: number
  readonly body: Body
}

/** A running MetaAgent and a browser, for the tests of one `describe`. */
export interface Stage {
  readonly server: MetaAgentProcess
  /** A key of the first admin with every scope. */
  readonly adminKey: string
  /** Opens a window as the first admin (default) or as nobody, at an address of the dashboard. */
  visit(address: string, options?: VisitOptions & { readonly as?: 'admin' | 'nobody' }): Promise<Visit>
  /** Calls the API as a program does, with the admin's key or another. */
  api<Body>(method: string, path: string, body?: unknown, key?: string): Promise<ApiReply<Body>>
  /** Reports runs as an agent does; fails unless all are stored. */
  report(batch: TelemetryBatchInput): Promise<TelemetryReceipt>
  /** A one-time link for a person who is added with this role. */
  invite(role: Role): Promise<string>
}

/** How long starting, importing and building may take on a busy machine, in milliseconds. */
const settingUpMs = 300_000

/**
 * Starts a MetaAgent on an empty folder with a real build of the dashboard, signs its first admin in by the printed link
 * and runs `prepare`; registered as hooks of the surrounding `describe`. After each test its windows are closed and must
 * have had no complaint.
 */
export function useStage(browserPath: string, prepare: (stage: Stage) => Promise<void> = async () => {}): Stage {
  let running: RunningStage | null = null
  const visits: Visit[] = []
  const open = () => {
    if (running === null) throw new Error('the stage is there in tests and hooks only')
    return running
  }
  const stage: Stage = {
    get server() {
      return open().server
    },
    get adminKey() {
      return open().adminKey
    },
    visit: async (address, { as = 'admin', ...options } = {}) => {
      const { browser, server, adminState } = open()
      const state = as === 'admin' ? { storageState: adminState } : {}
      const visit = await openVisit(browser, server.url, { ...state, ...options })
      visits.push(visit)
      await visit.page.goto(`${server.url}${address}`)
      return visit
    },
    api: (method, path, body, key) => callApi(open().server.url, key ?? open().adminKey, method, path, body),
    report: async (batch) => {
      const reply = await stage.api<TelemetryReceipt>('POST', '/api/v1/telemetry', batch)
      expect(reply).toMatchObject({ status: 200, body: { rejected: [] } })
      return reply.body
    },
    invite: async (role) => {
      const email = `${role}-${++invited}@example.com`
      const reply = await stage.api<{ signInLink: string }>('POST', '/api/v1/identity/users', { email, role })
      expect(reply.status).toBe(201)
      return reply.body.signInLink
    },
  }
  let invited = 0
  beforeAll(async () => {
    running = await setUp(browserPath)
    await prepare(stage)
  }, settingUpMs)
  afterEach(async () => {
    const complaints = visits.flatMap((visit) => visit.complaints())
    await Promise.all(visits.splice(0).map((visit) => visit.leave()))
    expect(complaints, 'complaints of the browser').toEqual([])
  })
  afterAll(async () => {
    await running?.close()
  }, settingUpMs)
  return stage
}

interface RunningStage {
  readonly server: MetaAgentProcess
  readonly browser: Browser
  readonly adminKey: string
  readonly adminState: Awaited<ReturnType<Visit['state']>>
  close(): Promise<void>
}

async function setUp(browserPath: string): Promise<RunningStage> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-e2e-'))
  const dashboard = join(folder, 'dashboard')
  if ((await ensureDashboard()) !== 0) throw new Error('the dashboard could not be built')
  // A copy of its own: a later build of the same checkout must not take the files away under a running server.
  cpSync(join(root, 'packages/dashboard/dist'), dashboard, { recursive: true })
  const server = await startMetaAgentProcess(folder, {
    METAAGENT_DASHBOARD_DIR: dashboard,
    METAAGENT_LOG_LEVEL: 'error',
    // All the people of these tests come from one address, and click faster than people.
    METAAGENT_RATE_LIMIT: 'false',
  })
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath: browserPath, args })
  const admin = await openVisit(browser, server.url)
  try {
    await admin.page.goto(String(server.signInLink))
    await admin.page.getByRole('navigation', { name: 'Main' }).waitFor()
    expect(admin.complaints(), 'complaints at the first sign-in').toEqual([])
    return {
      server,
      browser,
      adminKey: await makeAdminKey(admin),
      adminState: await admin.state(),
      close: async () => {
        await browser.close()
        await server.stop()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } finally {
    await admin.leave()
  }
}

/** Makes the key inside the page, with the session's cookie and as the dashboard's own request. */
async function makeAdminKey({ page }: Visit): Promise<string> {
  return await page.evaluate(async () => {
    const me = (await (await fetch('/api/v1/me')).json()) as Me
    const made = await fetch('/api/v1/identity/api-keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'the tests’ own', scopes: me.scopes }),
    })
    return ((await made.json()) as { secret: string }).secret
  })
}

async function callApi<Body>(
  url: string,
  key: string,
  method: string,
  path: string,
  body: unknown,
): Promise<ApiReply<Body>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Body }
}
