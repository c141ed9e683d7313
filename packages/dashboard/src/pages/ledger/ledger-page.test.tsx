// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { FixtureLedger } from '../../testing/ledger.ts'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const now = Date.now()
const fact = { type: 'registry.agent.changed', subject: 'agent/x', payload: { changed: ['owner'] }, minutesAgo: 1 }
const memory = () => screen.findByTestId('ledger-memory')

test('the log is checked when it is looked at, and remembered', async () => {
  const { router, wire } = await renderApp('/ledger')
  await expectText(/sees the log for the first time and remembers its 128 entries/)
  wire.ledger.append(fact)
  await router.navigate({ to: '/settings/account' })
  await expectText('Your account')
  await router.navigate({ to: '/ledger' })
  await waitFor(async () => expect((await memory()).textContent).toContain('grew by 1 entry'), { timeout: 15_000 })
  expect(wire.seen).toContain('GET /ledger/consistency?from=128&to=129')
})

test('a log that went back raises an alarm until the reader says otherwise', async () => {
  const longer = await FixtureLedger.create(now)
  longer.append(fact)
  let restored = false
  const shorter = await FixtureLedger.create(now)
  const { router } = await renderApp('/ledger', {
    overrides: { 'GET /ledger': async () => json(await (restored ? shorter : longer).status()) },
  })
  await expectText(/remembers its 129 entries/)
  restored = true
  await router.navigate({ to: '/settings/account' })
  await expectText('Your account')
  await router.navigate({ to: '/ledger' })
  const alarm = await screen.findByRole('alert')
  expect(alarm.textContent).toContain('The log went back')
  expect(alarm.textContent).toContain('129 were already signed')
  await userEvent.click(within(alarm).getByRole('button', { name: 'forget what this browser saw' }))
  await expectText(/remembers its 128 entries/)
})

test('an empty log claims nothing; a log that was stopped says why', async () => {
  const ledger = await FixtureLedger.create(now)
  const status = await ledger.status()
  await renderApp('/ledger', {
    overrides: {
      'GET /ledger': () =>
        json({
          ...status,
          treeSize: 0,
          rootHash: null,
          checkpoint: null,
          checkpointAt: null,
          pendingEntries: 4,
          haltedBecause: 'Leaf 7 is not what was signed.',
        }),
      'GET /ledger/entries': () => json({ items: [], nextCursor: null }),
    },
  })
  await expectText(/nothing has been signed yet/)
  expect(screen.getByTestId('ledger-halted').textContent).toContain('Leaf 7 is not what was signed.')
  expect(screen.getByText('0, 4 on the way')).toBeTruthy()
  await expectText('The ledger is empty')
})

test('a consistency proof that the server does not give is an error that can be tried again', async () => {
  const { router, wire } = await renderApp('/ledger', {
    overrides: { 'GET /ledger/consistency': () => refusal('tree-size-unknown', 'The tree has never had this size.') },
  })
  await memory()
  wire.ledger.append(fact)
  await router.navigate({ to: '/settings/account' })
  await expectText('Your account')
  await router.navigate({ to: '/ledger' })
  await waitFor(() => expect(screen.getByText('The tree has never had this size.')).toBeTruthy(), { timeout: 15_000 })
})

test('entries are listed newest first and can be filtered by kind and subject', async () => {
  const { address, wire } = await renderApp('/ledger')
  const table = await screen.findByTestId('ledger-table')
  expect(within(table).getAllByRole('row')[1]?.textContent).toContain('health.state.changed')
  await userEvent.click(screen.getByRole('combobox', { name: 'Kind' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Decisions on releases' }))
  await waitFor(() => expect(address()).toBe('/ledger?type=rollouts.*'))
  await waitFor(() => expect(wire.seen).toContain('GET /ledger/entries?type=rollouts.*'))
  await userEvent.click(screen.getByText('State of the log'))
  await userEvent.keyboard('/')
  await userEvent.keyboard('nobody{Enter}')
  await expectText('No entry fits these filters')
})

test('a list of entries that is refused says why', async () => {
  await renderApp('/ledger', {
    overrides: {
      'GET /ledger/entries': () => refusal('not-allowed', 'Not for this role.'),
      'GET /ledger': () => refusal('not-allowed', 'Not for this role either.'),
    },
  })
  await expectText('Not for this role.')
  await expectText('Not for this role either.')
})

test('a row opens its entry, where sealed and erased fields are marked', async () => {
  const { router } = await renderApp('/ledger')
  await screen.findByTestId('ledger-table')
  await userEvent.keyboard('jo')
  await screen.findByTestId('entry-fields')
  await router.navigate({ to: '/ledger/entries/$index', params: { index: '1' } })
  await expectText('ada@northwind.example')
  expect(screen.getAllByText('sealed')).toHaveLength(2)
  await router.navigate({ to: '/ledger/entries/$index', params: { index: '2' } })
  await expectText('erased')
})

test('the browser checks the proof step by step and names the key', async () => {
  await renderApp('/ledger/entries/125')
  await userEvent.click(await screen.findByTestId('verify'))
  const outcome = await screen.findByTestId('verification')
  expect(within(outcome).getByText('The proof holds')).toBeTruthy()
  expect(within(outcome).getAllByRole('img', { name: 'passed' })).toHaveLength(5)
  expect(outcome.textContent).toContain('metaagent.example/ledger')
})

test('a proof that was tampered with fails at its step', async () => {
  const ledger = await FixtureLedger.create(now)
  const proof = await ledger.proofOf(125)
  if (proof === null) throw new Error('the fixture lost its decision')
  await renderApp('/ledger/entries/125?verify=true', {
    overrides: {
      'GET /ledger/entries/125/proof': () => json({ ...proof, entry: proof.entry.replace('"hold"', '"promote"') }),
    },
  })
  const outcome = await screen.findByTestId('verification')
  expect(outcome.dataset['verdict']).toBe('invalid')
  expect(within(outcome).getByRole('img', { name: 'failed' })).toBeTruthy()
})

test('the proof is compared with what this browser saw of the log', async () => {
  const { router } = await renderApp('/ledger')
  await memory()
  await router.navigate({ to: '/ledger/entries/$index', params: { index: '5' }, search: { verify: 'true' } })
  await expectText(/It holds, unchanged, the 128 entries that this browser saw/)
})

test('the proof can be downloaded as it is', async () => {
  const files: Blob[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    if (file instanceof Blob) files.push(file)
    return 'blob:x'
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined)
  await renderApp('/ledger/entries/3')
  await userEvent.click(await screen.findByTestId('download-proof'))
  await waitFor(() => expect(files).toHaveLength(1))
  expect(JSON.parse((await files[0]?.text()) ?? '')).toMatchObject({ format: 'metaagent-proof/v1', index: 3 })
})

test('a proof that is not given is an error that can be tried again', async () => {
  await renderApp('/ledger/entries/3', {
    overrides: { 'GET /ledger/entries/3/proof': () => refusal('not-sequenced-yet', 'Wait a second.') },
  })
  fireEvent.click(await screen.findByTestId('verify'))
  fireEvent.click(screen.getByTestId('download-proof'))
  await waitFor(() => expect(screen.getAllByText('Wait a second.')).toHaveLength(2))
})

test('a decision that is not in the tree yet is waited for', async () => {
  let asked = 0
  const path = `GET /ledger/events/${uuid(5125)}/proof`
  const { address } = await renderApp(`/ledger/events/${uuid(5125)}`, {
    overrides: {
      [path]: () => {
        asked += 1
        return asked === 1 ? refusal('not-sequenced-yet', 'Wait a second.') : null
      },
    },
  })
  await screen.findByTestId('verification')
  expect(address()).toBe('/ledger/entries/125?verify=true')
})

test('an event that is in no ledger says so', async () => {
  await renderApp(`/ledger/events/${uuid(1)}`)
  expect((await screen.findByTestId('problem')).textContent).toContain('not-found')
})

test('an entry that is not there says so', async () => {
  await renderApp('/ledger/entries/9999')
  expect((await screen.findByTestId('problem')).textContent).toContain('not-found')
})
