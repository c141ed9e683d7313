import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** Waits until something is on the page; fails with what was looked for. */
export async function expectShown(...locators: readonly Locator[]): Promise<void> {
  for (const locator of locators) await locator.waitFor({ state: 'visible' })
}

/** Waits until nothing of the kind is on the page any more. */
export async function expectGone(locator: Locator): Promise<void> {
  await locator.waitFor({ state: 'hidden' })
}

/** Waits until the text of the first match is this, or contains a match of this. White space counts as one blank. */
export async function expectText(locator: Locator, text: string | RegExp): Promise<void> {
  const read = async () => ((await locator.first().textContent()) ?? '').replace(/\s+/g, ' ').trim()
  const polled = expect.poll(read, { timeout: 20_000, interval: 50 })
  await (typeof text === 'string' ? polled.toBe(text) : polled.toMatch(text))
}

/** Waits until the number of matches is this. */
export async function expectCount(locator: Locator, count: number): Promise<void> {
  await expect.poll(() => locator.count(), { timeout: 20_000, interval: 50 }).toBe(count)
}

/** Waits until path and query of the address are these, or contain a match. */
export async function expectAddress(page: Page, address: string | RegExp): Promise<void> {
  const read = () => {
    const { pathname, search } = new URL(page.url())
    return `${pathname}${search}`
  }
  const polled = expect.poll(read, { timeout: 20_000, interval: 50 })
  await (typeof address === 'string' ? polled.toBe(address) : polled.toMatch(address))
}
