import type { Page } from 'playwright-core'

/** What sticks out of the window to the right and makes the page scroll sideways; empty when nothing does. */
export async function overflowFaults(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => {
    const room = document.documentElement.clientWidth
    const width = document.documentElement.scrollWidth
    if (width <= room) return []
    const places = [...document.querySelectorAll('body *')]
      .map((element) => ({ element, right: Math.round(element.getBoundingClientRect().right) }))
      .filter(({ right }) => right > room)
      .map(({ element, right }) => `${element.tagName.toLowerCase()}.${element.className} ends at ${right}`)
    return [`the page is ${width} px wide in a window of ${room}: ${places.slice(0, 6).join('; ')}`]
  })
}

/** How far things moved by themselves since the page was opened: the sum of its layout shifts (web.dev/cls; 0.1 is good). */
export async function layoutShift(page: Page): Promise<number> {
  return await page.evaluate(() => window.layoutShiftSum)
}

declare global {
  interface Window {
    /** Kept by `watchLayoutShifts`. */
    layoutShiftSum: number
  }
}

/** Runs in every page before its own code. What follows a click or a key within half a second is no shift. */
export function watchLayoutShifts(): void {
  window.layoutShiftSum = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ('value' in entry && 'hadRecentInput' in entry && entry.hadRecentInput === false)
        window.layoutShiftSum += Number(entry.value)
    }
  }).observe({ type: 'layout-shift', buffered: true })
}
