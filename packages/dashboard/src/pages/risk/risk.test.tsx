// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { suspicionOf } from '../../testing/dependencies.ts'
import { executionOf } from '../../testing/executions.ts'
import { uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json } from '../../testing/replies.ts'

const now = Date.now()
const ended = Array.from({ length: 40 }, (_, number) => executionOf(number, now)).find(
  ({ endedAt }) => endedAt !== null,
)

test('a trace says how risky it is, and on demand every number that counts', async () => {
  await renderApp(`/executions/${ended?.executionId}`)
  const risk = await screen.findByTestId('risk')
  await within(risk).findByText('71 of 100')
  await userEvent.click(within(risk).getByText('Failure risk'))
  const reasons = within(risk).getByRole('table', { name: 'What the risk is made of' })
  expect(within(reasons).getAllByRole('row')).toHaveLength(3)
  expect(within(reasons).getByText('+1.66')).toBeTruthy()
  expect(within(risk).getByText('1 more numbers were looked at and add nothing.')).toBeTruthy()
})

test('an agent whose reports hardly can be shows why; another shows nothing of it', async () => {
  const overrides = {
    'GET /suspicions': () => json({ items: [suspicionOf(uuid(2), now)], nextCursor: null }),
  }
  await renderApp(`/agents/${uuid(2)}`, { overrides })
  const panel = await screen.findByTestId('suspicions')
  expect(within(panel).getByText('Outcomes stopped varying')).toBeTruthy()
  expect(within(panel).getByText(/latest 115 judged executions all failed/)).toBeTruthy()
})
