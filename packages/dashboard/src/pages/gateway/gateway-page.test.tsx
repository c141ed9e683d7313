// @vitest-environment happy-dom
import { defaultGatewayRules } from '@metaagent/contract'
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import type { WireOptions } from '../../testing/wire.ts'

const because = {
  rule: 'personal data is redacted',
  observed: 'SENSITIVE',
  limit: 'redact',
  text: 'It leaves redacted.',
}
const state = {
  rules: defaultGatewayRules,
  version: 0,
  changedBy: null,
  changedAt: null,
  reason: null,
  warnings: ['No private model.'],
}
const replies: NonNullable<WireOptions['overrides']> = {
  'GET /gateway/rules': () => json(state),
  'GET /gateway/rules/versions': () => json({ items: [] }),
  'GET /gateway/routes': () => json({ items: [], nextCursor: null }),
}

test('rules are edited, tried on a text and on the past, and saved with an approval', async () => {
  const sent: Record<string, unknown>[] = []
  const keep = (body: unknown) => sent.push(body as Record<string, unknown>)
  const { address } = await renderApp('/settings/gateway', {
    overrides: {
      ...replies,
      'POST /gateway/try': ({ body }) => {
        keep(body)
        return json({
          decision: 'redact',
          because,
          sensitivity: 'SENSITIVE',
          declared: null,
          detected: 'SENSITIVE',
          raisedBecause: { ...because, rule: 'raised-by-what-was-found', text: '1 × email was found.' },
          destination: { provider: 'openai', model: null, region: null },
          isPrivate: false,
          findings: [
            {
              class: 'email',
              rule: 'email',
              sensitivity: 'SENSITIVE',
              path: '',
              start: 3,
              end: 18,
              placeholder: '⟦email-a-x⟧',
            },
          ],
          uninspected: 0,
          redacted: { text: 'to ⟦email-a-x⟧', messages: null },
          rulesVersion: 0,
          warnings: [],
        })
      },
      'POST /gateway/rules/dry-run': () =>
        json({
          warnings: [],
          since: '2026-01-01T00:00:00.000Z',
          routes: 9,
          isComplete: true,
          stricter: 2,
          looser: 0,
          impact: 'LOW',
          changes: [
            {
              agent: 'support',
              asked: { provider: 'openai', model: 'gpt-5', region: null },
              count: 2,
              effect: 'stricter',
              from: { sensitivity: 'INTERNAL', decision: 'allow', because },
              to: { sensitivity: 'INTERNAL', decision: 'deny', because: { ...because, rule: 'no' } },
            },
          ],
        }),
      'PUT /gateway/rules': ({ body }) => {
        keep(body)
        return refusal('approval-required', 'May let more through.')
      },
    },
  })
  const rules = await screen.findByTestId('gateway-rules')
  expect(within(rules).getAllByTestId('gateway-rule')).toHaveLength(3)
  await expectText('No private model.')
  await expectText('Nothing was routed yet')
  await userEvent.click(within(rules).getByRole('button', { name: 'Add a rule' }))
  await expectText('Rule 1, name: is missing')
  await userEvent.type(within(rules).getByRole('textbox', { name: 'Rule 1' }), 'no')
  await userEvent.type(within(rules).getByRole('textbox', { name: 'Agents of rule 1' }), 'intern-*')
  const tried = screen.getByTestId('gateway-try')
  await userEvent.type(within(tried).getByLabelText('Text'), 'to ada@example.com')
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  expect((await within(tried).findByTestId('gateway-redacted')).textContent).toBe('to ⟦email-a-x⟧')
  expect(within(tried).getByText('Send redacted')).toBeTruthy()
  expect(sent[0]).toMatchObject({
    agent: 'any agent',
    rules: { rules: [{ name: 'no', agents: ['intern-*'] }, {}, {}, {}] },
  })
  await userEvent.click(screen.getByTestId('dry-run'))
  await expectText('2 of 9 decisions would have been others: 2 stricter, 0 looser.')
  await userEvent.type(screen.getByLabelText(/Reason/), 'interns')
  await userEvent.click(screen.getByTestId('save-gateway'))
  await expectText('May let more through.')
  expect(sent[1]).toMatchObject({ reason: 'interns', expectedVersion: 0 })
  await userEvent.click(screen.getByRole('combobox', { name: 'Sensitivity' }))
  await userEvent.click(await screen.findByRole('option', { name: 'CRITICAL' }))
  await waitFor(() => expect(address()).toContain('sensitivity=CRITICAL'))
})

test('rules that cannot be read say why and can be asked for again', async () => {
  const overrides = { ...replies, 'GET /gateway/rules': () => refusal('not-allowed', 'It needs gateway:read.') }
  await renderApp('/settings/gateway', { overrides })
  await expectText('It needs gateway:read.')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
})
