import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { startMetaAgentProcess } from '../e2e/stage/metaagent-process.ts'
import { ensureChromium } from '../tools/chromium.ts'
import { ensureDashboard } from '../tools/dashboard.ts'
import type { Run } from '../tools/run-named.ts'
import { openDashboard, watchRow } from './live/dashboard.ts'
import { followFeed } from './live/feed.ts'
import { startLoad } from './live/load.ts'
import type { Sightings } from './live/sightings.ts'

const agent = 'bench-live'

interface Sample {
  /** From the answer of the report to its event on the live stream, as another client sees it. */
  readonly streamMs: number
  /** From the answer of the report to the changed row in the browser. */
  readonly shownMs: number
}

/**
 * How soon an action that was committed (its report was answered) shows on an open dashboard (the row changed in a real
 * browser): `--samples` (100) on an idle server and as many while `--load` actions a second (1,000, in batches of 100) are
 * stored for other agents. Embedded store, one machine for the server, the browser and the load.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { samples: { type: 'string', default: '100' }, load: { type: 'string', default: '1000' } },
  })
  const browserFound = ensureChromium()
  if ('missing' in browserFound) {
    console.error(`NOT RUN: ${browserFound.missing}`)
    return { passed: 0, failed: 0, result: {} }
  }
  if ((await ensureDashboard()) !== 0) throw new Error('the dashboard could not be built')
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-live-'))
  const server = await startMetaAgentProcess(folder, { METAAGENT_LOG_LEVEL: 'error', METAAGENT_RATE_LIMIT: 'false' })
  let browser: Browser | null = null
  try {
    const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    browser = await chromium.launch({ executablePath: browserFound.path, args: flags })
    const { page, key } = await openDashboard(browser, server)
    const target = { url: server.url, key }
    const count = Number(values.samples)
    await report(target)
    const row = await watchRow(page, agent)
    const idle = await measure(target, row, count)
    console.log(`idle: ${describe(idle)}`)
    const load = startLoad(target, Number(values.load))
    const loaded = await measure(target, row, count)
    const { actionsPerSecond, refused } = await load.stop()
    console.log(`with ${actionsPerSecond} actions/s: ${describe(loaded)}`)
    const shown = idle.length + loaded.length
    return {
      passed: shown,
      failed: 2 * count - shown + refused,
      result: { ...figures(idle), loaded: { ...figures(loaded), actionsPerSecond } },
    }
  } finally {
    await browser?.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Target {
  readonly url: string
  readonly key: string
}

let reported = 0

/** Reports one run with one action; answers when the server's answer came, in epoch milliseconds. */
async function report({ url, key }: Target): Promise<number> {
  reported += 1
  const nowMs = Date.now()
  const executionId = reported.toString(16).padStart(32, '0')
  const times = { startedAt: new Date(nowMs - 900).toISOString(), endedAt: new Date(nowMs).toISOString() }
  const action = { executionId, actionId: reported.toString(16).padStart(16, '0'), agent, kind: 'tool', name: 'look' }
  const response = await fetch(`${url}/api/v1/telemetry`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      executions: [{ executionId, agent, status: 'success', ...times }],
      actions: [{ ...action, status: 'success', ...times }],
    }),
  })
  const answeredMs = Date.now()
  if (response.status !== 200) throw new Error(`the report was refused: ${await response.text()}`)
  await response.arrayBuffer()
  return answeredMs
}

/** Takes one sample after the other, at moments that have nothing to do with the server's own clockwork. */
async function measure(target: Target, row: Sightings, count: number): Promise<readonly Sample[]> {
  const feed = await followFeed(target, agent)
  const samples: Sample[] = []
  try {
    for (let number = 0; number < count; number++) {
      await pause(100 + Math.random() * 900)
      const answeredMs = await report(target)
      const [streamedAt, shownAt] = await Promise.all([feed.sightings.of(reported), row.of(reported)])
      if (streamedAt !== null && shownAt !== null)
        samples.push({ streamMs: streamedAt - answeredMs, shownMs: shownAt - answeredMs })
    }
  } finally {
    feed.close()
  }
  return samples
}

function figures(samples: readonly Sample[]) {
  const quantile = (values: readonly number[], q: number) =>
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN
  const shown = samples.map(({ shownMs }) => shownMs)
  const streamed = samples.map(({ streamMs }) => streamMs)
  return {
    p50Ms: quantile(shown, 0.5),
    p95Ms: quantile(shown, 0.95),
    maxMs: quantile(shown, 1),
    streamP50Ms: quantile(streamed, 0.5),
    streamP95Ms: quantile(streamed, 0.95),
  }
}

function describe(samples: readonly Sample[]): string {
  const { p50Ms, p95Ms, maxMs, streamP50Ms, streamP95Ms } = figures(samples)
  return `shown after ${p50Ms} ms (p50), ${p95Ms} ms (p95), ${maxMs} ms (most); on the stream after ${streamP50Ms} and ${streamP95Ms} ms`
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
