import { describe } from 'vitest'
import { ensureChromium } from '../tools/chromium.ts'
import { alertJourneys } from './journeys/alerts.ts'
import { approvalJourneys } from './journeys/approvals.ts'
import { costJourneys } from './journeys/costs.ts'
import { decisionJourneys } from './journeys/decisions.ts'
import { everyPage } from './journeys/every-page.ts'
import { executionJourneys } from './journeys/executions.ts'
import { fleetJourneys } from './journeys/fleet.ts'
import { freshJourneys } from './journeys/fresh.ts'
import { maskingJourneys } from './journeys/masking.ts'
import { outageJourneys } from './journeys/outage.ts'
import { settingsJourneys } from './journeys/settings.ts'
import { signInJourneys } from './journeys/sign-in.ts'
import { slaJourneys } from './journeys/slas.ts'
import { webhookJourneys } from './journeys/webhooks.ts'
import { importExampleRuns } from './stage/example-runs.ts'
import { useStage } from './stage/stage.ts'

// The dashboard as people meet it: the real server as its own process, the real build, a real browser.

const browser = ensureChromium()
if ('missing' in browser) console.warn(`\n*** BROWSER TESTS ARE SKIPPED: ${browser.missing} ***\n`)
const browserPath = 'path' in browser ? browser.path : ''

describe.skipIf('missing' in browser)('dashboard of a fresh installation', () => {
  const stage = useStage(browserPath)
  signInJourneys(stage)
  freshJourneys(stage)
  settingsJourneys(stage)
  // Before the journeys that leave requests and runs behind: this one counts on empty lists.
  outageJourneys(stage)
  maskingJourneys(stage)
  alertJourneys(stage)
  webhookJourneys(stage)
})

describe.skipIf('missing' in browser)('dashboard with imported runs', () => {
  const stage = useStage(browserPath, importExampleRuns)
  everyPage(stage)
  fleetJourneys(stage)
  executionJourneys(stage)
  costJourneys(stage)
  decisionJourneys(stage)
  approvalJourneys(stage)
  slaJourneys(stage)
})
