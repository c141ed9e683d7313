// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { executionOf } from '../../testing/executions.ts'
import { hexId } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const path = `/executions/${hexId(0, 32)}`
const embedder = { name: 'lexical-384-v1', model: 'lexical-384-v1', dimensions: 384 as number | null }
const { agent, status, startedAt } = executionOf(4, Date.now())
const ready = { embedder, state: 'ready', detail: null, items: [] as unknown[] }

async function openPanel(...replies: readonly (() => Response)[]) {
  let asked = 0
  const rendered = await renderApp(path, {
    overrides: { [`GET ${path}/similar`]: () => replies[Math.min(asked++, replies.length - 1)]?.() ?? null },
  })
  const panel = await screen.findByTestId('similar')
  expect(rendered.wire.seen.some((line) => line.includes('/similar'))).toBe(false)
  await userEvent.click(within(panel).getByText('Similar runs'))
  return { ...rendered, panel }
}

test('similar runs are asked for when the panel is opened, with what compared them', async () => {
  const other = hexId(4, 32)
  const items = [{ executionId: other, agent, status, startedAt, costNanoUsd: null, similarity: 0.91234 }]
  const { panel, address } = await openPanel(() => json({ ...ready, items }))
  await within(panel).findByText('91.2%')
  expect(panel.textContent).toContain('Compared by lexical-384-v1 of lexical-384-v1, 384 dimensions.')
  expect(within(panel).getByLabelText(/^unknown/)).toBeTruthy()
  await userEvent.click(within(panel).getByRole('link', { name: agent }))
  await waitFor(() => expect(address()).toBe(`/executions/${other}`))
})

test('where nothing is alike yet, the panel says so', async () => {
  const { panel } = await openPanel(() => json({ ...ready, embedder: { ...embedder, dimensions: null } }))
  await within(panel).findByText('No other run has been compared with it yet.')
  expect(panel.textContent).not.toContain('dimensions')
})

test('what is not compared yet can be asked again', async () => {
  const pending = { ...ready, state: 'pending' }
  const { panel } = await openPanel(
    () => json(pending),
    () => json({ ...pending, detail: 'It is read in a moment.' }),
    () => json(ready),
  )
  await userEvent.click(await within(panel).findByText('Ask again'))
  await within(panel).findByText(/It is read in a moment/)
  await userEvent.click(within(panel).getByText('Ask again'))
  await within(panel).findByText('No other run has been compared with it yet.')
  expect(within(panel).queryByText('Ask again')).toBeNull()
})

test('a text that the embedder refuses is not asked for again, and a refusal says why', async () => {
  const { panel } = await openPanel(() => json({ ...ready, state: 'refused' }))
  await within(panel).findByText('Its text cannot be compared.')
  expect(within(panel).queryByText('Ask again')).toBeNull()
})

test('a refused question says why and can be tried again', async () => {
  const { panel } = await openPanel(
    () => refusal('not-allowed', 'This key reads no runs.'),
    () => json(ready),
  )
  await within(panel).findByText('This key reads no runs.')
  await userEvent.click(within(panel).getByRole('button', { name: 'Try again' }))
  await within(panel).findByText('No other run has been compared with it yet.')
  expect(within(panel).queryByText('This key reads no runs.')).toBeNull()
})
