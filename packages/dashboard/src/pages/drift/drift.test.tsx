// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { driftAlarmsOf, driftStreamsOf } from '../../testing/drift.ts'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { faultOf, isWhole, methodNamed, newRule, ruleOfKind, withParameter } from './rule-fields.ts'
import { evidencePoints, levelPoints, unusualPoints } from './stream-lines.ts'
import { closedText, readingText, streamTitle } from './words.tsx'

const nowMs = Date.UTC(2026, 10, 21, 12)

describe('the list', () => {
  test('shows open alarms with why and where to look, then every stream, and how right alarms were', async () => {
    const { address } = await renderApp('/drift')
    await expectText('4 streams watched, 2 not as it was.')
    const open = within(await screen.findByTestId('open-alarms'))
    const [graver, other, ...more] = await open.findAllByTestId('drift-alarm')
    expect(more).toEqual([])
    expect(graver?.textContent).toContain('56 % failed lately')
    expect(graver?.textContent).toContain('broadcast')
    expect(within(graver as HTMLElement).getByText('QA.md: Judges')).toBeTruthy()
    expect(other?.textContent).toContain('not broadcast yet')
    expect(
      within(graver as HTMLElement)
        .getByText('What led to it')
        .getAttribute('href'),
    ).toBe('/qa/traces/story%2Fof%20the%20run')
    const table = within(await screen.findByTestId('stream-table'))
    expect(table.getByText('Latency p95 of booking-agent')).toBeTruthy()
    expect(table.getAllByText('drifted')).toHaveLength(2)
    expect(table.getByText('learning')).toBeTruthy()
    expect(table.getByLabelText('unknown: The first tick is not over yet.')).toBeTruthy()
    const precision = within(await screen.findByTestId('drift-precision'))
    expect(precision.getByText('75.0%')).toBeTruthy()
    expect(precision.getAllByLabelText(/^unknown/)).toHaveLength(1)
    await userEvent.click(screen.getByRole('combobox', { name: 'Kind' }))
    await userEvent.click(await screen.findByRole('option', { name: 'Judges' }))
    await waitFor(() => expect(address()).toBe('/drift?kind=judge'))
    const text = screen.getByRole('textbox', { name: 'Metric, judge or subject' })
    await userEvent.type(text, 'nothing{Enter}')
    await waitFor(() => expect(address()).toBe('/drift?kind=judge&q=nothing'))
    await expectText('No stream is like that')
  })

  test('where nothing is watched, it says how streams begin', async () => {
    const overrides = {
      'GET /drift/streams': () => json({ items: [], nextCursor: null, total: 0, open: 0, precision: [] }),
      'GET /drift/alarms': () => json({ items: [], nextCursor: null }),
    }
    await renderApp('/drift', { overrides })
    await expectText('Nothing is watched yet')
    await expectText('Everything is as it was')
    await expectText('No alarm was raised yet.')
  })

  test('a refusal is shown with a way to try again', async () => {
    let refuses = true
    const refused = () => (refuses ? refusal('internal-error', 'It broke.') : null)
    await renderApp('/drift', { overrides: { 'GET /drift/streams': refused, 'GET /drift/alarms': refused } })
    await waitFor(() => expect(screen.getAllByText('It broke.')).toHaveLength(2))
    refuses = false
    for (const button of screen.getAllByRole('button', { name: /again/i })) await userEvent.click(button)
    await screen.findByTestId('stream-table')
  })

  test('further alarms are asked for, further streams come by themselves', async () => {
    const [first, second] = driftAlarmsOf(nowMs)
    const [stream, ...others] = driftStreamsOf(nowMs)
    const counts = { total: 4, open: 2, precision: [] }
    const overrides = {
      'GET /drift/alarms': ({ query }: { readonly query: URLSearchParams }) =>
        query.get('cursor') === null
          ? json({ items: [first], nextCursor: 'more' })
          : json({ items: [second], nextCursor: null }),
      'GET /drift/streams': ({ query }: { readonly query: URLSearchParams }) =>
        query.get('cursor') === null
          ? json({ items: [stream], nextCursor: 'more', ...counts })
          : json({ items: others, nextCursor: null, ...counts }),
    }
    await renderApp('/drift', { overrides })
    await expectText('Latency p95 of booking-agent')
    await userEvent.click(await screen.findByRole('button', { name: 'Show more' }))
    await expectText('The check was disabled.')
  })
})

describe('a stream', () => {
  test('shows its readings, how its method sees it, where it changed, and takes a verdict', async () => {
    const { wire } = await renderApp(`/drift/${uuid(801)}`)
    expect((await screen.findByTestId('page-title')).textContent).toBe('helpfulness by grader')
    const method = within(await screen.findByTestId('stream-method'))
    expect(method.getByText('Baseline ticks')).toBeTruthy()
    expect(method.getByText('91200')).toBeTruthy()
    expect((await screen.findByTestId('change-points')).textContent).toContain('12.0% → 58.0%')
    expect(await screen.findByLabelText(/^Readings of the stream/)).toBeTruthy()
    const [open, past] = within(screen.getByTestId('stream-alarms')).getAllByTestId('drift-alarm')
    expect(
      within(open as HTMLElement)
        .getByText('execution ababab')
        .getAttribute('href'),
    ).toBe(`/executions/${'ab'.repeat(16)}`)
    expect(past?.textContent).toContain('it is as it was')
    expect(past?.textContent).toContain('not broadcast')
    expect(past?.textContent).toContain('A person judged: a real change.')
    await userEvent.click(within(open as HTMLElement).getByRole('button', { name: 'False alarm' }))
    await waitFor(() => expect(wire.seen.some((line) => line.includes(`POST /drift/alarms/${uuid(901)}`))).toBe(true))
  })

  test('that has no reading yet says so, and unknown is no zero', async () => {
    await renderApp(`/drift/${uuid(803)}`)
    await expectText('No tick is over yet')
    await expectText('It never raised an alarm')
    await expectText('Its readings show no change.')
    expect(within(screen.getByTestId('stream-method')).getAllByLabelText(/^unknown/)).toHaveLength(3)
  })

  test('with one reading has a chart, and one that there is not is refused', async () => {
    const { router } = await renderApp(`/drift/${uuid(802)}`)
    expect(await screen.findByLabelText(/^Readings of the stream/)).toBeTruthy()
    await router.navigate({ to: '/drift/$streamId', params: { streamId: uuid(899) } })
    await expectText('There is no stream with this id.')
  })

  test('whose changes cannot be read is shown all the same, and a verdict that is refused says why', async () => {
    const overrides = {
      [`GET /drift/streams/${uuid(801)}/change-points`]: () => refusal('internal-error', 'No changes.'),
      [`POST /drift/alarms/${uuid(901)}/verdict`]: () => refusal('not-allowed', 'Not you.'),
    }
    await renderApp(`/drift/${uuid(801)}`, { overrides })
    await expectText('No changes.')
    const [open] = within(await screen.findByTestId('stream-alarms')).getAllByTestId('drift-alarm')
    await userEvent.click(within(open as HTMLElement).getByRole('button', { name: 'It was real' }))
    await expectText('Not you.')
  })
})

describe('methods', () => {
  test('are edited as rules and saved with a reason', async () => {
    const { wire } = await renderApp('/drift/methods')
    const rules = within(await screen.findByTestId('drift-rules'))
    expect(rules.getByRole('textbox', { name: 'Metric' })).toHaveProperty('value', 'unit-*')
    expect(screen.getByTestId('default-methods').textContent).toContain('Judges: e-detector')
    await userEvent.click(rules.getByRole('button', { name: 'Add a rule' }))
    const added = within(rules.getByRole('listitem', { name: 'Rule 2' }))
    await userEvent.type(added.getByRole('textbox', { name: 'Judge' }), 'Back*')
    await userEvent.click(added.getByRole('combobox', { name: 'Side' }))
    await userEvent.click(await screen.findByRole('option', { name: 'up' }))
    await userEvent.click(added.getByRole('combobox', { name: 'Method' }))
    await userEvent.click(await screen.findByRole('option', { name: 'DDM' }))
    await userEvent.click(added.getByRole('combobox', { name: 'Streams' }))
    await userEvent.click(await screen.findByRole('option', { name: 'Coverage' }))
    expect(added.queryByRole('textbox', { name: 'Judge' })).toBeNull()
    const drop = added.getByRole('textbox', { name: 'Drop min' })
    await userEvent.clear(drop)
    expect(screen.getByTestId('save-drift')).toHaveProperty('disabled', true)
    await userEvent.type(drop, '0.05')
    await userEvent.click(rules.getByRole('button', { name: 'Remove rule 1' }))
    await userEvent.type(screen.getByRole('textbox', { name: 'Reason' }), 'coverage counts')
    await userEvent.click(screen.getByTestId('save-drift'))
    await waitFor(() => expect(wire.seen.some((line) => line.startsWith('PUT /drift/settings'))).toBe(true))
  })

  test('are refused with a way to try again, and say when nothing was set', async () => {
    let refuses = true
    const none = { settings: { rules: [] }, defaults: [], version: 0, changedBy: null, changedAt: null }
    const overrides = { 'GET /drift/settings': () => (refuses ? refusal('internal-error', 'It broke.') : json(none)) }
    await renderApp('/drift/methods', { overrides })
    await expectText('It broke.')
    refuses = false
    await userEvent.click(screen.getByRole('button', { name: /again/i }))
    await expectText('The defaults watch everything')
    await expectText('none was set yet')
  })

  test('keep what fits when the kind changes', () => {
    const rule = { ...newRule('judge'), judge: 'QA' }
    expect(ruleOfKind(rule, 'agent')).toMatchObject({ judge: null, method: { name: 'e-detector' } })
    expect(ruleOfKind(rule, 'coverage')).toMatchObject({ method: { name: 'coverage-loss' } })
    const wrong = withParameter(methodNamed('cusum'), 'limit', -1)
    expect(faultOf(wrong, 'limit')).toBeTruthy()
    expect(faultOf(wrong, 'mean')).toBe(null)
    expect(isWhole([{ ...rule, method: wrong }])).toBe(false)
  })
})

test('levels stand beside readings, evidence in powers of ten, and alarms where the readings reach', () => {
  const [stream] = driftStreamsOf(nowMs)
  if (stream === undefined) throw new Error('there is a stream')
  const { readings } = stream
  const because = { rule: 'x', observed: 1, limit: 0 }
  const levels = levelPoints(readings, [{ at: readings[30]?.at ?? '', before: 0.1, after: 0.6, because }])
  expect([levels[29]?.[1], levels[30]?.[1]]).toEqual([0.1, 0.6])
  expect(levelPoints(readings, [])[0]?.[1]).toBe(null)
  expect(evidencePoints(readings)).toHaveLength(44)
  expect(evidencePoints(readings)[0]?.[1]).toBe(0)
  expect(unusualPoints(stream)).toHaveLength(1)
  expect(unusualPoints({ alarms: [], readings: [] })).toEqual([])
})

test.each([
  [{ kind: 'agent', agentId: 'x' }, 'support', 'm of support'],
  [{ kind: 'agent', agentId: 'x' }, null, 'm of an agent that is not registered'],
  [{ kind: 'judge' }, null, 'm by an unknown judge'],
  [{ kind: 'figure', metric: 'failure-rate' }, 'support', 'Failure rate of support'],
  [{ kind: 'figure' }, 'support', 'm of support'],
  [{ kind: 'coverage', subject: { kind: 'artifact', id: 'app' } }, null, 'Coverage: m of app'],
  [{ kind: 'disabled' }, null, 'Whether m of  runs'],
  [{ kind: 'check', subject: { kind: 'series', id: 's' } }, null, 'm of s'],
] as const)('%j of %s is called %s', (change, agent, title) => {
  expect(streamTitle({ metric: 'm', judge: null, agentId: null, subject: null, ...change }, agent)).toBe(title)
})

test('values have their unit, and a closed alarm its reason', () => {
  expect([readingText('share', 0.5), readingText('ms', 1_500), readingText('nano-USD', 2_000_000_000)]).toEqual([
    '50.0%',
    '1.50 s',
    '$2.00',
  ])
  expect([closedText(null), closedText('became-usual')]).toEqual(['open', 'it became what is usual'])
})
