// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { comparisonOf } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()

async function choose(label: RegExp, option: RegExp) {
  await userEvent.click(screen.getByRole('combobox', { name: label }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}

test('decisions are listed with their verdict and their because', async () => {
  const { address } = await renderApp('/comparisons')
  const table = await screen.findByTestId('comparison-table')
  expect(within(table).getByText('hold')).toBeTruthy()
  expect(within(table).getByText(/not proven safe/)).toBeTruthy()
  await userEvent.keyboard('jj{Enter}')
  await waitFor(() => expect(address()).toBe(`/comparisons/${uuid(300)}`))
})

test('a decision shows verdict, because, rates, pairs, ratio and both arms', async () => {
  await renderApp(`/comparisons/${uuid(301)}`)
  const verdict = await screen.findByTestId('verdict')
  expect(within(verdict).getByText('hold')).toBeTruthy()
  expect(within(verdict).getByText(/the ratio may be as high as 1\.143; 1\.1 is the limit/)).toBeTruthy()
  expect(within(verdict).getByText('exact McNemar, paired')).toBeTruthy()
  expect(within(verdict).getByText('0.0005 (α 0.05)')).toBeTruthy()
  expect(
    screen.getByRole('img', { name: /Success rate: control 45\.0%, candidate 75\.0%, difference \+30\.0 pp/ }),
  ).toBeTruthy()
  expect(screen.getByTestId('discordants').getAttribute('aria-label')).toBe(
    'Control better on 1 units, candidate better on 13, of 40',
  )
  expect(
    screen.getByRole('img', {
      name: /Duration ratio × 1\.021, interval × 0\.912 to × 1\.143, limit 1\.1: not proven safe/,
    }),
  ).toBeTruthy()
  expect(screen.getByText('not proven safe')).toBeTruthy()
})

test('the cost of the model without a price stays unknown', async () => {
  await renderApp(`/comparisons/${uuid(301)}`)
  const row = (await screen.findByText('Costs known')).closest('tr')
  expect(row?.textContent).toContain('40 of 40')
  expect(row?.textContent).toContain('0 of 40')
  const cost = screen.getByRole('row', { name: /^Cost / })
  expect(within(cost).getByText('$3.87')).toBeTruthy()
  expect(within(cost).getByLabelText(/^unknown/)).toBeTruthy()
})

test('a decision leads to its proof, which is checked at once', async () => {
  const { address } = await renderApp(`/comparisons/${uuid(301)}`)
  await userEvent.click(await screen.findByTestId('verify-decision'))
  const outcome = await screen.findByTestId('verification')
  expect(outcome.dataset['verdict']).toBe('valid')
  expect(address()).toBe('/ledger/entries/125?verify=true')
})

test('without pairs and without a guardrail the evidence says so, and unknown stays unknown', async () => {
  const plain = comparisonOf('success-only', now)
  const blind = {
    ...plain,
    pairing: 'none',
    environment: null,
    decidedBy: 'api_key:01900000-0000-7000-8000-000000000320',
    control: { ...plain.control, outcomesKnown: 0, successes: 0, successRate: null, meanDurationMs: null },
    success: {
      ...plain.success,
      test: 'fisher-exact',
      pairs: null,
      onlyControlSucceeded: null,
      onlyCandidateSucceeded: null,
      difference: null,
      differenceLow: null,
      differenceHigh: null,
      pValue: null,
    },
  }
  await renderApp(`/comparisons/${uuid(300)}`, { overrides: { [`GET /comparisons/${uuid(300)}`]: () => json(blind) } })
  await expectText(/Not paired: every execution counts on its own/)
  expect(screen.getByText(/duration was no guardrail/)).toBeTruthy()
  expect(screen.getAllByText('unknown').length).toBeGreaterThan(1)
  expect(screen.getByText('API key 0190…0320')).toBeTruthy()
})

test('a guardrail without a measured duration is unknown, not equal', async () => {
  const guarded = comparisonOf('guarded', now)
  const [guardrail] = guarded.guardrails
  const blind = { ...guarded, guardrails: [{ ...guardrail, ratio: null, ratioLow: null, ratioHigh: null }] }
  await renderApp(`/comparisons/${uuid(301)}`, { overrides: { [`GET /comparisons/${uuid(301)}`]: () => json(blind) } })
  expect(await screen.findByRole('img', { name: /Duration ratio unknown/ })).toBeTruthy()
})

test('two releases are chosen and decided; the address holds the choice', async () => {
  const { address, wire } = await renderApp('/comparisons')
  await userEvent.click(await screen.findByTestId('new-comparison'))
  await screen.findByTestId('comparison-form')
  expect(screen.getByTestId('decide')).toHaveProperty('disabled', true)
  await choose(/^Agent/, /telecom-care/)
  await choose(/^Control/, /gpt-4\.1 \(/)
  await choose(/^Candidate/, /sft/)
  await userEvent.click(screen.getByText('Success only'))
  await userEvent.click(screen.getByText('By unit'))
  await waitFor(() =>
    expect(address()).toBe(
      `/comparisons/new?agentId=${uuid(1)}&candidate=gpt-4.1-sft-telecom&control=gpt-4.1&pairing=unit&policy=success-only`,
    ),
  )
  await userEvent.click(screen.getByTestId('decide'))
  const verdict = await screen.findByTestId('verdict')
  expect(within(verdict).getByText('promote')).toBeTruthy()
  expect(wire.seen).toContain(`POST /agents/${uuid(1)}/comparisons`)
})

test('control and candidate can be swapped, and the same release cannot meet itself', async () => {
  const { address } = await renderApp(`/comparisons/new?agentId=${uuid(2)}&control=2026.11.1&candidate=2026.11.2`)
  await userEvent.click(await screen.findByText('Swap control and candidate'))
  await waitFor(() => expect(address()).toContain('candidate=2026.11.1&control=2026.11.2'))
  await choose(/^Candidate/, /2026\.11\.2/)
  await expectText('Choose two different releases.')
  await choose(/^Environment/, /staging/)
  await waitFor(() => expect(address()).toContain('environment=staging'))
})

test('releases without evidence are refused in words', async () => {
  await renderApp(`/comparisons/new?agentId=${uuid(2)}&control=2026.10.4&candidate=2026.11.2`)
  await userEvent.click(await screen.findByTestId('decide'))
  await expectText(/has no finished executions\. Choose a release that ran\./)
})

test('a list that is refused, an empty list and a decision that is not there each say so', async () => {
  const { router } = await renderApp(`/comparisons?agentId=${uuid(1)}`, {
    overrides: {
      'GET /comparisons': ({ query }) =>
        query.has('agentId') ? json({ items: [], nextCursor: null }) : refusal('not-allowed', 'Not for this role.'),
      [`GET /comparisons/${uuid(9)}`]: () => refusal('not-found', 'There is no comparison with this id.'),
    },
  })
  await expectText('Nothing has been compared yet')
  await router.navigate({ to: '/comparisons', search: {} })
  await expectText('Not for this role.')
  await router.navigate({ to: '/comparisons/$comparisonId', params: { comparisonId: uuid(9) } })
  await expectText('There is no comparison with this id.')
})

test('the list can be narrowed to one agent', async () => {
  const { address } = await renderApp('/comparisons')
  await screen.findByTestId('comparison-table')
  await choose(/^Agent/, /telecom-care/)
  await waitFor(() => expect(address()).toBe(`/comparisons?agentId=${uuid(1)}`))
})
