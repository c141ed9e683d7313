// @vitest-environment happy-dom
import { accessScopes } from '@metaagent/contract'
import { screen, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { scopeGroups, scopeMeanings } from './scopes.ts'

test('every scope that can be given stands in one group, with what it allows', () => {
  const grouped = scopeGroups().flatMap(({ scopes }) => scopes)
  expect(grouped.toSorted()).toEqual(accessScopes.filter((scope) => scope !== 'self:read').toSorted())
  for (const scope of accessScopes) expect(scopeMeanings[scope], scope).toMatch(/^[A-Z].*\.$/)
})

test('people are listed with role and state, and a refused change says why', async () => {
  const { wire } = await renderApp('/settings/people')
  const table = await screen.findByTestId('people')
  expect(within(table).getAllByText('may sign in')).toHaveLength(3)
  expect(within(table).getByText('shut out')).toBeTruthy()
  expect(within(table).getByText('erased')).toBeTruthy()
  expect(within(table).getByLabelText('Role of Cleo Marsh', { selector: 'input' })).toHaveProperty('value', 'Auditor')
  await userEvent.click(within(table).getByLabelText('Role of Ada Novak', { selector: 'input' }))
  await userEvent.click(await screen.findByRole('option', { name: 'viewer' }))
  await expectText(/This is the last admin/)
  expect(wire.seen.some((line) => line.startsWith('PATCH /identity/users/'))).toBe(true)
})

test('a new person’s link is shown once', async () => {
  await renderApp('/settings/people')
  await userEvent.click(await screen.findByTestId('add-person'))
  await userEvent.type(await screen.findByLabelText(/E-mail/), 'eve@northwind.example')
  await userEvent.click(screen.getByTestId('create-person'))
  expect((await screen.findByTestId('sign-in-link')).textContent).toContain('#token=')
  await userEvent.click(screen.getByRole('button', { name: 'I have it' }))
  expect(screen.queryByTestId('sign-in-link')).toBeNull()
})

test('a role is made from groups of scopes, and one that somebody has is not removed', async () => {
  const { wire } = await renderApp('/settings/roles')
  await userEvent.click(await screen.findByTestId('new-role'))
  expect(await screen.findByTestId('save-role')).toHaveProperty('disabled', true)
  await userEvent.type(await screen.findByLabelText(/^Name/), 'Rollouts')
  await userEvent.click(screen.getByLabelText('All of rollouts'))
  await expectText('2 scopes')
  await userEvent.click(screen.getByLabelText(/^rollouts:decide/))
  await expectText('1 scope')
  await userEvent.click(screen.getByTestId('save-role'))
  expect(wire.seen).toContain('POST /identity/roles')
  await userEvent.click(await screen.findByRole('button', { name: 'Remove Auditor' }))
  await userEvent.click(await screen.findByTestId('remove-role'))
  await expectText(/1 person has this role/)
})
