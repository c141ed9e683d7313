// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { actionsOf, executionOf, LARGE_EXECUTION } from '../../testing/executions.ts'
import { hexId } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const failed = `/executions/${hexId(1, 32)}`
const chosen = () => within(screen.getByTestId('trace-tree')).getByRole('treeitem', { selected: true })

test('a trace shows its tree with the parts of each turn inside', async () => {
  await renderApp(failed)
  const tree = await screen.findByTestId('trace-tree')
  const lines = within(tree).getAllByRole('treeitem')
  expect(lines[0]?.getAttribute('aria-label')).toBe('Execution of telecom-care, failure')
  expect(lines.map((line) => line.getAttribute('aria-level')).slice(0, 4)).toEqual(['1', '2', '3', '3'])
  expect(screen.getAllByText('get_customer_by_phone did not answer within 10 s').length).toBeGreaterThan(0)
  expect(within(tree).getByText('no parent')).toBeTruthy()
})

test('arrow keys walk, close and open the tree; the step shows what went in and out', async () => {
  const { address, wire } = await renderApp(failed)
  const tree = await screen.findByTestId('trace-tree')
  tree.focus()
  await userEvent.keyboard('{ArrowDown}')
  expect(chosen().textContent).toContain('turn')
  await userEvent.keyboard('{ArrowLeft}')
  expect(chosen().getAttribute('aria-expanded')).toBe('false')
  await userEvent.keyboard('{ArrowRight}{ArrowRight}')
  expect(chosen().textContent).toContain('pii-check')
  await userEvent.keyboard('{ArrowDown}')
  const detail = screen.getByTestId('step-detail')
  await within(detail).findByText('openai / gpt-4.1-2025-04-14')
  await within(detail).findByText(/My mobile data keeps stopping/)
  expect(within(detail).getByText('$0.00596')).toBeTruthy()
  expect(within(detail).getByText('openai/gpt-4.1')).toBeTruthy()
  expect(within(detail).getByText('1 value masked before it was stored.')).toBeTruthy()
  await waitFor(() => expect(address()).toMatch(/\?action=[0-9a-f]{16}$/))
  expect(wire.seen.some((line) => line.includes('/actions/'))).toBe(true)
})

test('an address that names a step shows it', async () => {
  const execution = executionOf(1, now)
  const tool = actionsOf(execution).find(({ kind, status }) => kind === 'tool' && status === 'failure')
  await renderApp(`${failed}?action=${tool?.actionId}`)
  const detail = await screen.findByTestId('step-detail')
  expect(await within(detail).findByText('ToolTimeout')).toBeTruthy()
  await within(detail).findByText('None was reported.')
  await within(detail).findByText(/"phone_number"/)
})

test('the next failure is found in closed branches too', async () => {
  await renderApp(failed)
  await screen.findByTestId('trace-tree')
  await userEvent.click(screen.getByText('Close all'))
  expect(screen.queryByText('plan')).toBeNull()
  await userEvent.click(screen.getByText('Next of 1 failed'))
  expect(chosen().getAttribute('aria-label')).toMatch(/^tool .*failure/)
  await userEvent.keyboard('x')
  await waitFor(() => expect(screen.getAllByText('plan').length).toBeGreaterThan(2))
})

test('one can look closer at a step and back', async () => {
  await renderApp(failed)
  const tree = await screen.findByTestId('trace-tree')
  const [, turn] = within(tree).getAllByRole('treeitem')
  if (turn === undefined) throw new Error('the trace is empty')
  await userEvent.click(turn)
  await userEvent.keyboard('z')
  await expectText('Whole time')
  await userEvent.click(screen.getByText('Whole time'))
  await expectText('Zoom to step')
  const [twist] = turn.getElementsByTagName('button')
  if (twist !== undefined) await userEvent.click(twist)
  expect(turn.getAttribute('aria-expanded')).toBe('false')
})

test('steps are searched in the whole trace, closed branches included, and walked with Enter', async () => {
  await renderApp(failed)
  await screen.findByTestId('trace-tree')
  await userEvent.click(screen.getByText('Close all'))
  await userEvent.keyboard('/')
  expect(document.activeElement).toBe(screen.getByLabelText('Search in the trace'))
  await userEvent.keyboard('get_customer')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('4 found'))
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('1 of 4'))
  expect(chosen().textContent).toContain('get_customer_by_phone')
  await userEvent.keyboard('{Shift>}{Enter}{/Shift}')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('4 of 4'))
  await userEvent.keyboard('{Escape}n')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('1 of 4'))
  await userEvent.keyboard('N')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('4 of 4'))
  screen.getByTestId('trace-tree').focus()
  await userEvent.keyboard('{Enter}')
  expect(document.activeElement).toBe(screen.getByTestId('step-detail'))
  await userEvent.clear(screen.getByLabelText('Search in the trace'))
  await userEvent.type(screen.getByLabelText('Search in the trace'), 'no such step{Enter}')
  await waitFor(() => expect(screen.getByTestId('trace-found').textContent).toBe('none'))
})

test('3,000 steps draw only those in view', async () => {
  await renderApp(`/executions/${LARGE_EXECUTION}`)
  const tree = await screen.findByTestId('trace-tree')
  expect(screen.getByText('3,000')).toBeTruthy()
  expect(within(tree).getAllByRole('treeitem').length).toBeLessThan(120)
  await userEvent.keyboard('e')
  await waitFor(() => expect(screen.getByTestId('step-detail').textContent).toContain('tool-2742'))
})

test('a run that has not ended says so, and can be loaded again', async () => {
  const { wire } = await renderApp(`/executions/${hexId(3, 32)}`)
  await userEvent.click(await screen.findByText('It has not ended. Load again'))
  await waitFor(() => expect(wire.seen.filter((line) => line.endsWith('/trace'))).toHaveLength(2))
  expect(screen.getByLabelText('unknown: It has not ended.')).toBeTruthy()
})

test('a model without a price has an unknown cost, in words', async () => {
  const execution = executionOf(0, now)
  const [template] = actionsOf(execution).filter(({ kind }) => kind === 'llm')
  if (template === undefined) throw new Error('the fixture has no model call')
  const blind = {
    ...template,
    parentActionId: null,
    costNanoUsd: null,
    costProvenance: null,
    provider: null,
    model: null,
    inputTokens: null,
    outputTokens: null,
    cacheReadTokens: null,
  }
  const reported = {
    ...template,
    actionId: hexId(900, 16),
    name: 'billed',
    parentActionId: null,
    reportedCostNanoUsd: 7_000_000,
    costProvenance: { table: 'reported', version: '1', row: null, alias: null, source: 'reported' },
    cacheWriteTokens: 5,
    reasoningTokens: 6,
  }
  const detail = { ...execution, input: null, output: null, attributes: {}, masked: 0 }
  await renderApp(`/executions/${execution.executionId}?action=${blind.actionId}`, {
    overrides: {
      [`GET /executions/${execution.executionId}/trace`]: () =>
        json({ execution: detail, actions: [blind, reported], truncated: true }),
      [`GET /executions/${execution.executionId}/actions/${blind.actionId}`]: () =>
        refusal('not-found', 'The payload was dropped by retention.'),
    },
  })
  const panel = await screen.findByTestId('step-detail')
  expect(within(panel).getByText('unknown')).toBeTruthy()
  expect(within(panel).getByLabelText('unknown: The step named no model.')).toBeTruthy()
  await within(panel).findByText('The payload was dropped by retention.')
  await expectText(/more than 10,000 steps/)
  await userEvent.click(screen.getByText('billed'))
  await within(panel).findByText('as the agent reported it')
  expect(within(panel).getByText('of which reasoning')).toBeTruthy()
})

test('a run without steps and a run that is not there say what happened', async () => {
  const execution = executionOf(3, now)
  const detail = { ...execution, input: null, output: null, attributes: {}, masked: 0 }
  await renderApp(`/executions/${execution.executionId}`, {
    overrides: {
      [`GET /executions/${execution.executionId}/trace`]: () =>
        json({ execution: detail, actions: [], truncated: false }),
    },
  })
  await expectText('No step was reported')
  expect(screen.getByText(/when the agent reports them/)).toBeTruthy()
})

test('an execution that is not there says what may have happened to it', async () => {
  await renderApp('/executions/ffffffffffffffffffffffffffffffff')
  await expectText(/dropped by retention/)
})

test('long texts are cut at first and whole on request', async () => {
  const execution = executionOf(0, now)
  const detail = {
    ...execution,
    input: 'word '.repeat(9000),
    output: { deep: { list: [1, true, null, 'text'] } },
    attributes: {},
    masked: 0,
  }
  await renderApp(`/executions/${execution.executionId}`, {
    overrides: {
      [`GET /executions/${execution.executionId}/trace`]: () =>
        json({ execution: detail, actions: [], truncated: false }),
    },
  })
  await userEvent.click(await screen.findByText('Show all 45,000 characters'))
  expect(screen.queryByText(/Show all/)).toBeNull()
})

test('what was learnt after a run stands beside the status that it reported', async () => {
  const run = executionOf(4, now)
  const execution = {
    ...run,
    status: 'success',
    outcome: 'failure',
    input: null,
    output: null,
    attributes: {},
    masked: 0,
  }
  await renderApp(`/executions/${run.executionId}`, {
    overrides: {
      [`GET /executions/${run.executionId}/trace`]: () => json({ execution, actions: [], truncated: false }),
    },
  })
  const told = await screen.findByTestId('learnt-outcome')
  expect(told.textContent).toMatch(/Learnt afterwards: failure\. It counts in place of the success/)
  await expectText('learnt: failure')
})
