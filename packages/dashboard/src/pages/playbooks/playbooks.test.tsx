// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { macroExecutionIds } from '../../testing/playbooks.ts'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

test('the list shows macros with their figures, the blocked ones with every difference above', async () => {
  const { address } = await renderApp('/playbooks')
  const table = within(await screen.findByTestId('macro-table'))
  expect(table.getByText('75.0%')).toBeTruthy()
  expect(table.getAllByLabelText(/unknown: None ended/)).toHaveLength(2)
  const blocked = within(screen.getByTestId('blocked-macro'))
  expect(blocked.getByText('refund is blocked')).toBeTruthy()
  const rows = blocked.getAllByRole('row').map((row) => row.textContent)
  expect(rows).toEqual([
    'WhereWhatThe macro was made forPublishedBreaks it',
    '/schema/requirednarrowed required["id"]["id","iban"]yes',
    '/schema/properties/noteadded xnothingtrueno',
  ])
  expect(blocked.getByText('paging has never been published.')).toBeTruthy()
  await userEvent.click(screen.getByRole('combobox', { name: 'State' }))
  await userEvent.click(await screen.findByRole('option', { name: 'disabled' }))
  await waitFor(() => expect(address()).toBe('/playbooks?state=disabled'))
  await userEvent.click(within(screen.getByTestId('macro-table')).getByText('draft'))
  await waitFor(() => expect(address()).toBe('/playbooks/draft'))
  await expectText(/It is not enabled/)
})

test('an empty list says what a macro is, one without a match says so, a refused one why', async () => {
  const { router } = await renderApp('/playbooks', { overrides: { 'GET /macros': () => json({ items: [] }) } })
  await expectText('There is no macro yet')
  await router.navigate({ to: '/playbooks', search: { state: 'ready' } })
  await expectText('No macro is ready')
})

test('a refused list says why', async () => {
  await renderApp('/playbooks', { overrides: { 'GET /macros': () => refusal('not-allowed', 'Not for this role.') } })
  await expectText('Not for this role.')
})

test('one macro shows its steps, what a run would do, and runs with what the rules ask for', async () => {
  const sent: unknown[] = []
  const { address } = await renderApp('/playbooks/fail-over', {
    overrides: {
      'POST /macros/fail-over/run': ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  const steps = within(await screen.findByTestId('macro-steps'))
  expect(steps.getAllByRole('heading', { level: 3 }).map((head) => head.textContent)).toEqual([
    'drain',
    'ask',
    'switch',
  ])
  const panel = within(screen.getByTestId('run-macro'))
  const inputs = panel.getByLabelText('Inputs')
  expect(JSON.parse((inputs as HTMLTextAreaElement).value)).toEqual({ region: '', tries: 0 })
  await userEvent.click(panel.getByTestId('dry-run'))
  expect(within(await panel.findByTestId('planned')).getByText('(execution id)/drain')).toBeTruthy()
  fireEvent.change(inputs, { target: { value: '{"tries": "wrong"}' } })
  await userEvent.click(panel.getByTestId('dry-run'))
  expect(await panel.findByText(/must be integer/)).toBeTruthy()
  fireEvent.change(inputs, { target: { value: '{"tries": ' } })
  expect(panel.getByText(/This is no JSON/)).toBeTruthy()
  expect(panel.getByTestId('dry-run')).toHaveProperty('disabled', true)
  fireEvent.change(inputs, { target: { value: '{"tries": 2}' } })
  await userEvent.type(panel.getByLabelText(/^Reason/), 'The region is down.')
  await userEvent.click(panel.getByTestId('save-playbooks'))
  await waitFor(() => expect(address()).toBe(`/playbooks/executions/${macroExecutionIds.running}`))
  expect(sent).toEqual([{ inputs: { tries: 2 }, environment: 'production', reason: 'The region is down.' }])
})

test('a secret is shown once, and another one is asked for twice', async () => {
  await renderApp('/playbooks/fail-over')
  const panel = within(await screen.findByTestId('macro-secret'))
  await userEvent.click(panel.getByTestId('make-secret'))
  await userEvent.click(await screen.findByTestId('confirm-secret'))
  expect(await panel.findByText('whsec_shown-once')).toBeTruthy()
})

test('who may only read sees neither changes nor runs', async () => {
  await renderApp('/playbooks/draft', {
    overrides: { 'GET /me': () => json({ ...me(Date.now()), scopes: ['playbooks:read'] }) },
  })
  await expectText('Your role does not run macros.')
  expect(screen.queryByTestId('edit-macro')).toBeNull()
  expect(screen.queryByTestId('macro-secret')).toBeNull()
})

test('what a macro shows aside fails by itself, and a macro that is not there says so', async () => {
  const no = () => refusal('store-unavailable', 'The database rests.')
  const { router } = await renderApp('/playbooks/fail-over', {
    overrides: { 'GET /macros/fail-over/versions': no, 'GET /macro-executions': no },
  })
  await waitFor(() => expect(screen.getAllByText('The database rests.')).toHaveLength(2))
  await router.navigate({ to: '/playbooks/$macro', params: { macro: 'nobody' } })
  await expectText('There is no macro of this name.')
})

test('the editor tells each problem with its line, and saves what has none', async () => {
  const sent: unknown[] = []
  const { address } = await renderApp('/playbooks/new', {
    overrides: {
      'POST /macros': ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  const text = await screen.findByRole('textbox', { name: 'Definition' })
  const problems = within(screen.getByTestId('macro-problems'))
  expect(await problems.findByText('none')).toBeTruthy()
  fireEvent.change(text, { target: { value: '{ "steps": [ }' } })
  expect(await problems.findByText(/This is no JSON/)).toBeTruthy()
  fireEvent.change(text, { target: { value: '{\n "steps": []\n}' } })
  expect(await problems.findByText(/Line 2/)).toBeTruthy()
  const definition = { steps: [{ name: 'x', kind: 'nonsense' }], dependencies: [] }
  fireEvent.change(text, { target: { value: JSON.stringify(definition, null, 1) } })
  expect(await problems.findByText('Nobody carries out steps of this kind.')).toBeTruthy()
  await userEvent.click(problems.getByRole('button', { name: /Line 5/ }))
  expect(document.activeElement).toBe(text)
  expect((text as HTMLTextAreaElement).value.slice((text as HTMLTextAreaElement).selectionStart)).toMatch(/^\s+"kind"/)
  const dependencies = [{ name: 'billing', direction: 'writing', range: '^2.0.0', schema: true }]
  fireEvent.change(text, {
    target: { value: JSON.stringify({ steps: [{ name: 'x', kind: 'notify' }], dependencies }) },
  })
  expect(await problems.findByText(/would be blocked at once/)).toBeTruthy()
  const name = screen.getByRole('textbox', { name: 'Name' })
  await userEvent.type(name, 'Not a name')
  expect(screen.getByText(/A name must be lower case/)).toBeTruthy()
  fireEvent.change(name, { target: { value: 'fail-over' } })
  fireEvent.change(screen.getByLabelText('What it does'), { target: { value: 'Recovers.' } })
  await userEvent.click(screen.getByRole('checkbox'))
  await userEvent.click(screen.getByRole('combobox', { name: /Impact/ }))
  await userEvent.click(await screen.findByRole('option', { name: 'HIGH' }))
  await userEvent.type(screen.getByLabelText(/^Reason/), 'We need it.')
  await waitFor(() => expect(screen.getByTestId('save-playbooks')).toHaveProperty('disabled', false))
  await userEvent.click(screen.getByTestId('save-playbooks'))
  await waitFor(() => expect(address()).toBe('/playbooks/fail-over'))
  expect(sent).toMatchObject([
    { name: 'fail-over', impact: 'HIGH', enabled: true, environments: ['production'], reason: 'We need it.' },
  ])
})

test('changing a macro sends the version that was read, and a refused check says why', async () => {
  const sent: unknown[] = []
  await renderApp('/playbooks/fail-over/edit', {
    overrides: {
      'PUT /macros/fail-over': ({ body }) => {
        sent.push(body)
        return refusal('precondition-failed', 'The macro has version 3 by now.')
      },
      'GET /macro-step-kinds': () => refusal('store-unavailable', 'The database rests.'),
    },
  })
  await expectText('The database rests.')
  await userEvent.type(await screen.findByLabelText(/^Reason/), 'Better.')
  await waitFor(() => expect(screen.getByTestId('save-playbooks')).toHaveProperty('disabled', false))
  await userEvent.click(screen.getByTestId('save-playbooks'))
  await expectText('The macro has version 3 by now.')
  expect(sent).toMatchObject([{ expectedVersion: 2, reason: 'Better.' }])
})

test('an editor whose check is refused says so, and one of no macro says that', async () => {
  const { router } = await renderApp('/playbooks/new', {
    overrides: { 'POST /macro-validations': () => refusal('store-unavailable', 'The database rests.') },
  })
  await expectText('not checked')
  await router.navigate({ to: '/playbooks/$macro/edit', params: { macro: 'nobody' } })
  await expectText('There is no macro of this name.')
})

test('executions are listed, filtered in the address and opened', async () => {
  const { address } = await renderApp('/playbooks/executions')
  const table = within(await screen.findByTestId('macro-execution-table'))
  expect(table.getAllByText('fail-over')).toHaveLength(3)
  expect(table.getByText('production, simulated, dry')).toBeTruthy()
  for (const [label, option, query] of [
    ['Status', 'compensated', 'status=compensated'],
    ['Macro', 'fail-over', 'macro=fail-over&status=compensated'],
    ['Runs', 'real', 'macro=fail-over&runs=real&status=compensated'],
  ] as const) {
    await userEvent.click(screen.getByRole('combobox', { name: label }))
    await userEvent.click(await screen.findByRole('option', { name: option }))
    await waitFor(() => expect(address()).toBe(`/playbooks/executions?${query}`))
  }
  await userEvent.click(await within(await screen.findByTestId('macro-execution-table')).findByText('fail-over'))
  await waitFor(() => expect(address()).toBe(`/playbooks/executions/${macroExecutionIds.compensated}`))
})

test('no execution, none that fits and a refused list say so', async () => {
  const { router } = await renderApp('/playbooks/executions', {
    overrides: { 'GET /macro-executions': () => json({ items: [], nextCursor: null }) },
  })
  await expectText('No macro was run yet')
  await router.navigate({ to: '/playbooks/executions', search: { status: 'failed' } })
  await expectText('No execution is like that')
})

test('a run tells its steps live, what it waits for, and is cancelled with a reason', async () => {
  let asked = 0
  const sent: unknown[] = []
  await renderApp(`/playbooks/executions/${macroExecutionIds.running}`, {
    overrides: {
      [`GET /macro-executions/${macroExecutionIds.running}`]: () => {
        asked += 1
        return null
      },
      [`POST /macro-executions/${macroExecutionIds.running}/cancel`]: ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  const steps = within(await screen.findByTestId('execution-steps'))
  expect(steps.getByText(/Waits for/).textContent).toContain('an approval')
  expect(steps.getByText('attempt 2 of 3')).toBeTruthy()
  expect(steps.getByText(`${macroExecutionIds.running}/drain`)).toBeTruthy()
  // The stream's first picture is of what may have happened since the page was read.
  await waitFor(() => expect(asked).toBeGreaterThan(1))
  const cancel = within(await screen.findByTestId('cancel-execution'))
  expect(cancel.getByTestId('cancel')).toHaveProperty('disabled', true)
  await userEvent.type(cancel.getByLabelText('Reason'), 'Enough.')
  await userEvent.click(cancel.getByTestId('cancel'))
  await waitFor(() => expect(sent).toEqual([{ reason: 'Enough.' }]))
})

test('an undone run says what was undone and whose part it is', async () => {
  const { router } = await renderApp(`/playbooks/executions/${macroExecutionIds.compensated}`)
  const steps = within(await screen.findByTestId('execution-steps'))
  expect(steps.getByText('undone')).toBeTruthy()
  expect(steps.getByText(/^Undoing begun/)).toBeTruthy()
  const story = within(screen.getByTestId('execution-story'))
  expect(story.getByText('another execution').getAttribute('href')).toBe(
    `/playbooks/executions/${macroExecutionIds.running}`,
  )
  expect(story.getByText(/^turned back/)).toBeTruthy()
  expect(screen.queryByTestId('cancel-execution')).toBeNull()
  await router.navigate({ to: '/playbooks/executions/$id', params: { id: macroExecutionIds.succeeded } })
  await expectText(/simulated, dry/)
})

test('dependencies say whom they block and what is missing, and are published by hand', async () => {
  const sent: unknown[] = []
  await renderApp('/playbooks/dependencies', {
    overrides: {
      'PUT /macro-dependencies/paging': ({ body }) => {
        sent.push(body)
        return null
      },
    },
  })
  expect(within(await screen.findByTestId('missing-dependency')).getByText('never published')).toBeTruthy()
  expect(screen.getAllByTestId('published-dependency')).toHaveLength(2)
  expect(screen.getByText('blocks')).toBeTruthy()
  const form = within(screen.getByTestId('publish-dependency'))
  expect(form.getByLabelText('Provider')).toHaveProperty('value', 'paging')
  const schema = form.getByLabelText(/JSON Schema/)
  fireEvent.change(schema, { target: { value: '"text"' } })
  expect(form.getByText('A JSON Schema is an object, true or false.')).toBeTruthy()
  fireEvent.change(schema, { target: { value: '{' } })
  expect(form.getByText(/This is no JSON/)).toBeTruthy()
  fireEvent.change(schema, { target: { value: 'true' } })
  await userEvent.type(form.getByLabelText('Version'), '1.2.0')
  await userEvent.click(form.getByTestId('publish'))
  await waitFor(() => expect(sent).toEqual([{ version: '1.2.0', schema: true }]))
})

test('without any dependency the page says what one is, and a refused one why', async () => {
  await renderApp('/playbooks/dependencies', {
    overrides: {
      'GET /macro-dependencies': () => json({ items: [], missing: [] }),
      'PUT /macro-dependencies/x': () => refusal('macro-refused', 'That is no version.'),
    },
  })
  await expectText('No macro relies on anything')
  const form = within(screen.getByTestId('publish-dependency'))
  await userEvent.type(form.getByLabelText('Provider'), 'x')
  await userEvent.type(form.getByLabelText('Version'), '1')
  await userEvent.click(form.getByTestId('publish'))
  await expectText('That is no version.')
})
