// @vitest-environment happy-dom
import type { Anchor, AnchorReceipt, LedgerKeyList, WitnessState } from '@metaagent/contract'
import { cosign, formatCheckpoint, signerFromSeed, signNote, witnessKey } from '@metaagent/verify'
import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { uuid } from '../../testing/random.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { signatureLines } from '../ledger/signature-lines.tsx'
import { emptyAnchor, fieldsOf, orderOf, placeOf } from './draft.ts'

const anchor: Anchor = {
  anchorId: uuid(1),
  name: 'acme witnesses us',
  log: 'organization',
  settings: { kind: 'witness', url: 'https://acme.example/w', verifierKey: 'acme+00000000+AAAA' },
  hasSecret: false,
  everyMinutes: 10,
  enabled: true,
  state: 'failing',
  because: { rule: 'not-kept', observed: 12, limit: null, text: 'The log was set back.' },
  lastSuccessAt: '2026-11-20T10:00:00.000Z',
  lastTreeSize: 120,
  lagEntries: 8,
  failuresInRow: 2,
  nextAt: '2026-11-20T10:10:00.000Z',
}
const keys: LedgerKeyList = {
  signing: 1,
  items: [
    {
      keyNumber: 1,
      keyId: 'f23da88a',
      verifierKey: 'log+f23da88a+AAAA',
      state: 'signing',
      signsFrom: '2026-11-01T00:00:00.000Z',
      signsUntil: null,
      endedBecause: null,
    },
  ],
}
const witness: WitnessState = {
  name: 'us/witness/1',
  verifierKey: null,
  submissionUrl: 'https://us.example/api/v1/witness/1',
  logs: [
    {
      logId: uuid(2),
      origin: 'ledger.example/other',
      verifierKeys: ['x'],
      treeSize: 8,
      rootHash: null,
      checkpoint: null,
      cosignedAt: '2026-11-20T10:00:00.000Z',
      refusals: 1,
      lastRefusal: {
        at: '2026-11-20T11:00:00.000Z',
        because: { rule: 'fork', observed: 8, limit: 8, text: 'Another tree of 8 entries was cosigned.' },
        checkpoint: 'note',
      },
    },
  ],
}

async function noteWithWitness(): Promise<string> {
  const signer = await signerFromSeed('log.example', new Uint8Array(32).fill(1))
  const other = await signerFromSeed('acme', new Uint8Array(32).fill(2))
  const text = formatCheckpoint({ origin: 'log.example', size: 3, root: new Uint8Array(32) })
  const line = await cosign(text, witnessKey('acme', other.key.publicKey), other.sign, 1_679_315_147)
  return (await signNote(text, [signer])) + line
}

test('signature lines tell the log’s own from a witness’s with its time', async () => {
  const lines = signatureLines(await noteWithWitness())
  expect(lines).toMatchObject([
    { name: 'log.example', kind: 'log', atSeconds: null },
    { name: 'acme', kind: 'witness', atSeconds: 1_679_315_147 },
  ])
  expect(signatureLines('no note')).toEqual([])
})

test('a form of each kind becomes the order that it came from, without its secret', () => {
  const settings: readonly Anchor['settings'][] = [
    anchor.settings,
    { kind: 'file' },
    { kind: 'rfc3161', url: 'https://tsa.example', caCertificate: null },
    {
      kind: 's3',
      endpoint: 'https://s3.example',
      region: 'eu',
      bucket: 'evidence',
      prefix: 'a/',
      mode: 'GOVERNANCE',
      retainDays: 9,
      accessKeyId: 'A',
    },
  ]
  for (const one of settings) expect(orderOf(fieldsOf({ ...anchor, settings: one }))).toMatchObject({ settings: one })
  expect(orderOf({ ...emptyAnchor, kind: 's3', secret: 'x' })).toMatchObject({ secret: 'x' })
  expect(orderOf({ ...emptyAnchor, kind: 'file', secret: 'x' })).not.toHaveProperty('secret')
  expect(orderOf({ ...emptyAnchor, kind: 'witness', log: 'deployment' }).log).toBe('organization')
  expect(settings.map(placeOf)).toEqual([
    'acme.example',
    'the folder of the operator',
    'tsa.example',
    'evidence at s3.example',
  ])
})

test('the page shows a failing anchor, a log that misbehaved and the keys; one may be made and run', async () => {
  const receipt: AnchorReceipt = {
    receiptId: uuid(3),
    anchorId: anchor.anchorId,
    treeSize: 120,
    anchoredAt: '2026-11-20T10:00:00.000Z',
    statedAt: null,
    location: 'https://acme.example/w',
    checkpoint: await noteWithWitness(),
    receipt: null,
  }
  const because = { rule: 'kept', observed: 128, limit: null, text: 'The checkpoint of 128 entries is kept there.' }
  const made: unknown[] = []
  const { wire } = await renderApp('/ledger/anchors', {
    overrides: {
      'GET /anchors': () => json({ items: [anchor] }),
      'GET /witness': () => json(witness),
      'GET /ledger/keys': () => json(keys),
      'POST /anchors': ({ body }: { body: unknown }) => {
        made.push(body)
        return json(anchor, 201)
      },
      [`GET /anchors/${anchor.anchorId}/receipts`]: () => json({ items: [receipt], nextCursor: null }),
      [`POST /anchors/${anchor.anchorId}/run`]: () => json({ outcome: 'anchored', because, anchor }),
      [`DELETE /anchors/${anchor.anchorId}`]: () => refusal('conflict', 'It needs more.'),
    },
  })
  const row = await screen.findByTestId('anchor')
  expect(row.textContent).toContain('The log was set back. 2 failures in a row.')
  expect(row.textContent).toContain('8 behind')
  const watched = await screen.findByTestId('witnessed-log')
  expect(watched.textContent).toContain('Another tree of 8 entries was cosigned.')
  expect((await screen.findByTestId('ledger-keys')).textContent).toContain('Key 1')
  await userEvent.click(within(row).getByTestId('run-anchor'))
  await expectText('The checkpoint of 128 entries is kept there.')
  expect(wire.seen).toContain(`POST /anchors/${anchor.anchorId}/run`)
  await userEvent.click(within(row).getByText('What is kept'))
  expect((await screen.findByTestId('signature-lines')).textContent).toContain('acme')
  await userEvent.keyboard('{Escape}')
  await userEvent.click(screen.getByTestId('new-anchor'))
  const form = await screen.findByRole('dialog', { name: /one more place/ })
  await userEvent.type(within(form).getByLabelText(/^Name/), 'bank')
  await userEvent.click(screen.getByText('Make the anchor'))
  await waitFor(() => expect(made).toMatchObject([{ name: 'bank', settings: { kind: 'witness' } }]))
})

test('without any anchor the page says what that means, and errors can be tried again', async () => {
  await renderApp('/ledger/anchors', {
    overrides: {
      'GET /anchors': () => json({ items: [] }),
      'GET /witness': () => refusal('internal-error', 'Not now.'),
      'GET /ledger/keys': () => json({ items: [], signing: 0 }),
    },
  })
  await expectText('No checkpoint leaves this deployment')
  await expectText('Not now.')
})
