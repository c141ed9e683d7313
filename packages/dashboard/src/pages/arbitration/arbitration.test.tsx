// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { arbitrationIds, auditIds } from '../../testing/arbitration.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { draftOf, newCosts, newJudge, priorityWords, rulesOf } from './rules-draft.ts'

const broken = () => refusal('store-unavailable', 'The database is away.')
const viewer = () =>
  json({
    organization: {
      organizationId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
      name: 'Northwind',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    role: 'viewer',
    customRole: null,
    scopes: ['judgments:read', 'self:read'],
    credential: 'session',
    user: null,
    expiresAt: null,
  })

describe('the list of verdicts', () => {
  test('shows what stands, with filters in the address', async () => {
    const { wire, address } = await renderApp('/arbitrations')
    const table = await screen.findByTestId('arbitration-table')
    expect(within(table).getByText('helpfulness')).toBeTruthy()
    expect(within(table).getByText('Frontend')).toBeTruthy()
    expect(within(table).queryByText(/, old/)).toBeNull()
    await userEvent.click(screen.getByRole('checkbox', { name: 'Superseded, too' }))
    await waitFor(() => expect(address()).toContain('superseded=true'))
    await screen.findByText(/, old/)
    for (const [label, option, query] of [
      ['Verdict', 'pass', 'winner=pass'],
      ['Outcome', 'escalated', 'outcome=escalated'],
      ['Policy', 'majority', 'policy=majority'],
      ['Metric', 'tone', 'metric=tone'],
    ] as const) {
      await userEvent.click(screen.getByRole('combobox', { name: label }))
      await userEvent.click(await screen.findByRole('option', { name: option }))
      await waitFor(() => expect(address()).toContain(query))
    }
    await userEvent.type(screen.getByLabelText('Dissenting judge'), 'QA{Enter}')
    await waitFor(() => expect(address()).toContain('dissenting=QA'))
    await expectText('No verdict is like that')
    expect(wire.seen.some((line) => line.includes('dissenting=QA') && line.startsWith('GET /arbitrations?'))).toBe(true)
  })

  test('says where there is nothing yet, and why it cannot be read', async () => {
    await renderApp('/arbitrations', {
      overrides: { 'GET /arbitrations': () => json({ items: [], nextCursor: null }) },
    })
    await expectText('Nothing had to be decided yet')
  })

  test('a refusal is told with its sentence', async () => {
    await renderApp('/arbitrations', { overrides: { 'GET /arbitrations': broken } })
    await expectText('The database is away.')
  })
})

describe('one verdict', () => {
  test('tells on whose word it fell, what each weighed, by which policy, and how to prove it', async () => {
    await renderApp(`/arbitrations/${arbitrationIds.sure}`)
    const verdict = await screen.findByTestId('arbitration')
    expect(within(verdict).getByRole('img').getAttribute('aria-label')).toContain('Confidence gap 0.86')
    expect(within(verdict).getByText('Frontend')).toBeTruthy()
    const votes = screen.getByTestId('votes')
    expect(within(votes).getByText('−0.40')).toBeTruthy()
    expect(within(votes).getByText('2.40')).toBeTruthy()
    expect(within(votes).getByText('abstained')).toBeTruthy()
    expect(within(votes).getByText(/swapped/)).toBeTruthy()
    const policy = screen.getByTestId('policy')
    expect(within(policy).getByRole('img').getAttribute('aria-label')).toContain('audited at least 87')
    expect(within(policy).getByText(/60 labelled of 400 items/)).toBeTruthy()
    expect(screen.getByTestId('verify-arbitration').getAttribute('href')).toContain('/ledger/events/')
    expect(screen.getByText('What led to it').closest('a')?.getAttribute('href')).toBe('/qa/traces/story')
    expect(within(screen.getByTestId('arbitration-history')).getAllByRole('listitem')).toHaveLength(2)
  })

  test('what is unknown is said so: no fit, no standings, an audit that is open', async () => {
    await renderApp(`/arbitrations/${arbitrationIds.close}`)
    const verdict = await screen.findByTestId('arbitration')
    expect(within(verdict).getByText('nobody')).toBeTruthy()
    expect(within(verdict).getByText('answer it')).toBeTruthy()
    expect(within(verdict).getByRole('img').getAttribute('aria-label')).toContain('−0.04')
    await expectText(/nobody knows which policy/)
    expect(screen.getByText('nothing yet')).toBeTruthy()
  })

  test('one that there is not, and one that was superseded', async () => {
    const { router } = await renderApp('/arbitrations/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b')
    await expectText('There is no arbitration with this id.')
    await router.navigate({ to: '/arbitrations/$arbitrationId', params: { arbitrationId: arbitrationIds.superseded } })
    await expectText('A later one superseded it.')
  })
})

describe('the queue of audits', () => {
  test('is answered by keyboard, one after the other, with the judges covered', async () => {
    const sent: unknown[] = []
    const { wire } = await renderApp('/audits', {
      overrides: {
        [`POST /audits/${auditIds.run}/label`]: ({ body }) => {
          sent.push(body)
          return null
        },
      },
    })
    await expectText(/Does it pass “helpfulness”/)
    expect(screen.queryByTestId('judges')).toBeNull()
    expect(wire.seen.some((line) => line.startsWith(`GET /arbitrations/`))).toBe(false)
    await screen.findByText('Open the run')
    await userEvent.keyboard('p')
    await expectText(/Does it pass “tone”/)
    expect(sent).toEqual([{ verdict: 'pass', explanation: null }])
    await expectText(/This is no run that MetaAgent knows/)
    await userEvent.keyboard('s')
    await waitFor(() => expect(wire.seen).toContain(`POST /audits/${auditIds.artifact}/skip`))
    await expectText('0 waiting')
    expect(screen.queryByTestId('answer')).toBeNull()
    expect(within(screen.getByTestId('audit-list')).getByText('skipped')).toBeTruthy()
  })

  test('a reason goes with the answer, j and k walk, and the judges show when one wants them', async () => {
    const sent: unknown[] = []
    await renderApp('/audits', {
      overrides: {
        [`POST /audits/${auditIds.artifact}/label`]: ({ body }) => {
          sent.push(body)
          return refusal('conflict', 'This audit is labelled already.')
        },
      },
    })
    await expectText(/Does it pass “helpfulness”/)
    await userEvent.keyboard('j')
    await expectText(/Does it pass “tone”/)
    await userEvent.keyboard('jk')
    await expectText(/Does it pass “helpfulness”/)
    await userEvent.click(screen.getByTestId('show-judges'))
    const judges = await screen.findByTestId('judges')
    await within(judges).findByText('QA')
    await userEvent.click(within(screen.getByTestId('audit-list')).getByText(/not sure enough/))
    await userEvent.type(screen.getByLabelText('Why (may stay empty)'), 'It shouts.')
    await userEvent.click(screen.getByTestId('fail'))
    await expectText('This audit is labelled already.')
    expect(sent).toEqual([{ verdict: 'fail', explanation: 'It shouts.' }])
  })

  test('filters stand in the address; what was answered shows its answer and the judges', async () => {
    const { address } = await renderApp('/audits')
    await expectText('2 waiting')
    await userEvent.click(screen.getByRole('combobox', { name: 'State' }))
    await userEvent.click(await screen.findByRole('option', { name: 'labelled' }))
    await waitFor(() => expect(address()).toContain('state=labelled'))
    await expectText('1 audits')
    expect(screen.queryByTestId('answer')).toBeNull()
    await screen.findByTestId('judges')
    await userEvent.click(screen.getByRole('combobox', { name: 'Why' }))
    await userEvent.click(await screen.findByRole('option', { name: 'drawn at random' }))
    await expectText('No audit is like that')
    await userEvent.click(screen.getByRole('combobox', { name: 'Metric' }))
    await userEvent.click(await screen.findByRole('option', { name: 'tone' }))
    await waitFor(() => expect(address()).toContain('metric=tone'))
  })

  test('a step is shown with what went in and came out; what was not kept is said', async () => {
    const executionId = '0'.repeat(31) + '1'
    const { wire } = await renderApp('/executions')
    const { items } = (await (await wire.fetch('/api/v1/audits')).json()) as { items: { executionId: string | null }[] }
    const [run] = items
    const trace = (await (await wire.fetch(`/api/v1/executions/${executionId}/trace`)).json()) as {
      execution: Record<string, unknown>
      actions: { actionId: string }[]
    }
    const [step] = trace.actions
    const audit = {
      ...run,
      actionId: step?.actionId,
      subject: { kind: 'action', id: `${executionId}/${step?.actionId}` },
    }
    cleanup()
    await renderApp('/audits', {
      overrides: {
        'GET /audits': () => json({ items: [audit], nextCursor: null }),
        [`GET /executions/${executionId}/actions/${step?.actionId}`]: () =>
          json({ ...step, input: null, output: null, attributes: {}, masked: 0 }),
      },
    })
    await expectText('Neither its input nor its output was kept.')
    cleanup()
    await renderApp('/audits', {
      overrides: {
        'GET /audits': () => json({ items: [run], nextCursor: null }),
        [`GET /executions/${executionId}/trace`]: () =>
          json({ ...trace, execution: { ...trace.execution, input: 'a question', output: null } }),
      },
    })
    await expectText('a question')
    cleanup()
    await renderApp('/audits', {
      overrides: {
        'GET /audits': () => json({ items: [run], nextCursor: null }),
        [`GET /executions/${executionId}/trace`]: () =>
          json({ ...trace, actions: [], execution: { ...trace.execution, input: null, output: null } }),
      },
    })
    await expectText(/The run has no steps/)
    cleanup()
    await renderApp('/audits', {
      overrides: {
        'GET /audits': () => json({ items: [audit], nextCursor: null }),
        [`GET /executions/${executionId}/trace`]: broken,
      },
    })
    await expectText('The database is away.')
  })

  test('who may not label is asked nothing, and an empty queue says what comes there', async () => {
    const { router } = await renderApp('/audits', { overrides: { 'GET /me': viewer } })
    await expectText('2 waiting')
    expect(screen.queryByTestId('answer')).toBeNull()
    await router.navigate({ to: '/audits', search: { kind: 'disagreement' } })
    await expectText('Nobody is asked anything')
  })

  test('a refusal is told with its sentence', async () => {
    await renderApp('/audits', { overrides: { 'GET /audits': broken } })
    await expectText('The database is away.')
  })
})

describe('policies', () => {
  test('show what audits say of each, and change through an approval', async () => {
    const asked: unknown[] = []
    await renderApp('/arbitrations/metrics', {
      overrides: {
        'POST /approvals': ({ body }) => {
          asked.push(body)
          return refusal('already-exists', 'This was asked for already.')
        },
      },
    })
    const [helpfulness] = await screen.findAllByTestId('metric')
    if (helpfulness === undefined) throw new Error('no metric is shown')
    expect(within(helpfulness).getByText('below a gap of 0.40')).toBeTruthy()
    await userEvent.click(within(helpfulness).getByText(/Change the policy/))
    await userEvent.click(within(helpfulness).getByRole('combobox', { name: 'Policy' }))
    await userEvent.click(await screen.findByRole('option', { name: 'majority' }))
    await userEvent.type(within(helpfulness).getByLabelText(/Reason/), 'as before')
    await userEvent.click(within(helpfulness).getByTestId('save-arbitration'))
    await expectText(/MODERATE impact/)
    await userEvent.click(within(helpfulness).getByTestId('ask-approval'))
    await expectText('This was asked for already.')
    expect(asked).toEqual([expect.objectContaining({ operation: 'arbitration.policy.change', impact: 'MODERATE' })])
    expect(within(screen.getByTestId('log-file')).getByText('4.2 MB')).toBeTruthy()
  })

  test('a file that cannot be written is said so, and its size is unknown', async () => {
    const log = {
      path: '/data/a.jsonl',
      bytes: null,
      totalBytes: null,
      behind: 3,
      failingSince: '2026-01-01T00:00:00.000Z',
      error: 'ENOSPC: no space left on device',
    }
    await renderApp('/arbitrations/metrics', {
      overrides: { 'GET /me': viewer, 'GET /arbitration/metrics': () => json({ items: [], due: 2, log }) },
    })
    await expectText(/ENOSPC/)
    await expectText('No metric is judged yet')
    expect(screen.getByText('3 verdicts')).toBeTruthy()
  })

  test('a refusal is told with its sentence', async () => {
    await renderApp('/arbitrations/metrics', { overrides: { 'GET /arbitration/metrics': broken } })
    await expectText('The database is away.')
  })
})

describe('priorities of judges', () => {
  test('are edited, tried on past verdicts and saved with a reason', async () => {
    const sent: { rules: { agents: unknown[]; mistakes: unknown[] }; expectedVersion: number }[] = []
    await renderApp('/settings/arbitration-rules', {
      overrides: {
        'PUT /arbitration/rules': ({ body }) => {
          sent.push(body as (typeof sent)[number])
          return null
        },
      },
    })
    await expectText(/too large/)
    await userEvent.click(screen.getByTestId('try-rules'))
    await expectText('All 12 verdicts would have fallen as they did.')
    await userEvent.click(screen.getByRole('combobox', { name: 'Veto of judge 1' }))
    await userEvent.click(await screen.findByRole('option', { name: 'veto on fail' }))
    await userEvent.click(screen.getByTestId('try-rules'))
    await expectText('1 of 12 verdicts would have fallen otherwise, 1 of them to the other side.')
    await expectText('Governance lets QA decide this alone.')
    await userEvent.click(screen.getByRole('button', { name: 'Add a judge' }))
    await userEvent.type(screen.getByLabelText('Judge 3'), 'Legal')
    await userEvent.type(screen.getByLabelText('Metrics of judge 3'), 'tone, safety')
    await userEvent.click(screen.getByRole('button', { name: 'Remove judge 2' }))
    await userEvent.click(screen.getByRole('button', { name: 'Remove costs 1' }))
    await userEvent.click(screen.getByRole('button', { name: 'Add a row' }))
    await userEvent.clear(screen.getByLabelText('A bad one passed'))
    await userEvent.type(screen.getByLabelText('A bad one passed'), '9')
    await userEvent.clear(screen.getByLabelText('A good one failed'))
    await userEvent.type(screen.getByLabelText('A good one failed'), '2')
    await userEvent.type(screen.getByLabelText(/Reason/), 'compliance')
    await userEvent.click(screen.getByTestId('save-arbitration'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]).toMatchObject({
      expectedVersion: 2,
      reason: 'compliance',
      rules: {
        agents: [
          { judge: 'QA', veto: 'fail', metrics: null },
          { judge: 'Legal', priority: 1, metrics: ['tone', 'safety'] },
        ],
        mistakes: [{ metric: null, passedBad: 9, failedGood: 2 }],
      },
    })
  })

  test('are read by everybody and changed by admins alone', async () => {
    await renderApp('/settings/arbitration-rules', { overrides: { 'GET /me': viewer } })
    await expectText('Only an admin changes these rules.')
    expect(screen.queryByRole('button', { name: 'Add a judge' })).toBeNull()
    expect(within(await screen.findByTestId('rules-history')).getAllByRole('listitem')).toHaveLength(2)
  })

  test('can be undone before they are saved, and a refusal is told', async () => {
    await renderApp('/settings/arbitration-rules', {
      overrides: { 'POST /arbitration/rules/dry-run': broken, 'GET /arbitration/rules/history': broken },
    })
    await userEvent.type(await screen.findByLabelText('Judge 1'), '!')
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
    expect(screen.getByLabelText('Judge 1')).toHaveProperty('value', 'QA')
    await userEvent.click(screen.getByTestId('try-rules'))
    await waitFor(() => expect(screen.getAllByText('The database is away.')).toHaveLength(2))
  })

  test('a draft is the rules again, and says what a priority does', () => {
    const rules = {
      version: 1 as const,
      agents: [{ judge: 'QA', priority: 1.2, veto: 'none' as const, metrics: ['a', 'b'] }],
      mistakes: [{ metric: 'a', passedBad: 2, failedGood: 1 }],
    }
    expect(rulesOf(draftOf(rules))).toEqual(rules)
    expect(rulesOf({ judges: [newJudge([])], costs: [newCosts([])] })).toEqual({
      version: 1,
      agents: [],
      mistakes: [{ metric: null, passedBad: 1, failedGood: 1 }],
    })
    expect([priorityWords(1.2), priorityWords(1), priorityWords(0.5)].map((words) => words.slice(0, 13))).toEqual([
      'Deciding agai',
      'Changes nothi',
      'Counts less i',
    ])
  })

  test('a refusal is told with its sentence', async () => {
    await renderApp('/settings/arbitration-rules', { overrides: { 'GET /arbitration/rules': broken } })
    await expectText('The database is away.')
  })
})
