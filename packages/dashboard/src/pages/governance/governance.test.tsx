// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { needWords } from './trial-result.tsx'

const address = '/settings/governance-rules'
const choose = async (label: string, option: string) => {
  await userEvent.click(screen.getByRole('combobox', { name: label }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}

test('the matrix is edited row by row, tried on the past, and saved with an approval', async () => {
  const sent: unknown[] = []
  await renderApp(address, {
    overrides: {
      'PUT /approvals/rules': ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  expect(await screen.findAllByTestId('rule')).toHaveLength(3)
  await userEvent.click(screen.getByTestId('try-rules'))
  await expectText(/All 12 actions would have been treated as they were\./)
  await choose('Outcome of rule 1', 'Needs approval')
  await choose('Role of rule 1', 'developer')
  await userEvent.click(screen.getByLabelText('Review of rule 1'))
  await userEvent.click(screen.getByTestId('try-rules'))
  await expectText(
    /5 of 12 actions would have been treated otherwise: 4 stricter, 1 looser\. Saving ends 2 open requests\./,
  )
  const result = within(screen.getByTestId('trial-result'))
  expect(result.getByText('alarms.mute')).toBeTruthy()
  expect(result.getByText('2 admins, with review')).toBeTruthy()
  expect(result.getByText('runs by itself')).toBeTruthy()
  await userEvent.type(screen.getByLabelText(/^Reason/), 'Mutes hid an outage.')
  await userEvent.click(screen.getByTestId('save-governance'))
  await screen.findByTestId('ask-approval')
  expect(sent).toMatchObject([
    {
      reason: 'Mutes hid an outage.',
      expectedDigest: 'sha256:rules',
      rules: {
        approvalMatrix: [
          { impact: 'LOW', outcome: 'require_approval', approvers: 1, approverRole: 'developer', requireReview: true },
          { environments: ['production'] },
          { impact: 'CRITICAL' },
        ],
      },
    },
  ])
})

test('rows are added and removed; environments are written with commas; faults are told', async () => {
  await renderApp(address)
  await userEvent.click(await screen.findByTestId('add-rule'))
  expect(screen.getAllByTestId('rule')).toHaveLength(4)
  await userEvent.type(screen.getByLabelText('Environments of rule 4'), 'staging, demo')
  await choose('Impact of rule 4', 'MODERATE')
  await userEvent.clear(screen.getByLabelText('Approvers of rule 4'))
  await userEvent.type(screen.getByLabelText('Approvers of rule 4'), '2')
  for (let row = 0; row < 3; row++) await userEvent.click(screen.getByRole('button', { name: 'Remove rule 1' }))
  expect(screen.getByRole('button', { name: 'Remove rule 1' })).toHaveProperty('disabled', true)
  await userEvent.clear(screen.getByLabelText('Days'))
  await userEvent.type(screen.getByLabelText('Days'), '30')
  await userEvent.click(screen.getByTestId('try-rules'))
  await expectText('Row 1 requires approval by nobody.')
})

test('a trial that is refused and one of an empty past say so', async () => {
  let asked = 0
  await renderApp(address, {
    overrides: {
      'POST /approvals/rules/dry-run': () => {
        asked += 1
        const since = new Date().toISOString()
        const none = { faults: [], since, actions: 0, changed: 0, stricter: 0, looser: 0, openRequests: 0, changes: [] }
        return asked === 1 ? refusal('invalid-body', 'Not like that.') : json(none)
      },
      'GET /approvals/rules/history': () => refusal('not-allowed', 'No history for this role.'),
    },
  })
  await userEvent.click(await screen.findByTestId('try-rules'))
  await expectText('Not like that.')
  await userEvent.click(screen.getByTestId('try-rules'))
  await expectText(/Nothing was asked for or ran in that time\./)
  await expectText('No history for this role.')
})

test('who is no admin reads the rules and may try them', async () => {
  await renderApp(address, {
    overrides: { 'GET /me': () => json({ ...me(Date.now()), role: 'viewer', scopes: ['approvals:read'] }) },
  })
  await expectText('Only an admin changes the rules.')
  expect(screen.queryByTestId('add-rule')).toBeNull()
  const history = await screen.findByTestId('rules-history')
  await waitFor(() => expect(history.textContent).toContain('2 Ada Novak'))
})

test('rules that cannot be read say why', async () => {
  await renderApp(address, { overrides: { 'GET /approvals/rules': () => refusal('not-allowed', 'Not for you.') } })
  await expectText('Not for you.')
})

test('a need in words', () => {
  const need = { approvers: 1, approverRole: 'developer' as const, requireReview: false, because: {} as never }
  expect(needWords({ ...need, outcome: 'allow_and_notify' })).toBe('runs and is told')
  expect(needWords({ ...need, outcome: 'require_approval' })).toBe('1 developer')
})
