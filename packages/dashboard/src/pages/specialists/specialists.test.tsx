// @vitest-environment happy-dom
import type { AgentCard, ForeignCard } from '@metaagent/contract'
import { canonicalJson, type JsonObject } from '@metaagent/verify'
import { screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { iso, uuid } from '../../testing/random.ts'
import { renderApp } from '../../testing/render.tsx'
import { json } from '../../testing/replies.ts'
import { draftAfter, emptyDraft, readDraft } from './draft.ts'
import { importOrderOf } from './import-order.ts'
import { findSearch, specialistsSearch } from './search.ts'
import { checkSignature } from './signature-check.ts'

const card: AgentCard = {
  name: 'Tax helper',
  description: 'Helps with taxes.',
  version: '2.0.0',
  supportedInterfaces: [{ url: 'https://tax.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: {},
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 'tax', name: 'Tax', description: 'Helps with taxes.', tags: ['finance'] }],
}

test('the form begins with a definition that is one, and names what is missing with its place', () => {
  const ready = readDraft({ ...emptyDraft, name: 'contract-reviewer', owner: 'legal' })
  expect(ready).toMatchObject({ kind: 'ready', order: { name: 'contract-reviewer', version: '1.0.0' } })
  expect(readDraft({ ...emptyDraft, definition: '{' })).toEqual({
    kind: 'faults',
    faults: ['The definition is no JSON yet.'],
  })
  const faults = readDraft({ name: 'A B', owner: 'legal', version: '1', definition: '{}' })
  expect(faults.kind === 'faults' ? faults.faults.map((fault) => fault.split(':')[0]) : []).toEqual(
    expect.arrayContaining(['name', 'version', 'definition.title', 'definition.skills', 'definition.endpoints']),
  )
})

test('another version says the same to begin with, under the next number', () => {
  const first = readDraft({ ...emptyDraft, name: 'x', owner: 'y' })
  if (first.kind !== 'ready') throw new Error('the example is no definition')
  const next = draftAfter('x', 'y', '1.4.2', first.order.definition)
  expect([next.version, readDraft(next)]).toMatchObject(['1.5.0', { kind: 'ready' }])
})

test.each([
  [{ source: 'https://a.example/card' }, { kind: 'ready', order: { url: 'https://a.example/card' } }],
  [{ source: JSON.stringify(card) }, { kind: 'ready', order: { card: { name: 'Tax helper' } } }],
  [{ source: 'a.example' }, { kind: 'fault' }],
  [{ source: 'https://a.example', pinnedKey: '{' }, { kind: 'fault' }],
  [{ source: 'https://a.example', pinnedKey: '{"kty":"EC","d":"x"}' }, { kind: 'fault' }],
  [
    { source: 'https://a.example', jwksUrl: 'https://a.example/keys' },
    { kind: 'ready', order: { jwksUrl: 'https://a.example/keys' } },
  ],
])('%o is read as %o', (draft, expected) => {
  expect(importOrderOf({ jwksUrl: '', pinnedKey: '', ...draft })).toMatchObject(expected)
})

test('an address that was edited wrongly does no harm', () => {
  expect(specialistsSearch({ state: 'asleep', tag: ' legal ', q: '' })).toEqual({ tag: 'legal' })
  expect(findSearch({ sensitivity: 'SECRET', origin: 'own', like: 'a task' })).toEqual({
    origin: 'own',
    like: 'a task',
  })
})

test('a signature is checked here: right, of another card, by a key that is not published', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const keys = [{ kty: String(kty), crv: String(crv), x: String(x), y: String(y), kid: 'k1' }]
  const text = (value: string) => Buffer.from(value).toString('base64url')
  const header = text(JSON.stringify({ alg: 'ES256', typ: 'JOSE', kid: 'k1' }))
  const signed = new TextEncoder().encode(`${header}.${text(canonicalJson(card as unknown as JsonObject))}`)
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, signed)
  const whole = {
    ...card,
    signatures: [{ protected: header, signature: Buffer.from(signature).toString('base64url') }],
  }
  expect(await checkSignature(whole, keys)).toEqual({ kind: 'verified', keyId: 'k1', algorithm: 'ES256' })
  expect(await checkSignature({ ...whole, name: 'Forged' }, keys)).toMatchObject({ kind: 'failed' })
  expect(await checkSignature(whole, [])).toMatchObject({ kind: 'failed', detail: 'The key k1 is not published.' })
  expect(await checkSignature(card, keys)).toEqual({ kind: 'unsigned' })
})

test('a card that has changed shows what, and is approved as it was looked at', async () => {
  const cardId = uuid(900)
  const because = { rule: 'card-changed', observed: 'sha256:b', limit: 'sha256:a', text: 'The card has changed.' }
  const line = (kind: 'added' | 'removed', text: string) =>
    kind === 'added' ? { kind, oldLine: null, newLine: 1, text } : { kind, oldLine: 1, newLine: null, text }
  const shown: ForeignCard = {
    cardId,
    url: 'https://tax.example/card',
    jwksUrl: null,
    hasPinnedKey: false,
    state: 'needs-approval',
    because,
    name: card.name,
    version: card.version,
    description: card.description,
    signature: 'verified',
    signatureDetail: null,
    pinnedDigest: 'sha256:a',
    seenDigest: 'sha256:b',
    lastCheckedAt: iso(Date.now()),
    nextCheckAt: iso(Date.now()),
    problem: null,
    sensitivityCeiling: 'INTERNAL',
    approvalId: null,
    revision: 3,
    createdAt: iso(Date.now()),
    changedAt: iso(Date.now()),
    seenCard: card,
    pinnedCard: card,
    difference: {
      patch: '',
      hunks: [{ header: '@@ -1,1 +1,1 @@', lines: [line('removed', '"was"'), line('added', '"is"')] }],
      changed: { added: 1, removed: 1 },
    },
  }
  const sent: unknown[] = []
  await renderApp(`/specialists/cards/${cardId}`, {
    overrides: {
      [`GET /foreign-cards/${cardId}`]: () => json(shown),
      [`POST /foreign-cards/${cardId}/approve`]: ({ body, headers }) => {
        sent.push([headers.get('if-match'), body])
        return json({ ...shown, state: 'approved' })
      },
    },
  })
  await screen.findByTestId('card-difference')
  expect(screen.getByTestId('approve-card').textContent).toContain('Approve it again')
  const user = userEvent.setup()
  await user.type(screen.getByLabelText('Reason'), 'Looked at it.')
  await user.click(screen.getByTestId('save-specialists'))
  await waitFor(() =>
    expect(sent).toEqual([['"3"', { digest: 'sha256:b', sensitivityCeiling: 'INTERNAL', reason: 'Looked at it.' }]]),
  )
})
