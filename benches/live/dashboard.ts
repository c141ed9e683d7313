import type { Browser, Page } from 'playwright-core'
import type { MetaAgentProcess } from '../../e2e/stage/metaagent-process.ts'
import { Sightings } from './sightings.ts'

/** Signs in by the printed link, makes a key with the session, and leaves the fleet page open. */
export async function openDashboard(
  browser: Browser,
  { url, signInLink }: MetaAgentProcess,
): Promise<{ page: Page; key: string }> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await page.goto(String(signInLink))
  await page.waitForURL((address) => address.pathname === '/')
  await page.goto(`${url}/fleet`)
  await page.getByTestId('live-status').filter({ hasText: 'Live' }).waitFor()
  const made = await context.request.post(`${url}/api/v1/identity/api-keys`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: { name: 'bench', scopes: ['telemetry:write', 'fleet:read'] },
  })
  const { secret } = (await made.json()) as { secret: string }
  return { page, key: secret }
}

/** When the row of an agent first shows each number of executions, by the page's own clock. Waits for the row. */
export async function watchRow(page: Page, agent: string): Promise<Sightings> {
  await page.getByRole('row', { name: agent }).waitFor()
  const sightings = new Sightings()
  await page.exposeFunction('rowShows', (runs: number, atMs: number) => sightings.note(runs, atMs))
  // Runs in the page, which is not this program: hence a text.
  await page.evaluate(`(() => {
    const head = [...document.querySelectorAll('[data-testid=fleet-table] th')]
    const column = head.findIndex((cell) => cell.textContent.trim() === 'Executions')
    let shown = 0
    const look = () => {
      for (const row of document.querySelectorAll('[data-testid=fleet-table] tbody tr')) {
        if (!row.textContent.includes(${JSON.stringify(agent)})) continue
        const runs = Number(row.cells[column].textContent.replace(/\\D/g, ''))
        if (runs !== shown) window.rowShows(runs, Date.now())
        shown = runs
      }
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
  })()`)
  return sightings
}
