// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { expectText, renderApp } from '../testing/render.tsx'
import { refusal } from '../testing/replies.ts'
import { exportFailure } from './stream-file.ts'

function watchDownloads(): Blob[] {
  const files: Blob[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    if (file instanceof Blob) files.push(file)
    return 'blob:x'
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined)
  return files
}

const choose = async (words: string) => {
  await userEvent.click(screen.getByTestId('export'))
  await userEvent.click(await screen.findByText(words))
}
const asked = (reply: () => Response | Promise<Response>) => ({
  overrides: { 'GET /executions': ({ query }: { query: URLSearchParams }) => (query.has('format') ? reply() : null) },
})
const file = (body: BodyInit, name?: string) =>
  new Response(body, {
    headers:
      name === undefined ? {} : { 'content-disposition': `attachment; filename="${name}"`, 'content-type': 'text/csv' },
  })

test.each([
  ['CSV, for spreadsheets', 'csv'],
  ['JSON Lines, for programs', 'jsonl'],
  ['Parquet, for data tools', 'parquet'],
])('%s asks for the whole list under its filters', async (words, format) => {
  const files = watchDownloads()
  const { wire } = await renderApp(
    '/executions?status=failure',
    asked(() => file('a,b\r\n', `executions.${format}`)),
  )
  await screen.findByTestId('execution-table')
  await choose(words)
  await expectText(`Saved executions.${format}, 5 B.`)
  expect(wire.seen).toContain(`GET /executions?status=failure&format=${format}`)
  expect(await files[0]?.text()).toBe('a,b\r\n')
  await userEvent.click(screen.getByText('Close'))
  expect(screen.queryByTestId('export-progress')).toBeNull()
})

test('a list that goes on says that it is long, and an export can be stopped', async () => {
  const files = watchDownloads()
  await renderApp(
    '/executions',
    asked(() => file(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(3_200_000)) }))),
  )
  await screen.findByTestId('execution-table')
  await userEvent.click(screen.getByTestId('export'))
  await expectText(/more than the 100 shown/)
  await expectText(/A long list takes a while/)
  await userEvent.click(screen.getByText('CSV, for spreadsheets'))
  await expectText('Exporting, 3.2 MB so far.')
  await userEvent.click(screen.getByText('Cancel'))
  await waitFor(() => expect(screen.queryByTestId('export-progress')).toBeNull())
  expect(files).toEqual([])
})

test('a large file is told before it is there', async () => {
  watchDownloads()
  const large = new ReadableStream({
    start: (to) => {
      to.enqueue(new Uint8Array(100_000_000))
    },
  })
  await renderApp(
    '/executions',
    asked(() => file(large)),
  )
  await screen.findByTestId('execution-table')
  await choose('Parquet, for data tools')
  await expectText(/100 MB so far\. That is a large file/)
  await userEvent.click(screen.getByText('Cancel'))
})

test('a refused or broken export saves nothing and says why', async () => {
  const files = watchDownloads()
  let replies = [
    () => refusal('not-allowed', 'This key may not export.'),
    () => new Response('gateway', { status: 502 }),
    () => file(new ReadableStream({ start: (to) => to.error(new TypeError('network error')) })),
  ]
  await renderApp(
    '/executions',
    asked(() => {
      const [next, ...rest] = replies
      replies = rest
      return next?.() ?? file('x')
    }),
  )
  await screen.findByTestId('execution-table')
  await choose('CSV, for spreadsheets')
  await expectText('No file was saved. This key may not export.')
  await choose('CSV, for spreadsheets')
  await expectText(/No file was saved\. It answered with status 502/)
  await choose('CSV, for spreadsheets')
  await expectText(/No file was saved\. The connection broke/)
  await choose('CSV, for spreadsheets')
  await expectText('Saved executions.csv, 1 B.')
  expect(files).toHaveLength(1)
})

test('what is no failure of the network is told as it is', () => {
  expect(exportFailure(new Error('no room'))).toMatch(/no room/)
})
