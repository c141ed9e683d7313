// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { alertDetailOf, alertOf, channelOf, policyOf, ruleOf, silenceOf } from '../../testing/alerts.ts'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const nowMs = Date.now()
const counts = { pending: 0, firing: 1, acknowledged: 0 }

test('the inbox shows what fires and why, and an empty one says what to do', async () => {
  const { router } = await renderApp('/alerts', {
    overrides: {
      'GET /alerts': ({ query }) =>
        json({ items: query.get('state') === 'active' ? [alertOf(nowMs)] : [], nextCursor: null, counts }),
    },
  })
  await expectText('1 firing, 0 acknowledged, 0 pending.')
  await expectText('failureRate of the last 5m is 0.5.')
  await router.navigate({ to: '/alerts', search: { state: 'resolved' } })
  await expectText('No alert is in this state.')
})

const inbox = (items: readonly unknown[]) => ({
  'GET /alerts': ({ query }: { readonly query: URLSearchParams }) =>
    json({ items: query.has('fingerprint') ? [] : items, nextCursor: null, counts }),
})
const named = (id: number, rule: string, change: object = {}) => ({
  ...alertOf(nowMs),
  alertId: uuid(id),
  rule,
  ...change,
})

test('the inbox follows the stream: what fires appears, what is over leaves, and both are told', async () => {
  const { wire } = await renderApp('/alerts', { overrides: inbox([named(700, 'first')]) })
  await expectText('first')
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
  expect(screen.queryByText('Read again')).toBeNull()
  act(() => wire.news.send({ event: 'alert', data: JSON.stringify(named(701, 'second')) }))
  await expectText('second')
  await expectText('second fires.')
  act(() => wire.news.send({ event: 'alert', data: JSON.stringify(named(700, 'first', { state: 'resolved' })) }))
  await waitFor(() => expect(within(screen.getByTestId('alert-table')).queryByText('first')).toBeNull())
  await expectText('first is over.')
  const more = { pending: 3, firing: 7, acknowledged: 2, critical: 1 }
  act(() => wire.news.send({ event: 'counts', data: JSON.stringify(more) }))
  await expectText('7 firing, 2 acknowledged, 3 pending.')
  const asked = () => wire.seen.filter((line) => line.startsWith('GET /alerts?')).length
  const before = asked()
  for (const data of ['odd', '{"alertId":7}']) act(() => wire.news.send({ event: 'alert', data }))
  act(() => wire.news.send({ event: 'many', data: '{"changed":"many"}' }))
  await waitFor(() => expect(asked()).toBe(before + 1))
  act(() => wire.news.breakAll())
  await waitFor(() => expect(asked()).toBe(before + 2))
})

test('alerts are acknowledged and silenced from the keyboard, with a reason', async () => {
  const sent: unknown[] = []
  await renderApp('/alerts', {
    overrides: {
      ...inbox([named(701, 'first'), named(700, 'second')]),
      'POST /alert-acknowledgements': ({ body }) => {
        sent.push(body)
        return json({ acknowledged: [uuid(701)], left: [] })
      },
      'POST /alert-silences': ({ body }) => {
        sent.push(body)
        return json(silenceOf(nowMs))
      },
    },
  })
  await expectText('first')
  await userEvent.keyboard('ja')
  await userEvent.type(await screen.findByLabelText(/^Reason/), 'the vendor is down{Control>}{Enter}{/Control}')
  await waitFor(() => expect(sent).toEqual([{ alertIds: [uuid(701)], comment: 'the vendor is down' }]))
  await expectText('1 alert acknowledged.')
  await waitFor(() => expect(screen.queryByTestId('respond-dialog')).toBeNull())
  await userEvent.keyboard('xjxs')
  await waitFor(() => expect(screen.getByTestId('respond-send')).toHaveProperty('disabled', true))
  await userEvent.type(await screen.findByLabelText(/^Reason/), 'known')
  await userEvent.click(screen.getByTestId('respond-send'))
  await waitFor(() => expect(sent).toHaveLength(3))
  expect(sent[1]).toMatchObject({ comment: 'known', matchers: [{ name: 'alertname' }, {}, { name: 'agent' }] })
  await expectText('2 alerts silenced.')
})

test('all that fire are taken at once; those that do not fire any more are named', async () => {
  await renderApp('/alerts', {
    overrides: {
      ...inbox([named(701, 'first'), named(700, 'second'), named(699, 'third', { state: 'acknowledged' })]),
      'POST /alert-acknowledgements': () =>
        json({ acknowledged: [uuid(701)], left: [{ alertId: uuid(700), reason: 'this one is resolved.' }] }),
    },
  })
  await userEvent.click(await screen.findByTestId('choose-firing'))
  await expectText('2 chosen')
  await userEvent.click(screen.getByText('Choose none'))
  await userEvent.click(screen.getByTestId('choose-firing'))
  await userEvent.click(screen.getByTestId('acknowledge-chosen'))
  await userEvent.click(await screen.findByText('Leave it'))
  await waitFor(() => expect(screen.queryByTestId('respond-dialog')).toBeNull())
  await userEvent.click(screen.getByTestId('acknowledge-chosen'))
  await userEvent.click(await screen.findByTestId('respond-send'))
  await expectText('1 alert acknowledged. 1 left: this one is resolved.')
  await userEvent.click(screen.getByLabelText('Choose third'))
  await userEvent.click(screen.getByTestId('acknowledge-chosen'))
  await userEvent.click(screen.getByText('Choose none'))
  await expectText('Only a firing alert can be acknowledged.')
})

test('the inbox is narrowed to one agent, and a refusal of the stream is told', async () => {
  const { wire } = await renderApp('/alerts?agent=claims-intake', {
    overrides: { ...inbox([]), 'GET /alert-stream': () => refusal('not-allowed', 'The key lacks alerts:read.') },
  })
  await expectText('No open alert fits these filters.')
  await expectText(/The key lacks alerts:read/)
  expect(wire.seen.some((line) => /^GET \/alerts\?.*agent=claims-intake/.test(line))).toBe(true)
})

test('an alert shows the other times it was there, and its keys acknowledge and silence it', async () => {
  const { alertId } = alertOf(nowMs)
  const sent: string[] = []
  await renderApp(`/alerts/${alertId}`, {
    overrides: {
      [`GET /alerts/${alertId}`]: () => json(alertDetailOf(nowMs)),
      'GET /alerts': () =>
        json({
          items: [
            named(600, 'failing runs', {
              state: 'resolved',
              resolvedAt: new Date(nowMs).toISOString(),
              comment: 'a bad deploy',
            }),
          ],
          nextCursor: null,
          counts,
        }),
      [`POST /alerts/${alertId}/acknowledge`]: () =>
        json((sent.push('acknowledge'), alertDetailOf(nowMs, 'acknowledged'))),
      'POST /alert-silences': () => json((sent.push('silence'), silenceOf(nowMs))),
    },
  })
  await expectText('a bad deploy')
  await screen.findByTestId('respond')
  await userEvent.keyboard('s')
  expect(document.activeElement).toBe(screen.getByLabelText('Comment'))
  await userEvent.type(screen.getByLabelText('Comment'), 'known')
  await userEvent.click(screen.getByTestId('alert-earlier'))
  act(() => (document.activeElement as HTMLElement | null)?.blur())
  await userEvent.keyboard('s')
  await waitFor(() => expect(sent).toEqual(['silence']))
  await userEvent.keyboard('a')
  await waitFor(() => expect(sent).toEqual(['silence', 'acknowledge']))
})

test('a refused inbox says so', async () => {
  await renderApp('/alerts', { overrides: { 'GET /alerts': () => refusal('not-allowed', 'Not for this role.') } })
  await expectText('Not for this role.')
})

test('an alert is acknowledged with a comment, and silenced with its own labels', async () => {
  const alertId = alertOf(nowMs).alertId
  const sent: unknown[] = []
  await renderApp(`/alerts/${alertId}`, {
    overrides: {
      [`GET /alerts/${alertId}`]: () => json(alertDetailOf(nowMs, sent.length === 0 ? 'firing' : 'acknowledged')),
      [`POST /alerts/${alertId}/acknowledge`]: ({ body }) => {
        sent.push(body)
        return json(alertDetailOf(nowMs, 'acknowledged'))
      },
      'POST /alert-silences': ({ body }) => {
        sent.push(body)
        return json(silenceOf(nowMs))
      },
    },
  })
  await userEvent.type(await screen.findByLabelText('Comment'), 'On it.')
  await userEvent.click(screen.getByTestId('acknowledge'))
  await waitFor(() => expect(sent).toEqual([{ comment: 'On it.' }]))
  await userEvent.click(screen.getByTestId('silence'))
  await expectText(/Silenced until/)
  expect(sent[1]).toMatchObject({
    comment: 'On it.',
    matchers: [{ name: 'alertname' }, { name: 'severity' }, { name: 'agent' }],
  })
})

test('a rule is checked while it is written, and tried before it is saved', async () => {
  const trial = {
    from: new Date(nowMs).toISOString(),
    until: new Date(nowMs).toISOString(),
    stepSeconds: 300,
    subjects: 2,
    subjectsLeftOut: 0,
    alerts: [],
    alertsLeftOut: 0,
    unknownSteps: 5,
  }
  const { wire } = await renderApp('/alerts/rules', {
    overrides: {
      'GET /alert-rules': () => json({ items: [ruleOf(nowMs)] }),
      'POST /alert-rule-trials': () => json(trial),
      [`PUT /alert-rules/${ruleOf(nowMs).ruleId}`]: () => json(ruleOf(nowMs)),
    },
  })
  await expectText(/Silence of an agent/)
  await userEvent.click(await screen.findByText('Change'))
  await userEvent.click(await screen.findByTestId('try-rule'))
  await expectText('Nothing of the last 24 hours would have been an alert.')
  await userEvent.type(screen.getByLabelText('Condition'), ' no json')
  await expectText('This is no JSON.')
  expect(screen.getByTestId('save-rule')).toHaveProperty('disabled', true)
  await userEvent.type(screen.getByLabelText('Condition'), '{Backspace>8/}')
  await userEvent.click(screen.getByTestId('save-rule'))
  await waitFor(() => expect(wire.seen.some((line) => line.startsWith('PUT /alert-rules/'))).toBe(true))
})

test('a channel shows whether it works, and a test that fails says why', async () => {
  const { channelId } = channelOf(nowMs)
  await renderApp('/alerts/channels', {
    overrides: {
      'GET /alert-channels': () => json({ items: [channelOf(nowMs)] }),
      [`POST /alert-channels/${channelId}/test`]: () =>
        json({ delivered: false, detail: 'HTTP 404: no_service', durationMs: 3 }),
    },
  })
  await expectText(/daily summary at 08:30/)
  await userEvent.click(screen.getByTestId('test-channel'))
  await expectText('HTTP 404: no_service')
})

test('a channel is made with its secret, which goes out once', async () => {
  const sent: unknown[] = []
  await renderApp('/alerts/channels', {
    overrides: {
      'GET /alert-channels': () => json({ items: [] }),
      'POST /alert-channels': ({ body }) => {
        sent.push(body)
        return json(channelOf(nowMs))
      },
    },
  })
  await expectText('Nobody is told yet')
  await userEvent.click(screen.getAllByTestId('new-channel')[0] as HTMLElement)
  await userEvent.type(await screen.findByLabelText(/^Name/), 'team')
  await userEvent.type(screen.getByLabelText('Webhook address'), 'https://hooks.example/x')
  await userEvent.click(screen.getByTestId('save-channel'))
  await waitFor(() =>
    expect(sent).toMatchObject([{ name: 'team', settings: { kind: 'slack' }, secret: 'https://hooks.example/x' }]),
  )
})

test('silences are listed and ended, and the policy is shown as it is', async () => {
  const { router, wire } = await renderApp('/alerts/silences', {
    overrides: {
      'GET /alert-silences': () => json({ items: [silenceOf(nowMs)] }),
      [`DELETE /alert-silences/${silenceOf(nowMs).silenceId}`]: () => json({ ended: true }),
      'GET /alert-policy': () => json(policyOf()),
      'GET /alert-channels': () => json({ items: [channelOf(nowMs)] }),
      'PUT /alert-policy': () => json({ ...policyOf(), version: 1 }),
    },
  })
  await userEvent.click(await screen.findByText('End it now'))
  await waitFor(() => expect(wire.seen.some((line) => line.startsWith('DELETE /alert-silences/'))).toBe(true))
  await router.navigate({ to: '/alerts/routing' })
  await expectText(/Nobody has changed it/)
  await userEvent.click(await screen.findByTestId('save-policy'))
  await waitFor(() => expect(wire.seen.some((line) => line.startsWith('PUT /alert-policy'))).toBe(true))
})
