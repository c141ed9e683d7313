import type { Action, AmendmentDetail, Comparison, GovernedDocument } from '@metaagent/contract'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { accessibilityFaults, lowContrast } from '../stage/accessibility.ts'
import { agentIdOf, executionIdOf, telecomReleases } from '../stage/example-runs.ts'
import { expectText } from '../stage/expectations.ts'
import { type Governed, makeGoverned } from '../stage/governed.ts'
import { layoutShift, overflowFaults } from '../stage/layout.ts'
import { makeRecovery, type Recovery } from '../stage/recovery.ts'
import { keepScreen } from '../stage/screens.ts'
import type { Stage } from '../stage/stage.ts'
import { reportWorkingDay } from '../stage/working-day.ts'
import { makeAlerts } from './alerts.ts'
import { askForApproval } from './approvals.ts'

/** Ids of what the pages are about. */
interface Subjects extends Recovery, Governed {
  readonly agentId: string
  readonly executionId: string
  readonly actionId: string
  readonly comparisonId: string
  /** The event of the comparison. */
  readonly eventId: string
  readonly alertId: string
  readonly judgmentId: string
  readonly arbitrationId: string
  readonly amendmentId: string
}

interface PageCase {
  readonly name: string
  readonly as?: 'nobody'
  readonly address: (subjects: Subjects) => string
  /** Waits until all that it shows is there. */
  readonly ready: (page: Page) => Promise<void>
}

const shown = (testId: string) => async (page: Page) => await page.getByTestId(testId).first().waitFor()
const { control, candidate } = telecomReleases

const pages: readonly PageCase[] = [
  { name: 'sign-in', as: 'nobody', address: () => '/sign-in', ready: shown('sign-in-form') },
  {
    name: 'overview',
    address: () => '/',
    ready: async (page) => {
      await shown('burning')(page)
      await expectText(page.getByTestId('changes'), /tau2-telecom: hold/)
    },
  },
  { name: 'fleet', address: () => '/fleet?window=all', ready: shown('fleet-table') },
  { name: 'fleet-groups', address: () => '/fleet?window=all&by=domain', ready: shown('group-table') },
  {
    name: 'agent',
    address: ({ agentId }) => `/agents/${agentId}?window=all`,
    ready: async (page) => {
      await page.getByTestId('time-chart').locator('path').last().waitFor({ state: 'attached' })
      await shown('recent-execution-table')(page)
      await shown('release-table')(page)
    },
  },
  { name: 'executions', address: () => '/executions?environment=benchmark', ready: shown('execution-table') },
  {
    name: 'sessions',
    address: () => '/sessions',
    ready: async (page) => await page.locator('[data-testid=session-table], [data-testid=empty]').waitFor(),
  },
  {
    name: 'trace',
    address: ({ executionId, actionId }) => `/executions/${executionId}?action=${actionId}`,
    ready: async (page) => await page.getByTestId('step-detail').getByRole('heading', { name: 'Output' }).waitFor(),
  },
  { name: 'comparisons', address: () => '/comparisons', ready: shown('comparison-table') },
  { name: 'probes', address: () => '/probes', ready: shown('empty') },
  {
    name: 'dependencies',
    address: ({ agentId }) => `/dependencies?kind=agent&target=${agentId}`,
    ready: async (page) => {
      await page.locator('.react-flow__node').first().waitFor()
      await shown('chosen-node')(page)
      await shown('blast-radius')(page)
    },
  },
  {
    name: 'comparison-new',
    address: ({ agentId }) => `/comparisons/new?${new URLSearchParams({ agentId, control, candidate }).toString()}`,
    ready: shown('decide'),
  },
  { name: 'comparison', address: ({ comparisonId }) => `/comparisons/${comparisonId}`, ready: shown('verdict') },
  {
    name: 'costs',
    address: () => '/costs',
    ready: async (page) => {
      await page.getByTestId('time-chart').locator('path').last().waitFor({ state: 'attached' })
      await shown('cost-table')(page)
      await shown('unpriced')(page)
      await shown('repricing')(page)
    },
  },
  { name: 'slas', address: () => '/slas', ready: shown('sla-table') },
  { name: 'sla-new', address: () => '/slas/new', ready: shown('sla-form') },
  {
    name: 'ledger',
    address: () => '/ledger',
    ready: async (page) => {
      await shown('ledger-table')(page)
      await expectText(page.getByTestId('ledger-memory'), /signature is good/)
    },
  },
  {
    name: 'ledger-entry',
    address: ({ eventId }) => `/ledger/events/${eventId}`,
    ready: async (page) => await expectText(page.getByTestId('verification'), /The proof holds/),
  },
  { name: 'alerts', address: () => '/alerts', ready: shown('alert-table') },
  { name: 'alert', address: ({ alertId }) => `/alerts/${alertId}`, ready: shown('alert-history') },
  { name: 'alert-rules', address: () => '/alerts/rules', ready: shown('rules') },
  { name: 'alert-silences', address: () => '/alerts/silences', ready: shown('silences') },
  { name: 'alert-channels', address: () => '/alerts/channels', ready: shown('channels') },
  { name: 'alert-routing', address: () => '/alerts/routing', ready: shown('policy') },
  { name: 'judgments', address: () => '/judgments', ready: shown('judgment-table') },
  { name: 'judgment', address: ({ judgmentId }) => `/judgments/${judgmentId}`, ready: shown('judgment') },
  { name: 'judges', address: () => '/judges', ready: shown('judge-table') },
  { name: 'judge', address: () => '/judges/policy-judge?metric=policy', ready: shown('audit-table') },
  { name: 'status-words', address: () => '/settings/status-words', ready: shown('own-words') },
  { name: 'arbitrations', address: () => '/arbitrations', ready: shown('arbitration-table') },
  { name: 'arbitration', address: ({ arbitrationId }) => `/arbitrations/${arbitrationId}`, ready: shown('votes') },
  { name: 'arbitration-policies', address: () => '/arbitrations/metrics', ready: shown('log-file') },
  {
    name: 'audits',
    address: () => '/audits?metric=tone',
    ready: async (page) => await page.getByTestId('audited').getByText('Open the run').waitFor(),
  },
  { name: 'arbitration-rules', address: () => '/settings/arbitration-rules', ready: shown('judge-row') },
  { name: 'amendments', address: () => '/amendments', ready: shown('amendment-table') },
  { name: 'amendment', address: ({ amendmentId }) => `/amendments/${amendmentId}?view=split`, ready: shown('diff') },
  { name: 'document', address: () => '/documents/QA.md', ready: shown('document-text') },
  { name: 'governance-rules', address: () => '/settings/governance-rules', ready: shown('rule') },
  { name: 'approvals', address: () => '/approvals', ready: shown('approval') },
  { name: 'playbooks', address: () => '/playbooks', ready: shown('blocked-macro') },
  { name: 'macro', address: () => '/playbooks/refund-order', ready: shown('macro-versions') },
  {
    name: 'macro-edit',
    address: () => '/playbooks/retry-payouts/edit',
    ready: async (page) => {
      await expectText(page.getByTestId('macro-problems'), /would be blocked/)
      await shown('step-kinds')(page)
    },
  },
  {
    name: 'macro-execution',
    address: ({ macroExecutionId }) => `/playbooks/executions/${macroExecutionId}`,
    ready: async (page) => await expectText(page.getByTestId('execution-steps'), /succeeded/),
  },
  { name: 'macro-dependencies', address: () => '/playbooks/dependencies', ready: shown('published-dependency') },
  { name: 'fallback', address: ({ policyId }) => `/fallbacks/${policyId}`, ready: shown('fallback-figures') },
  { name: 'fallback-new', address: () => '/fallbacks/new', ready: shown('fallback-form') },
  { name: 'chaos', address: () => '/chaos', ready: shown('run-table') },
  {
    name: 'chaos-run',
    address: ({ runId }) => `/chaos/runs/${runId}`,
    ready: async (page) => await expectText(page.getByTestId('run-state'), /held/),
  },
  { name: 'chaos-new', address: () => '/chaos/new', ready: shown('experiment-form') },
  { name: 'projects', address: () => '/projects', ready: shown('project-table') },
  {
    name: 'project',
    address: ({ projectId }) => `/projects/${projectId}`,
    ready: async (page) => {
      await shown('artifact-table')(page)
      await shown('blocking')(page)
    },
  },
  { name: 'artifact', address: ({ artifactId }) => `/artifacts/${artifactId}`, ready: shown('artifact-content') },
  { name: 'conflicts', address: () => '/conflicts', ready: shown('conflict-table') },
  { name: 'conflict', address: ({ conflictId }) => `/conflicts/${conflictId}`, ready: shown('strategies') },
  { name: 'governance-mode', address: () => '/settings/governance-mode', ready: shown('governance-mode') },
  { name: 'gateway', address: () => '/settings/gateway', ready: shown('gateway-rules') },
  { name: 'specialists', address: () => '/specialists', ready: shown('specialist-table') },
  { name: 'specialist', address: ({ specialistId }) => `/specialists/${specialistId}`, ready: shown('documents') },
  { name: 'specialist-new', address: () => '/specialists/new', ready: shown('specialist-form') },
  { name: 'evidence', address: () => '/evidence', ready: shown('frameworks') },
  { name: 'evidence-pack', address: ({ packId }) => `/evidence/packs/${packId}`, ready: shown('pack-check') },
  { name: 'anchors', address: () => '/ledger/anchors', ready: shown('ledger-keys') },
  { name: 'people', address: () => '/settings/people', ready: shown('people') },
  { name: 'roles', address: () => '/settings/roles', ready: shown('roles') },
  { name: 'organization', address: () => '/settings/organization', ready: shown('policies') },
  { name: 'api-keys', address: () => '/settings/api-keys', ready: shown('api-keys') },
  { name: 'masking', address: () => '/settings/masking', ready: shown('masking-settings') },
  { name: 'retention', address: () => '/settings/retention', ready: shown('retention') },
  { name: 'privacy', address: () => '/settings/privacy', ready: shown('deletions') },
  { name: 'webhook-source', address: () => '/settings/webhooks', ready: shown('webhook-mapping') },
  { name: 'connect', address: () => '/settings/connect', ready: shown('snippet') },
  { name: 'account', address: () => '/settings/account', ready: shown('password-panel') },
]

async function makeSubjects(stage: Stage): Promise<Subjects> {
  await reportWorkingDay(stage)
  await stage.api('POST', '/api/v1/slas', { name: 'Runs succeed', indicator: { kind: 'success' } })
  const agentId = await agentIdOf(stage, 'tau2-telecom')
  const airlineId = await agentIdOf(stage, 'tau2-airline')
  const decide = async (agent: string, candidateRelease: string, policy: string) => {
    const order = { controlRelease: control, candidateRelease, policy }
    return (await stage.api<Comparison>('POST', `/api/v1/agents/${agent}/comparisons`, order)).body
  }
  await decide(airlineId, candidate, 'guarded')
  await decide(agentId, candidate, 'success-only')
  const { comparisonId, eventId } = await decide(agentId, candidate, 'guarded')
  await stage.api('POST', '/api/v1/webhook-sources', { name: 'ColdForge', kind: 'signed' })
  await askForApproval(stage, 'CRITICAL', `agent/${agentId}`)
  const executionId = await executionIdOf(stage, `agentId=${airlineId}&release=gpt-4.1&status=success`)
  const trace = await stage.api<{ actions: Action[] }>('GET', `/api/v1/executions/${executionId}/trace`)
  const actionId = String(trace.body.actions.find(({ kind }) => kind === 'tool')?.actionId)
  const expectSequenced = async () =>
    expect(await stage.api('GET', `/api/v1/ledger/events/${eventId}`)).toMatchObject({ status: 200 })
  await vi.waitFor(expectSequenced, { timeout: 20_000 })
  const { alertId } = await makeAlerts(stage, [])
  const judgmentId = await judge(stage, executionId)
  const arbitrationId = await contradict(stage, executionId)
  const amendmentId = await proposeAmendment(stage)
  const recovery = await makeRecovery(stage)
  const governed = await makeGoverned(stage)
  return {
    agentId,
    executionId,
    actionId,
    comparisonId,
    eventId,
    alertId,
    judgmentId,
    arbitrationId,
    amendmentId,
    ...recovery,
    ...governed,
  }
}

/** Somebody proposes another text of a document; answers the amendment. */
async function proposeAmendment(stage: Stage): Promise<string> {
  const path = '/api/v1/documents/QA.md'
  const { text, digest } = (await stage.api<GovernedDocument>('GET', path)).body
  const order = {
    text: text.replace('A failed check stops', 'A failed check stops, within the hour,'),
    expectedDigest: digest,
    title: 'Failed checks stop within the hour',
    reason: 'Two outages went unnoticed for a day.',
  }
  return (await stage.api<AmendmentDetail>('PUT', path, order)).body.amendmentId
}

/** Two judges of a run who contradict each other, and who is right; answers the judgment of the second. */
async function judge(stage: Stage, executionId: string): Promise<string> {
  const subject = { kind: 'execution', id: executionId }
  const said = { judgeKind: 'model', subject, metric: 'policy', explanation: 'It names every fare rule that applies.' }
  const score = { value: 2, min: 1, max: 5, passFrom: 3 }
  const events = [
    { ...said, type: 'qa_success', judge: 'policy-judge' },
    { ...said, type: 'qa_failure', judge: 'strict-judge', score },
  ]
  expect(await stage.api('POST', '/api/v1/qa/events', { events })).toMatchObject({ body: { accepted: 2 } })
  const labels = [{ subject, metric: 'policy', verdict: 'pass' }]
  expect(await stage.api('POST', '/api/v1/qa/labels', { labels })).toMatchObject({ body: { labelled: 1 } })
  const { body } = await stage.api<{ items: { judgmentId: string }[] }>('GET', '/api/v1/judgments?limit=1')
  return String(body.items[0]?.judgmentId)
}

/** Two judges of a run who contradict each other about its tone, and nobody knows who is right; answers the verdict. */
async function contradict(stage: Stage, executionId: string): Promise<string> {
  const said = { judgeKind: 'model', subject: { kind: 'execution', id: executionId }, metric: 'tone' }
  const events = [
    { ...said, type: 'qa_success', judge: 'Frontend' },
    { ...said, type: 'qa_failure', judge: 'QA' },
  ]
  expect(await stage.api('POST', '/api/v1/qa/events', { events })).toMatchObject({ body: { accepted: 2 } })
  return await vi.waitFor(
    async () => {
      const path = '/api/v1/arbitrations?metric=tone'
      const { body } = await stage.api<{ items: { arbitrationId: string }[] }>('GET', path)
      expect(body.items).toHaveLength(1)
      return String(body.items[0]?.arbitrationId)
    },
    { timeout: 20_000 },
  )
}

/** WCAG 2.2, 1.4.10 asks for 320; 390 is the window of a common telephone. */
const telephone = { width: 390, height: 844 }

/** What every page owes to everybody, whatever it is about. */
export function everyPage(stage: Stage): void {
  describe('every page', () => {
    let subjects: Subjects
    beforeAll(async () => {
      subjects = await makeSubjects(stage)
    })

    test.each(pages)('$name: names, contrast in light and dark, nothing moves, nothing sticks out', async (one) => {
      const { as = 'admin', ready } = one
      const visit = await stage.visit(one.address(subjects), { as })
      const { page } = visit
      if (as === 'nobody') visit.expectComplaint(/status of 401/)
      await ready(page)
      await expect.poll(() => page.locator('h1').count()).toBe(1)
      await keepScreen(visit, one.name)
      expect(await layoutShift(page), 'layout shift while loading').toBeLessThan(0.1)
      expect(await accessibilityFaults(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await lowContrast(page), 'contrast in the dark').toEqual([])
      await page.setViewportSize(telephone)
      await ready(page)
      await expect.poll(() => overflowFaults(page)).toEqual([])
    })
  })
}
