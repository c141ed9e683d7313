// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { entriesOf, judgesOf, metricsOf } from '../../testing/trust.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)

test('the list says who can be believed, who lost it and of whom nothing is known', async () => {
  const { address } = await renderApp('/judges')
  const table = within(await screen.findByTestId('judge-table'))
  expect(table.getByText('suspended')).toBeTruthy()
  expect(table.getByText('unproven')).toBeTruthy()
  expect(table.getAllByText('91.0%')).toHaveLength(2)
  expect(table.getAllByText('$0.0034')).toHaveLength(2)
  expect(table.getAllByLabelText(/beyond what being right explains/)).toHaveLength(2)
  expect(table.getAllByLabelText(/^unknown: None of its verdicts was audited/)).toHaveLength(1)
  await userEvent.click(screen.getByRole('combobox', { name: 'Standing' }))
  await userEvent.click(await screen.findByRole('option', { name: 'suspended' }))
  await waitFor(() => expect(address()).toBe('/judges?standing=suspended'))
  await waitFor(() => expect(screen.queryByText('newcomer')).toBeNull())
})

test('each metric says how many votes its judges are worth, what is audited, who copies and who is swayed', async () => {
  const { address } = await renderApp('/judges')
  const metrics = within(await screen.findByTestId('trust-metrics'))
  expect(metrics.getByText('1.6 of 3', { exact: false })).toBeTruthy()
  expect(metrics.getByText('83.0%')).toBeTruthy()
  expect(metrics.getByText('1 pair')).toBeTruthy()
  expect(metrics.getByText('1 judge')).toBeTruthy()
  expect(metrics.getAllByLabelText(/^unknown/)).toHaveLength(4)
  await userEvent.click(metrics.getByText('120 of 310'))
  await waitFor(() => expect(address()).toBe('/judges?metric=facts'))
})

test('from agreement alone the votes are a lower bound, and nothing suspicious is said so', async () => {
  const [facts] = metricsOf(nowMs)
  const independence = { basis: 'agreement', judges: 3, pairs: 3, meanCorrelation: 0.2, effectiveVotes: 2.14 }
  const clear = {
    ...facts,
    independence,
    pairs: facts?.pairs.map((pair) => ({ ...pair, isCopy: false })),
    orderEffects: facts?.orderEffects.map((effect) => ({ ...effect, favoursAnOrder: false })),
  }
  const overrides = { 'GET /trust/metrics': () => json({ items: [clear] }) }
  await renderApp('/judges', { overrides })
  const metrics = within(await screen.findByTestId('trust-metrics'))
  expect(metrics.getByText('≥ 2.1 of 3', { exact: false })).toBeTruthy()
  expect(metrics.getAllByText('none')).toHaveLength(2)
})

test('where nobody has judged, it says how judges come in; a filter that nobody fits says so', async () => {
  const empty = () => json({ model: 'mean', items: [], nextCursor: null })
  const overrides = { 'GET /judges': empty, 'GET /trust/metrics': () => json({ items: [] }) }
  const { router } = await renderApp('/judges', { overrides })
  await expectText('Nobody has judged yet')
  expect(screen.queryByTestId('trust-metrics')).toBeNull()
  await router.navigate({ to: '/judges', search: { standing: 'trusted' } })
  await expectText('No judge is like that')
})

test('a refusal is shown with a way to try again', async () => {
  let refuses = true
  const refused = () => (refuses ? refusal('internal-error', 'It broke.') : null)
  const overrides = { 'GET /judges': refused, 'GET /trust/metrics': refused }
  await renderApp('/judges', { overrides })
  expect(await screen.findAllByText('It broke.')).toHaveLength(2)
  refuses = false
  for (const button of screen.getAllByRole('button', { name: /again/i })) await userEvent.click(button)
  await screen.findByTestId('judge-table')
  await screen.findByTestId('metric-table')
})

test('further judges come when the end of the list is reached', async () => {
  const [first, ...others] = judgesOf(nowMs)
  const overrides = {
    'GET /judges': ({ query }: { readonly query: URLSearchParams }) =>
      query.get('cursor') === null
        ? json({ model: 'confusion', items: [first], nextCursor: 'more' })
        : json({ model: 'confusion', items: others, nextCursor: null }),
  }
  const { wire } = await renderApp('/judges', { overrides })
  await expectText('newcomer')
  expect(wire.seen.filter((line) => line.startsWith('GET /judges?'))).toHaveLength(2)
})

test('one judge shows its trust over time, what it confuses, on whom it depends and what all of it rests on', async () => {
  const { address } = await renderApp('/judges/strict%20judge?metric=facts')
  const state = within(await screen.findByTestId('judge-state'))
  expect(state.getByText('trusted')).toBeTruthy()
  expect(state.getByText('0.76')).toBeTruthy()
  expect(within(await screen.findByTestId('judge-history')).getByText(/^120 entries/)).toBeTruthy()
  expect(within(screen.getByTestId('confusion')).getByText('40.2')).toBeTruthy()
  const others = within(await screen.findByTestId('dependence'))
  expect(await others.findByText('a copy')).toBeTruthy()
  expect(others.getByText('passes more when as given')).toBeTruthy()
  const audits = within(await screen.findByTestId('audits'))
  expect((await audits.findAllByText('corrected')).length).toBe(2)
  for (const word of ['right', 'wrong', 'no opinion', 'taken back']) expect(audits.getAllByText(word)[0]).toBeTruthy()
  expect(
    audits
      .getByText(/^execution ab/)
      .closest('a')
      ?.getAttribute('href'),
  ).toBe(`/executions/${'ab'.repeat(16)}`)
  expect(audits.getAllByText('what followed')[0]?.getAttribute('href')).toBe('/qa/traces/story-6')
  await userEvent.click(screen.getByRole('combobox', { name: 'Metric' }))
  await userEvent.click(await screen.findByRole('option', { name: 'tone' }))
  await waitFor(() => expect(address()).toBe('/judges/strict%20judge?metric=tone'))
  await expectText('Nobody to compare it with yet')
})

test('a judge that nothing was audited of looks unknown, not wrong', async () => {
  await renderApp('/judges/newcomer')
  const state = within(await screen.findByTestId('judge-state'))
  expect(state.getAllByLabelText(/^unknown/)).toHaveLength(4)
  expect(screen.getByTestId('confusion').textContent).toContain('Nothing was audited yet')
  expect((await screen.findByTestId('judge-history')).textContent).toContain('Nothing was audited yet')
  expect((await screen.findByTestId('audits')).textContent).toContain('None yet')
  expect(screen.queryByRole('combobox', { name: 'Metric' })).toBeNull()
})

test('a judge or metric that there is not leads back to the list', async () => {
  const { router } = await renderApp('/judges/nobody')
  await expectText('It gave no verdict on anything')
  await router.navigate({ to: '/judges/$judge', params: { judge: 'newcomer' }, search: { metric: 'style' } })
  await expectText('It gave no verdict on style')
  await userEvent.click(screen.getByRole('combobox', { name: 'Metric' }))
  await userEvent.click(await screen.findByRole('option', { name: 'facts' }))
  await screen.findByTestId('judge-state')
})

test('every part of a judge’s page that is refused can be asked for again', async () => {
  let refuses = true
  const refused = () => (refuses ? refusal('internal-error', 'It broke.') : null)
  const overrides = {
    'GET /judges/its%20copy/trust': refused,
    'GET /trust/metrics': refused,
    'GET /trust/journal': refused,
  }
  await renderApp('/judges/its%20copy?metric=facts', { overrides })
  await waitFor(() => expect(screen.getAllByText('It broke.')).toHaveLength(3))
  refuses = false
  for (const button of screen.getAllByRole('button', { name: /again/i })) await userEvent.click(button)
  for (const id of ['judge-history', 'dependence', 'audit-table']) await screen.findByTestId(id)
})

test('one audit alone is drawn, further entries come at the end, and an even judge favours no order', async () => {
  const point = { seq: 1, at: new Date(nowMs).toISOString(), reliability: 0.6, lowerBound: 0.4, authority: 0 }
  const [facts] = metricsOf(nowMs)
  const orderEffects = facts?.orderEffects.map((effect) => ({
    ...effect,
    passOnlyAsGiven: 3,
    passOnlySwapped: 4,
    favoursAnOrder: false,
  }))
  const [newest, ...older] = entriesOf(nowMs)
  const overrides = {
    'GET /judges/strict%20judge/trust': () =>
      json({ judge: 'strict judge', metric: 'facts', entries: 1, points: [{ ...point, effectiveCount: 1 }] }),
    'GET /trust/metrics': () => json({ items: [{ ...facts, orderEffects }] }),
    'GET /trust/journal': ({ query }: { readonly query: URLSearchParams }) =>
      query.get('cursor') === null
        ? json({ items: [newest], nextCursor: 'more' })
        : json({ items: older, nextCursor: null }),
  }
  await renderApp('/judges/strict%20judge?metric=facts', { overrides })
  expect(within(await screen.findByTestId('judge-history')).getByText(/^1 entry/)).toBeTruthy()
  await expectText('no order effect')
  await expectText('wrong')
})

test('a judge refused as a whole says so', async () => {
  await renderApp('/judges/strict%20judge', {
    overrides: { 'GET /judges': () => refusal('internal-error', 'It broke.') },
  })
  await expectText('It broke.')
})
