// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { costPageOf, noCosts, priceOf, repricingOf, unpricedOf } from '../../testing/costs.ts'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const nowMs = Date.now()
const page = (items: readonly unknown[]) => json({ items, nextCursor: null })
const refused = () => refusal('not-allowed', 'Not for this role.')

/** The cells of each row of a table, as a person reads them. */
async function rowsOf(testId: string): Promise<readonly (readonly (string | null)[])[]> {
  const rows = within(await screen.findByTestId(testId)).getAllByRole('row')
  return rows.slice(1).map((row) => [...row.querySelectorAll('td')].map(({ textContent }) => textContent.trim()))
}

describe('the sums', () => {
  test('by agent say what is known, and never write 0 for a cost that nobody knows', async () => {
    await renderApp('/costs')
    await expectText('≥ $62.92 for 1,500 model calls, 40 calls without a price.')
    expect(await rowsOf('cost-table')).toEqual([
      ['telecom-care', '$61.42', '1,200', '0', '2.40M', '310k', '105.0%'],
      ['invoice-reader', '≥ $1.50', '300', '40', '9,000', '4,200', '–'],
      ['unknown', '–', '300', '300', '9,000', '4,200', '–'],
    ])
    const link = within(screen.getByTestId('cost-table')).getByRole('link', { name: 'telecom-care' })
    expect(link.getAttribute('href')).toBe(`/agents/${uuid(1)}`)
    const legend = within(await screen.findByRole('list', { name: 'Colours' }))
    expect(legend.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'telecom-care',
      'All others',
    ])
  })

  test('are split by model, by release and by day, and the address keeps which', async () => {
    const { address, wire } = await renderApp('/costs?by=model', { nowMs })
    await waitFor(async () =>
      expect((await rowsOf('cost-table')).map(([name]) => name)).toEqual(['gpt-4.1 openai', 'house-llm', 'unknown']),
    )
    await userEvent.click(within(screen.getByTestId('cost-dimension')).getByText('Release'))
    await screen.findByRole('table', { name: 'By release' })
    await waitFor(async () =>
      expect((await rowsOf('cost-table')).map(([name]) => name)).toEqual([
        'telecom-care gpt-4.1-sft-telecom',
        'invoice-reader unknown',
      ]),
    )
    await userEvent.click(within(screen.getByTestId('cost-dimension')).getByText('Day'))
    await screen.findByRole('table', { name: 'By day' })
    await waitFor(() => expect(address()).toBe('/costs?by=day'))
    const yesterday = new Date(nowMs - 86_400_000).toISOString().slice(0, 10)
    await waitFor(async () => expect((await rowsOf('cost-table'))[0]?.[0]).toBe(yesterday))
    // Days cannot be stacked by day: the chart goes back to agents.
    expect(screen.getByTestId('cost-chart').textContent).toContain('by agent')
    expect(wire.seen.some((line) => /^GET \/costs\?.*groupBy=day/.test(line))).toBe(true)
  })

  test('follow the filters for days, agent and environment, which can be taken away again', async () => {
    const { address, wire } = await renderApp('/costs')
    await screen.findByTestId('cost-table')
    await userEvent.click(screen.getByText('7d'))
    await waitFor(() => expect(address()).toContain('days=7'))
    await userEvent.click(screen.getByRole('combobox', { name: 'Environment' }))
    await userEvent.click(await screen.findByRole('option', { name: 'staging' }))
    await waitFor(() =>
      expect(wire.seen.some((line) => /^GET \/costs\/unpriced\?.*environment=staging/.test(line))).toBe(true),
    )
    await userEvent.click(screen.getByRole('combobox', { name: 'Agent' }))
    await userEvent.click(await screen.findByRole('option', { name: 'airline-desk' }))
    await waitFor(() => expect(address()).toContain('agentId='))
    await userEvent.click(screen.getByRole('combobox', { name: 'Agent' }))
    await userEvent.click(await screen.findByRole('option', { name: 'All agents' }))
    await waitFor(() => expect(address()).not.toContain('agentId='))
    expect(address()).toContain('environment=staging')
  })

  test('are fetched on, page by page, as the end of the list comes into view', async () => {
    const more = { ...costPageOf('agent', nowMs), items: costPageOf('day', nowMs).items }
    const { wire } = await renderApp('/costs', {
      overrides: {
        'GET /costs': ({ query }) =>
          json(query.get('cursor') === null ? { ...costPageOf('agent', nowMs), nextCursor: 'more' } : more),
        'GET /costs/unpriced': ({ query }) => {
          const [first, second] = unpricedOf(nowMs)
          return query.get('cursor') === null ? json({ items: [first], nextCursor: 'more' }) : page([second])
        },
      },
    })
    await waitFor(async () => expect(await rowsOf('cost-table')).toHaveLength(5))
    await waitFor(async () => expect(await rowsOf('unpriced-table')).toHaveLength(2))
    expect(wire.seen.some((line) => /^GET \/costs\?.*cursor=more/.test(line))).toBe(true)
  })
})

describe('without calls', () => {
  test('the page says when there will be something to see', async () => {
    await renderApp('/costs', {
      overrides: {
        'GET /costs': () => json(noCosts(nowMs)),
        'GET /costs/unpriced': () => page([]),
        'GET /costs/differences': () => page([]),
        'GET /prices': () => page([]),
      },
    })
    await expectText('No model was called in this time.')
    await expectText(/As soon as agents report calls with their tokens/)
    await expectText('Every call in this time has a price')
    await expectText('Nothing with both')
    await expectText('None set')
    await expectText('Never done')
    expect(screen.queryByTestId('cost-chart')).toBeNull()
  })

  test('that fit a filter it says that the filter is why', async () => {
    await renderApp('/costs?environment=staging', {
      overrides: {
        'GET /costs': () => json(noCosts(nowMs)),
        'GET /costs/series': () => json({ timeZone: 'UTC', days: [], series: [] }),
      },
    })
    await expectText('No calls with these filters')
    await screen.findByTestId('cost-chart')
  })
})

test('a refused answer says why in its own place, and trying again brings the page back', async () => {
  let allowed = false
  const gate = () => (allowed ? null : refused())
  await renderApp('/costs', {
    overrides: {
      'GET /costs': gate,
      'GET /costs/unpriced': gate,
      'GET /costs/differences': gate,
      'GET /prices': gate,
      'GET /costs/repricings': gate,
    },
  })
  await waitFor(() => expect(screen.getAllByText('Not for this role.')).toHaveLength(5))
  expect(screen.queryByTestId('cost-table')).toBeNull()
  allowed = true
  for (const button of screen.getAllByRole('button', { name: 'Try again' })) await userEvent.click(button)
  await screen.findByTestId('cost-table')
  await screen.findByTestId('unpriced-table')
  await screen.findByTestId('difference-table')
  await screen.findByTestId('price-table')
  await expectText('Never done')
  await waitFor(() => expect(screen.queryByText('Not for this role.')).toBeNull())
})

test('a chart that is refused leaves the table alone, and comes back when asked again', async () => {
  let allowed = false
  await renderApp('/costs', { overrides: { 'GET /costs/series': () => (allowed ? null : refused()) } })
  await screen.findByTestId('cost-table')
  const chart = within(screen.getByTestId('cost-chart'))
  await chart.findByText('Not for this role.')
  allowed = true
  await userEvent.click(chart.getByRole('button', { name: 'Try again' }))
  await chart.findByRole('list', { name: 'Colours' })
  expect(chart.queryByText('Not for this role.')).toBeNull()
})

test('a reported cost stands beside the computed one with the sign of their difference', async () => {
  await renderApp('/costs')
  const rows = await rowsOf('difference-table')
  expect(rows.map((cells) => cells.slice(1))).toEqual([
    ['telecom-care', 'gpt-4.1 openai', '$4.00', '$6.00', '+$2.00', '150.0%'],
    ['telecom-care', 'runs as a whole', '$1.00', '$2.00', '+$1.00', '200.0%'],
    ['telecom-care', 'gpt-4.1 openai', '$5.00', '$3.75', '−$1.25', '75.0%'],
    ['telecom-care', 'gpt-4.1 openai', '$0', '$0', '$0', '–'],
  ])
})

test('a difference is one step from an alert on it: the editor begins with that condition', async () => {
  await renderApp('/costs', { overrides: { 'GET /alert-rules': () => page([]) } })
  await userEvent.click(await screen.findByText('Make an alert of it'))
  const condition = await screen.findByLabelText('Condition')
  expect((condition as HTMLTextAreaElement).value).toContain('cost_difference')
})

describe('a price', () => {
  test('is added for a model without one: the form knows its name, and sends what was typed', async () => {
    const sent: unknown[] = []
    await renderApp('/costs', {
      overrides: {
        'POST /prices': ({ body }) => {
          sent.push(body)
          return null
        },
      },
    })
    const rows = await rowsOf('unpriced-table')
    expect(rows.map((cells) => cells.slice(0, 4))).toEqual([
      ['house-llm-70b vllm', 'none', '214', '52.0k'],
      ['clauses-ft', 'found since', '31', '52.0k'],
      ['unknown', 'none', '7', '52.0k'],
    ])
    // Calls that name no model cannot be given a price.
    const add = within(screen.getByTestId('unpriced-table')).getAllByRole('button', { name: 'Add a price' })
    expect(add).toHaveLength(2)
    await userEvent.click(add[0] as HTMLElement)
    const form = within(await screen.findByTestId('price-form'))
    expect(form.getByLabelText('Provider')).toHaveProperty('value', 'vllm')
    expect(form.getByLabelText(/^Model/)).toHaveProperty('value', 'house-llm-70b')
    await userEvent.type(form.getByLabelText('Input, USD per million tokens'), '0.25')
    await userEvent.type(form.getByLabelText('Reasoning'), ' ')
    fireEvent.change(form.getByLabelText('From'), { target: { value: '2026-01-02T10:00' } })
    fireEvent.change(form.getByLabelText('To'), { target: { value: '2026-02-02T10:00' } })
    await userEvent.click(form.getByTestId('save-price'))
    await waitFor(() => expect(screen.queryByTestId('price-form')).toBeNull())
    expect(sent).toMatchObject([
      {
        provider: 'vllm',
        match: { kind: 'equals', value: 'house-llm-70b' },
        prices: { inputUsdPerMillion: '0.25' },
        effectiveFrom: expect.stringMatching(/^2026-01-0[123]T/),
        effectiveTo: expect.stringMatching(/^2026-02-0[123]T/),
      },
    ])
    expect(Object(sent[0]).prices).not.toHaveProperty('reasoningUsdPerMillion')
  })

  test('that is refused keeps the form with what was typed and says why', async () => {
    const sent: unknown[] = []
    await renderApp('/costs', {
      overrides: {
        'POST /prices': ({ body }) => {
          sent.push(body)
          return refusal('already-exists', 'Another price of house- begins in this time.')
        },
      },
    })
    await userEvent.click(await screen.findByTestId('new-price'))
    const form = within(await screen.findByTestId('price-form'))
    expect(form.getByTestId('save-price')).toHaveProperty('disabled', true)
    await userEvent.type(form.getByLabelText(/^Model/), 'house-')
    await userEvent.click(form.getByRole('combobox', { name: /name/ }))
    await userEvent.click(await screen.findByRole('option', { name: 'begins with' }))
    await userEvent.click(form.getByTestId('save-price'))
    await form.findByText('Another price of house- begins in this time.')
    expect(sent).toEqual([
      {
        provider: null,
        match: { kind: 'starts_with', value: 'house-' },
        prices: {},
        effectiveFrom: null,
        effectiveTo: null,
      },
    ])
    expect(form.getByLabelText(/^Model/)).toHaveProperty('value', 'house-')
    await userEvent.click(form.getByRole('button', { name: 'Leave it' }))
    await waitFor(() => expect(screen.queryByTestId('price-form')).toBeNull())
  })

  test('of the organization shows for which models, in which state, how much and how long', async () => {
    await renderApp('/costs')
    const rows = await rowsOf('price-table')
    expect(rows.map((cells) => cells.slice(0, 4))).toEqual([
      ['is gpt-4.1 openai', 'active', '$1.80', '$7.20'],
      ['begins with house- any provider', 'ended', '$0.10', 'not priced'],
    ])
    expect(rows[0]?.[5]).toBe('–')
    expect(rows[1]?.[4]).toBe('–')
  })

  test('is withdrawn after a question; a refusal is shown there', async () => {
    let allowed = false
    let withdrawn = false
    const { wire } = await renderApp('/costs', {
      overrides: {
        'GET /prices': () => page(withdrawn ? [] : [priceOf(nowMs)]),
        [`DELETE /prices/${uuid(900)}`]: () => {
          withdrawn = allowed
          return allowed ? null : refused()
        },
      },
    })
    await screen.findByTestId('price-table')
    const ask = () => userEvent.click(within(screen.getByTestId('price-table')).getByRole('button'))
    await ask()
    await userEvent.click(await screen.findByRole('button', { name: 'Keep it' }))
    await waitFor(() => expect(screen.queryByTestId('withdraw-price')).toBeNull())
    expect(wire.seen).not.toContain(`DELETE /prices/${uuid(900)}`)
    await ask()
    await userEvent.click(await screen.findByTestId('withdraw-price'))
    await expectText('Not for this role.')
    allowed = true
    await userEvent.click(screen.getByTestId('withdraw-price'))
    await expectText('None set')
  })
})

describe('pricing stored calls again', () => {
  test('under way shows how far it is, and can be stopped', async () => {
    let state: 'running' | 'cancelled' = 'running'
    await renderApp('/costs', {
      overrides: {
        'GET /costs/repricings': () => page([repricingOf(nowMs, { state })]),
        [`POST /costs/repricings/${uuid(910)}/cancel`]: () => {
          state = 'cancelled'
          return null
        },
      },
    })
    const panel = within(await screen.findByTestId('repricing'))
    await panel.findByText('running')
    const bar = panel.getByLabelText('100 of about 400 calls priced again')
    expect(bar.getAttribute('aria-valuenow')).toBe('25')
    expect(panel.getByText('The contract with the provider was corrected.')).toBeTruthy()
    // Nothing had a price before: what the calls cost then is unknown, not 0.
    expect(panel.getByLabelText('unknown: 25 model calls without a known price.')).toBeTruthy()
    expect(panel.getByText('$2.50')).toBeTruthy()
    expect(panel.queryByTestId('reprice')).toBeNull()
    await userEvent.click(panel.getByRole('button', { name: 'Stop it' }))
    await panel.findByText('cancelled')
    expect(panel.getByTestId('reprice')).toBeTruthy()
  })

  test('that cannot be stopped says why, and is seen as finished when looked at again', async () => {
    let state: 'running' | 'done' = 'running'
    const change = () => ({ state, expectedCalls: 0, calls: 0, newlyPricedCalls: 0, beforeNanoUsd: 3_000_000_000 })
    await renderApp('/costs', {
      overrides: {
        'GET /costs/repricings': () => page([repricingOf(nowMs, change())]),
        [`POST /costs/repricings/${uuid(910)}/cancel`]: refused,
      },
    })
    const panel = within(await screen.findByTestId('repricing'))
    await userEvent.click(await panel.findByRole('button', { name: 'Stop it' }))
    await panel.findByText('Not for this role.')
    expect(panel.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('0')
    state = 'done'
    await userEvent.click(panel.getByRole('button', { name: 'Look again' }))
    await panel.findByText('done')
    expect(panel.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100')
    expect(panel.getByText('$3.00')).toBeTruthy()
  })

  test('wants a reason, says why it is refused, and then begins for the model and days that were named', async () => {
    const sent: unknown[] = []
    await renderApp('/costs', {
      overrides: {
        'GET /costs/repricings': () => page(sent.length < 2 ? [] : [repricingOf(nowMs)]),
        'POST /costs/repricings': ({ body }) => {
          sent.push(body)
          return sent.length === 1 ? refused() : json(repricingOf(nowMs), 201)
        },
      },
    })
    await userEvent.click(await screen.findByTestId('reprice'))
    const begin = await screen.findByTestId('start-repricing')
    expect(begin).toHaveProperty('disabled', true)
    await userEvent.type(screen.getByLabelText(/^Why/), 'New contract')
    await userEvent.click(begin)
    await expectText('Not for this role.')
    expect(sent[0]).toMatchObject({ model: null, reason: 'New contract' })
    await userEvent.type(screen.getByLabelText('Only of this model'), 'gpt-4.1')
    await userEvent.click(screen.getByRole('combobox', { name: 'Calls that began in' }))
    await userEvent.click(await screen.findByRole('option', { name: 'The last 7 days' }))
    await userEvent.click(begin)
    await waitFor(() => expect(screen.queryByTestId('start-repricing')).toBeNull())
    const { from, to, model } = Object(sent[1])
    expect(model).toBe('gpt-4.1')
    expect(Date.parse(to) - Date.parse(from)).toBe(7 * 86_400_000)
    await within(screen.getByTestId('repricing')).findByText('running')
  })
})
