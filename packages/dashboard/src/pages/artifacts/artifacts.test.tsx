// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { artifactIds } from '../../testing/artifacts.ts'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

test('a project is begun once however often the button is pressed, and opened', async () => {
  const keys: (string | null)[] = []
  const { address } = await renderApp('/projects', {
    overrides: {
      'POST /projects': ({ headers }) => {
        keys.push(headers.get('idempotency-key'))
        return null
      },
    },
  })
  const table = within(await screen.findByTestId('project-table'))
  expect(table.getByText('1 active, 1 blocked')).toBeTruthy()
  await userEvent.click(screen.getByTestId('new-project'))
  fireEvent.change(await screen.findByLabelText('Name', { selector: 'form input' }), { target: { value: 'Checkout' } })
  await userEvent.click(screen.getByTestId('make-project'))
  await waitFor(() => expect(address()).toBe(`/projects/${artifactIds.project}`))
  expect(keys).toHaveLength(1)
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
  const way = within(await screen.findByTestId('unblocking'))
  expect(way.getByText(/No smaller set ends all conflicts than 1 artifact/)).toBeTruthy()
  expect(
    within(screen.getByTestId('blocking')).getByText('Both write src/index.ts, and not the same content.'),
  ).toBeTruthy()
})

test('archiving asks once more and sends the revision that is now', async () => {
  const sent: (string | null)[] = []
  await renderApp(`/projects/${artifactIds.project}`, {
    overrides: {
      [`DELETE /artifacts/${artifactIds.newcomer}`]: ({ headers }) => {
        sent.push(headers.get('if-match'))
        return null
      },
    },
  })
  await userEvent.click(await screen.findByTestId('archive-other entry point'))
  expect(sent).toEqual([])
  await userEvent.click(await screen.findByTestId('confirm-archive'))
  await waitFor(() => expect(sent).toEqual(['"3"']))
})

test('an artifact shows why it is blocked, what changed between versions, and what activating it comes to', async () => {
  const { address } = await renderApp(`/artifacts/${artifactIds.newcomer}`)
  expect(within(await screen.findByTestId('artifact-why')).getByText(/not the same content/)).toBeTruthy()
  const versions = within(screen.getByTestId('artifact-versions'))
  const diff = within(await versions.findByTestId('diff'))
  expect(diff.getByText('old()')).toBeTruthy()
  expect(diff.getByText('other()')).toBeTruthy()
  await userEvent.click(versions.getByTestId('diff-shape'))
  await waitFor(() => expect(address()).toBe(`/artifacts/${artifactIds.newcomer}?view=split`))
  await userEvent.click(screen.getByTestId('activate-artifact'))
  const outcome = within(await screen.findByTestId('outcome'))
  expect(outcome.getByText(/Blocked by 1 conflict/)).toBeTruthy()
  expect(outcome.getByText('src/index.ts')).toBeTruthy()
})

test('a conflict is resolved by one click, renamed only with a path, and overridden only with an approval', async () => {
  const sent: unknown[] = []
  const { address } = await renderApp(`/conflicts/${artifactIds.conflict}`, {
    overrides: {
      [`POST /governance/conflicts/${artifactIds.conflict}/resolve`]: ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  const ways = within(await screen.findByTestId('strategies'))
  expect(ways.getByTestId('resolve-upgrade-to-witness')).toHaveProperty('disabled', true)
  expect(ways.getByTestId('resolve-rename')).toHaveProperty('disabled', true)
  fireEvent.change(ways.getByLabelText('New path'), { target: { value: 'src/other.ts' } })
  await userEvent.click(ways.getByTestId('resolve-rename'))
  await userEvent.click(ways.getByRole('combobox', { name: 'What both were made from' }))
  await userEvent.click(await screen.findByRole('option', { name: 'From entry point, version 1' }))
  await userEvent.click(ways.getByTestId('resolve-merge'))
  expect(within(await screen.findByTestId('effects')).getByText('It comes after entry point.')).toBeTruthy()
  fireEvent.change(ways.getAllByLabelText(/^Reason/).at(-1) as HTMLElement, { target: { value: 'Both are wanted.' } })
  fireEvent.click(ways.getByTestId('save-artifacts'))
  expect(await ways.findByText('An override needs an approval.')).toBeTruthy()
  expect(ways.getByTestId('ask-approval')).toBeTruthy()
  expect(sent).toEqual([
    { strategy: 'rename', to: 'src/other.ts' },
    { strategy: 'merge', base: { artifactId: artifactIds.standing, version: 1 } },
    { strategy: 'override', reason: 'Both are wanted.' },
  ])
  const sides = within(screen.getByTestId('conflict-sides'))
  expect(sides.getByText('Was there first')).toBeTruthy()
  expect(address()).toBe(`/conflicts/${artifactIds.conflict}`)
})

test('filters of conflicts stand in the address; nothing, refusals and missing rights say so', async () => {
  const { address, router } = await renderApp('/conflicts?severity=LOW&state=wrong', {
    overrides: {
      'GET /governance/conflicts': ({ query }) =>
        query.has('severity') ? json({ items: [], nextCursor: null }) : null,
      'GET /projects': () => refusal('store-unavailable', 'The database rests.'),
      'GET /me': () => json({ ...me(Date.now()), scopes: ['artifacts:read'] }),
    },
  })
  await expectText('No conflict is like that')
  await userEvent.click(screen.getByRole('combobox', { name: 'Severity' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Every severity' }))
  await waitFor(() => expect(address()).toBe('/conflicts'))
  expect(await screen.findByTestId('conflict-table')).toBeTruthy()
  await router.navigate({ to: '/projects' })
  await expectText('The database rests.')
  expect(screen.queryByTestId('new-project')).toBeNull()
  await router.navigate({ to: '/conflicts/$conflictId', params: { conflictId: artifactIds.conflict } })
  await expectText('Your role may read this and not resolve it.')
  await router.navigate({ to: '/projects/$projectId', params: { projectId: artifactIds.standing } })
  await expectText('There is no such thing here.')
})
