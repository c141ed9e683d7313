import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { startMetaAgentProcess } from '../e2e/stage/metaagent-process.ts'
import { ensureChromium } from '../tools/chromium.ts'
import { ensureDashboard } from '../tools/dashboard.ts'
import type { Run } from '../tools/run-named.ts'

const executionId = '7'.repeat(32)
const agent = 'bench-trace'

/**
 * How soon a trace of `--spans` (3,000) steps is open in a real browser, and how smoothly it scrolls. `openMs`: from the
 * start of the navigation to the frame in which the first steps are drawn, by the page's own clock, the median of
 * `--opens` (5) loads of the whole page with a warm cache. `longFrames`: frames of more than 50 ms while the list is
 * scrolled from top to bottom by 400 px a frame; `scrolledRows`: the different rows that were drawn on the way. Embedded
 * store; server and browser on one machine.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { spans: { type: 'string', default: '3000' }, opens: { type: 'string', default: '5' } },
  })
  const browserFound = ensureChromium()
  if ('missing' in browserFound) {
    console.error(`NOT RUN: ${browserFound.missing}`)
    return { passed: 0, failed: 0, result: {} }
  }
  if ((await ensureDashboard()) !== 0) throw new Error('the dashboard could not be built')
  const spans = Number(values.spans)
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-trace-'))
  const server = await startMetaAgentProcess(folder, { METAAGENT_LOG_LEVEL: 'error', METAAGENT_RATE_LIMIT: 'false' })
  let browser: Browser | null = null
  try {
    const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    browser = await chromium.launch({ executablePath: browserFound.path, args: flags })
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
    await page.goto(String(server.signInLink))
    await page.waitForURL((address) => address.pathname === '/')
    await report(page, server.url, spans)
    // What the server does with an ended run afterwards (risk, words, dependencies) is not opening it.
    await pause(8_000)
    const opens: number[] = []
    for (let number = 0; number <= Number(values.opens); number++) opens.push(await open(page, server.url))
    // The first load fills the cache of the browser and the server.
    const openMs = Math.round(median(opens.slice(1)))
    const { longFrames, longestFrameMs, frames, scrolledRows } = await scroll(page)
    console.log(
      `loads: ${opens.map((ms) => Math.round(ms)).join(', ')} ms; ${frames} frames, the longest ${longestFrameMs} ms`,
    )
    const complete = scrolledRows === spans + 1
    return {
      passed: complete ? 1 : 0,
      failed: complete ? 0 : 1,
      result: { openMs, longFrames, scrolledRows, longestFrameMs, frames },
    }
  } finally {
    await browser?.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A run in turns of five steps, nested up to four deep, as agents that call agents make them. */
async function report(page: Page, url: string, spans: number): Promise<void> {
  const made = await page.request.post(`${url}/api/v1/identity/api-keys`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: { name: 'bench', scopes: ['telemetry:write'] },
  })
  const { secret } = (await made.json()) as { secret: string }
  const startMs = Date.now() - spans * 250
  const at = (number: number) => new Date(startMs + number * 250).toISOString()
  const idOf = (number: number) => (number + 1).toString(16).padStart(16, '0')
  const kinds = ['agent', 'llm', 'tool', 'tool', 'retrieval'] as const
  const actions = Array.from({ length: spans }, (_, number) => {
    const group = Math.floor(number / 5) * 5
    const parent = number % 5 === 0 ? (number < 40 ? null : Math.floor(number / 50) * 5) : group
    return {
      executionId,
      actionId: idOf(number),
      ...(parent === null || parent === number ? {} : { parentActionId: idOf(parent) }),
      agent,
      kind: kinds[number % 5],
      name: `${kinds[number % 5]}-${number}`,
      status: number % 700 === 699 ? 'failure' : 'success',
      startedAt: at(number),
      endedAt: at(number + (number % 5 === 0 ? 4 : 1)),
      ...(number % 5 === 1
        ? { provider: 'openai', model: 'gpt-4.1', usage: { inputTokens: 6_450, outputTokens: 92 } }
        : {}),
      input: { question: 'Where is my order?', number },
      output: 'It is on its way.',
    }
  })
  const execution = { executionId, agent, status: 'success', startedAt: at(0), endedAt: at(spans) }
  for (let from = 0; from < spans; from += 500) {
    const reply = await fetch(`${url}/api/v1/telemetry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ executions: from === 0 ? [execution] : [], actions: actions.slice(from, from + 500) }),
    })
    const { rejected } = (await reply.json()) as { rejected?: unknown[] }
    if (reply.status !== 200 || rejected?.length !== 0) throw new Error(`the report was refused: ${reply.status}`)
  }
}

/** Loads the page of the trace; answers when its first steps were drawn, in ms after the start of the navigation. */
async function open(page: Page, url: string): Promise<number> {
  await page.goto('about:blank')
  await page.goto(`${url}/executions/${executionId}`, { waitUntil: 'commit' })
  // Runs in the page, which is not this program: hence a text.
  return Number(
    await page.evaluate(`new Promise((done) => {
      const look = () => {
        if (document.querySelectorAll('[data-testid=trace-row]').length > 1) {
          watch.disconnect()
          requestAnimationFrame(() => done(performance.now()))
        }
      }
      const watch = new MutationObserver(look)
      watch.observe(document, { subtree: true, childList: true })
      look()
    })`),
  )
}

interface Scrolled {
  readonly longFrames: number
  readonly longestFrameMs: number
  readonly frames: number
  readonly scrolledRows: number
}

async function scroll(page: Page): Promise<Scrolled> {
  // What the page still has to do after its first rows is not scrolling.
  await page.waitForLoadState('networkidle')
  return await page.evaluate<Scrolled>(`new Promise((done) => {
    const box = document.querySelector('[data-testid=trace-tree]')
    const seen = new Set()
    const look = () => { for (const row of box.querySelectorAll('[data-testid=trace-row]')) seen.add(row.id) }
    let last = null, frames = 0, longFrames = 0, longest = 0, still = 0
    const step = (now) => {
      if (last !== null) {
        frames += 1
        if (now - last > 50) longFrames += 1
        longest = Math.max(longest, now - last)
      }
      last = now
      look()
      const before = box.scrollTop
      box.scrollTop = before + 400
      still = box.scrollTop === before ? still + 1 : 0
      if (still < 3) requestAnimationFrame(step)
      else done({ longFrames, longestFrameMs: Math.round(longest), frames, scrolledRows: seen.size })
    }
    requestAnimationFrame(step)
  })`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
