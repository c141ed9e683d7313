// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { renderApp } from '../../testing/render.tsx'

test('the fleet page says what is on fire, what changed and what waits', async () => {
  await renderApp('/')
  const fire = await screen.findByTestId('on-fire')
  expect(within(fire).getByText('airline-desk')).toBeTruthy()
  expect(within(fire).getByText('failing')).toBeTruthy()
  const changes = await screen.findByTestId('changes')
  await within(changes).findByText('airline-desk: degraded → failing')
  const waits = screen.getByTestId('waits')
  await within(waits).findByText('3')
  expect(userEvent).toBeTruthy()
  await waitFor(() => expect(screen.getByTestId('live-status').textContent).toContain('Live'))
})
