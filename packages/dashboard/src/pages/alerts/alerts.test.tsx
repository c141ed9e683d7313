// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { alertDetailOf, alertOf, channelOf, policyOf, ruleOf, silenceOf } from '../../testing/alerts.ts'
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
