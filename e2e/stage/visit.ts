import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { watchLayoutShifts } from './layout.ts'

/** Somebody at a browser window. What goes wrong in it without a word to the reader is written down. */
export interface Visit {
  readonly page: Page
  /** Console errors, uncaught exceptions, breaches of the content policy, requests to another origin. */
  complaints(): readonly string[]
  /** Names what a test provokes, such as the browser's own line about a refused request. */
  expectComplaint(pattern: RegExp): void
  /** Cookies and settings, for a further visit of the same person. */
  state(): ReturnType<BrowserContext['storageState']>
  leave(): Promise<void>
}

export interface VisitOptions {
  readonly storageState?: NonNullable<BrowserContextOptions['storageState']>
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
}

/** Opens a window of its own (own cookies, own storage) that watches for complaints. It has not gone anywhere yet. */
export async function openVisit(browser: Browser, origin: string, options: VisitOptions = {}): Promise<Visit> {
  const { width = 1400, height = 900, scheme = 'light', storageState } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    // Frozen animations: a test looks at what is there, not at what is on its way.
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
    ...(storageState === undefined ? {} : { storageState }),
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  // A breach of the policy is told to the page too, which Chromium's console line may not name in full.
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`content policy: ${violatedDirective} forbids ${blockedURI}`)
    })
  })
  await context.addInitScript(watchLayoutShifts)
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const found: string[] = []
  const expected: RegExp[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => found.push(`uncaught: ${error.stack ?? error.message}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) found.push(`request to another origin: ${url}`)
  })
  return {
    page,
    complaints: () => found.filter((complaint) => !expected.some((pattern) => pattern.test(complaint))),
    expectComplaint: (pattern) => void expected.push(pattern),
    state: () => context.storageState(),
    leave: () => context.close(),
  }
}
