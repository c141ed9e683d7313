// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { approvals, me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { sentenceOf } from './words.ts'

async function cardOf(subject: RegExp) {
  await screen.findByTestId('approval-list')
  const card = screen.getAllByTestId('approval').find(({ textContent }) => subject.test(textContent ?? ''))
  if (card === undefined) throw new Error('there is no such request')
  return within(card)
}

test('a request shows what exactly is asked, why it needs a word, and who may say it', async () => {
  await renderApp('/approvals')
  const card = await cardOf(/health\.success_target/)
  expect(card.getByText('Changes of high impact always need an admin who is not their author.')).toBeTruthy()
  expect(card.getByText('high impact')).toBeTruthy()
  expect(card.getByText('0 of 1 admin')).toBeTruthy()
  expect(card.getByText(/"health\.success_target"/)).toBeTruthy()
  expect(card.getByText('1 admin must agree; the author cannot.')).toBeTruthy()
})

test('approving sends the digest that was shown, and the request leaves the list', async () => {
  const { wire } = await renderApp('/approvals')
  const card = await cardOf(/health\.success_target/)
  await userEvent.click(card.getByTestId('approve'))
  await waitFor(() => expect(screen.getAllByTestId('approval')).toHaveLength(2))
  expect(wire.seen.some((line) => /^POST \/approvals\/.*\/votes$/.test(line))).toBe(true)
})

test('a critical change needs a written review, and shows those that were given', async () => {
  await renderApp('/approvals')
  const card = await cardOf(/rollouts\.promote/)
  expect(card.getByText(/Read ten traces of each arm/)).toBeTruthy()
  expect(card.getByTestId('approve')).toHaveProperty('disabled', true)
  await userEvent.type(card.getByLabelText('Review (required)'), 'Read them too.')
  expect(card.getByTestId('approve')).toHaveProperty('disabled', false)
  await userEvent.click(card.getByTestId('reject'))
  await waitFor(() => expect(screen.getAllByTestId('approval')).toHaveLength(2))
})

test('nobody approves what they asked for', async () => {
  await renderApp('/approvals')
  const card = await cardOf(/silent_after_minutes/)
  await userEvent.click(card.getByTestId('approve'))
  expect(await card.findByText('Somebody else must approve what you asked for.')).toBeTruthy()
})

test('who may not decide sees who may', async () => {
  await renderApp('/approvals', {
    overrides: { 'GET /me': () => json({ ...me(Date.now()), role: 'viewer', scopes: ['approvals:read'] }) },
  })
  const card = await cardOf(/health\.success_target/)
  expect(card.queryByTestId('approve')).toBeNull()
  expect(card.getByText(/You may not decide this: 1 admin must agree/)).toBeTruthy()
})

test('an amendment shows its difference, and requests are found by kind, environment and impact', async () => {
  const [base] = approvals(Date.now(), new Set())
  const patch = '--- a/QA.md\n+++ b/QA.md\n@@ -1,1 +1,2 @@\n # Rules\n+One more.\n'
  const parameters = {
    amendmentId: uuid(1700),
    document: 'QA.md',
    title: 'More',
    baseVersion: 1,
    added: 1,
    removed: 0,
    patch,
  }
  const { address, wire } = await renderApp('/approvals?kind=a.b', {
    overrides: {
      'GET /approvals': ({ query }) =>
        json({
          items: query.has('impact')
            ? []
            : [{ ...base, operation: 'amendments.ratify', environment: 'staging', parameters }],
          nextCursor: null,
        }),
    },
  })
  const card = await cardOf(/QA\.md/)
  expect(card.getByTestId('approval-about').textContent).toContain(
    'Put the amendment “More” in force: QA.md would change in +1 −0 lines and become version 2. In staging.',
  )
  expect(card.getByText('One more.')).toBeTruthy()
  expect(card.getByText('Its evidence and drafts').getAttribute('href')).toBe(`/amendments/${uuid(1700)}`)
  await userEvent.click(card.getByTestId('diff-shape'))
  for (const [label, option] of [
    ['Kind', 'tunables'],
    ['Environment', 'production'],
    ['Impact', 'high'],
  ] as const) {
    await userEvent.click(screen.getByRole('combobox', { name: label }))
    await userEvent.click(await screen.findByRole('option', { name: option }))
  }
  await waitFor(() => expect(address()).toBe('/approvals?environment=production&impact=HIGH&kind=tunables'))
  await expectText('No request is like that')
  expect(wire.seen.some((line) => line.includes('kind=tunables'))).toBe(true)
})

test('each kind of operation has its words, an unknown one its name', () => {
  const asked = { subject: 'x/y', environment: 'production', parameters: {} }
  const of = (operation: string, parameters: object = {}) => sentenceOf({ ...asked, operation, parameters } as never)
  expect(of('tunables.change', { value: 2, fromVersion: 1 })).toBe('Set y to 2.')
  expect(of('tunables.change')).toBe('Set y to something else.')
  expect(of('masking.change', { because: 'E-mail.' })).toBe('Change what is masked of y: E-mail.')
  expect(of('arbitration.policy.change', { metric: 'm', from: 'auto', to: 'majority' })).toContain('majority')
  expect(of('arbitration.rules.change')).toContain('vetoes')
  expect(of('chaos.run', { injection: 'qa-failures', live: true })).toContain('for real')
  expect(of('chaos.run', { injection: 'qa-failures' })).toBe('Run the chaos experiment y (qa-failures).')
  expect(of('chaos.save')).toContain('y')
  expect(of('drift.settings.change')).toContain('drift')
  expect(of('fallbacks.save')).toContain('Save')
  expect(of('fallbacks.remove')).toContain('Remove')
  expect(of('judgments.status-words.change', { because: 'b' })).toContain('b')
  expect(of('playbooks.macro.run', { version: 3 })).toBe('Run the macro y, version 3, by hand.')
  expect(of('playbooks.macro.save', { enabled: true, because: 'b' })).toContain('may run then')
  expect(of('playbooks.macro.save', { enabled: false, because: 'b' })).toContain('switched off')
  expect(of('playbooks.step.confirm', { question: 'Go on?', macro: 'm', step: 's' })).toContain('Go on?')
  expect(of('privacy.delete')).toContain('cannot be undone')
  expect(of('rollouts.promote', { release: 'r', agent: 'a' })).toBe('Promote r of a.')
  expect(of('approvals.rules.change')).toContain('governance rules')
  expect(of('something.new')).toBe('Do “something.new” on x/y.')
})

test('older requests are found by their state', async () => {
  const { address } = await renderApp('/approvals')
  await screen.findByTestId('approval-list')
  await userEvent.click(screen.getByRole('combobox', { name: 'State' }))
  await userEvent.click(await screen.findByRole('option', { name: 'rejected' }))
  await waitFor(() => expect(address()).toBe('/approvals?state=rejected'))
  await expectText('This request is rejected.')
})

test('an empty list, a long list and a refused list', async () => {
  const { router } = await renderApp('/approvals', {
    overrides: {
      'GET /approvals': ({ query }) =>
        query.get('state') === 'expired'
          ? refusal('not-allowed', 'Not for this role.')
          : json({ items: [], nextCursor: query.get('state') === 'consumed' ? 'next' : null }),
    },
  })
  await expectText('Nothing waits for you')
  await router.navigate({ to: '/approvals', search: { state: 'consumed' } })
  await expectText('No request is consumed')
  await userEvent.click(screen.getByText('Load more'))
  await router.navigate({ to: '/approvals', search: { state: 'expired' } })
  await expectText('Not for this role.')
})
