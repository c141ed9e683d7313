// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { channelOf, deliveryOf, silenceOf } from '../../testing/alerts.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const nowMs = Date.now()
const { channelId } = channelOf(nowMs)
const { deliveryId } = deliveryOf(nowMs)
const channels = (change: object = {}) => ({
  'GET /alert-channels': () => json({ items: [{ ...channelOf(nowMs), ...change }] }),
})
const mail = {
  settings: {
    kind: 'email',
    host: 'smtp.example.com',
    port: 465,
    security: 'tls',
    user: null,
    from: 'a@example.com',
    to: ['b@example.com'],
  },
}

test('a channel is changed with everything that it had, and its secret stays', async () => {
  const sent: unknown[] = []
  await renderApp('/alerts/channels', {
    overrides: {
      ...channels(mail),
      [`PUT /alert-channels/${channelId}`]: ({ body }) => {
        sent.push(body)
        return json({ ...channelOf(nowMs), ...mail })
      },
    },
  })
  await userEvent.click(await screen.findByTestId('edit-channel'))
  const name = await screen.findByLabelText(/^Name/)
  await userEvent.clear(name)
  await userEvent.type(name, 'night watch')
  await userEvent.click(screen.getByTestId('save-channel'))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ name: 'night watch', settings: mail.settings, digest: { dailyAt: '08:30' } })
  expect(sent[0]).not.toHaveProperty('secret')
})

test('a channel is switched off and on, gets another secret, and is removed after a second look', async () => {
  const sent: unknown[] = []
  const keep =
    (answer: object) =>
    ({ body }: { readonly body: unknown }) => {
      sent.push(body)
      return json(answer)
    }
  const { wire } = await renderApp('/alerts/channels', {
    overrides: {
      ...channels(),
      [`PUT /alert-channels/${channelId}`]: keep({ ...channelOf(nowMs), enabled: false }),
      [`POST /alert-channels/${channelId}/secret`]: keep(channelOf(nowMs)),
      [`DELETE /alert-channels/${channelId}`]: () => refusal('conflict', 'The route "all" names this channel.'),
    },
  })
  await userEvent.click(await screen.findByTestId('toggle-channel'))
  await waitFor(() => expect(sent).toMatchObject([{ enabled: false }]))
  await userEvent.click(screen.getByTestId('change-secret'))
  const save = await screen.findByTestId('save-secret')
  expect(save).toHaveProperty('disabled', true)
  const field = document.querySelector('input[type=password]')
  await userEvent.type(field as HTMLElement, 'https://hooks.example/new')
  await userEvent.click(save)
  await waitFor(() => expect(sent[1]).toEqual({ secret: 'https://hooks.example/new' }))
  await userEvent.click(screen.getByText('Remove'))
  await userEvent.click(await screen.findByText('Keep it'))
  expect(wire.seen.some((line) => line.startsWith('DELETE'))).toBe(false)
  await userEvent.click(screen.getByText('Remove'))
  await userEvent.click(await screen.findByTestId('remove-channel'))
  await expectText('The route "all" names this channel.')
})

test('a channel that is off says what happens to its messages', async () => {
  await renderApp('/alerts/channels', { overrides: channels({ enabled: false, lastError: null }) })
  await expectText(/goes out when it is on again/)
})

test('the log shows each attempt of a message, and one that was given up is sent again', async () => {
  const again = { ...deliveryOf(nowMs), deliveryId: '00000000-0000-7000-8000-0000000000aa', state: 'queued', log: [] }
  const repeated = { ...again, againOf: deliveryId, nextAttemptAt: new Date(nowMs).toISOString() }
  await renderApp('/alerts/messages?state=dead', {
    overrides: {
      ...channels(),
      'GET /alert-deliveries': ({ query }) =>
        json({ items: query.get('state') === 'dead' ? [deliveryOf(nowMs)] : [], nextCursor: null }),
      [`GET /alert-deliveries/${deliveryId}`]: () => json(deliveryOf(nowMs)),
      [`GET /alert-deliveries/${again.deliveryId}`]: () => json(repeated),
      [`POST /alert-deliveries/${deliveryId}/repetitions`]: () => json(repeated, 201),
    },
  })
  await userEvent.click(await screen.findByText('1 firing: failing runs'))
  await expectText('status 503')
  await expectText('812 ms')
  await userEvent.click(await screen.findByTestId('send-again'))
  await expectText(/Somebody had this sent again/)
  await expectText('Not tried yet')
  await userEvent.click(screen.getByText('Show the first one'))
  await expectText('status 503')
})

test('an empty log says what to do, and a refused one says so', async () => {
  const { router } = await renderApp('/alerts/messages', {
    overrides: {
      ...channels(),
      'GET /alert-deliveries': ({ query }) =>
        query.get('purpose') === 'test'
          ? refusal('not-allowed', 'Not for this role.')
          : json({ items: [], nextCursor: null }),
    },
  })
  await expectText('No message yet')
  await router.navigate({ to: '/alerts/messages', search: { state: 'dead' } })
  await expectText('Choose other filters.')
  await router.navigate({ to: '/alerts/messages', search: { purpose: 'test' } })
  await expectText('Not for this role.')
})

test('a silence by matchers shows what it would mute before it is made', async () => {
  const sent: unknown[] = []
  await renderApp('/alerts/silences', {
    overrides: {
      'GET /alert-silences': () => json({ items: [] }),
      'POST /alert-silence-previews': ({ body }) => {
        sent.push(body)
        return json({ silenced: 1, firing: 7, alerts: [{ agent: 'claims-intake', severity: 'critical' }] })
      },
      'POST /alert-silences': ({ body }) => {
        sent.push(body)
        return json(silenceOf(nowMs), 201)
      },
    },
  })
  await userEvent.click(await screen.findByTestId('new-silence'))
  const field = await screen.findByLabelText(/^Matchers/)
  await userEvent.type(field, 'nonsense')
  await expectText('Write each line as name="value".')
  await userEvent.clear(field)
  await userEvent.type(field, 'agent=~"claims.*"')
  await userEvent.click(screen.getByTestId('preview-silence'))
  await expectText('It would mute 1 alert of 7 that fire now.')
  await expectText('agent=claims-intake severity=critical')
  await userEvent.type(screen.getByLabelText(/^Why/), 'Known.')
  await userEvent.click(screen.getByTestId('save-silence'))
  await waitFor(() => expect(sent).toHaveLength(2))
  const matchers = [{ name: 'agent', operator: '=~', value: 'claims.*' }]
  expect(sent).toMatchObject([{ matchers }, { matchers, comment: 'Known.' }])
})
