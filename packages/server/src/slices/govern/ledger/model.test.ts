import { createHash } from 'node:crypto'
import type { JournalEvent } from '@metaagent/contract'
import { canonicalJson, parseCanonicalObject } from '@metaagent/verify'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  anchorLeaf,
  contradictionOf,
  isLedgerType,
  leafOf,
  ledgerTypes,
  mostLeafBytes,
  organizationOrigin,
} from './model.ts'

const digest = (text: string) => createHash('sha256').update(text).digest('base64')
const event: JournalEvent = {
  eventId: '01900000-0000-7000-8000-000000000001',
  organizationId: '01900000-0000-7000-8000-000000000002',
  type: 'identity.organization.created',
  subject: 'organization/1',
  actor: { kind: 'system', id: 'start' },
  correlationId: 'c',
  causationId: null,
  payload: { name: 'Ä', b: 1, a: [1.5, true, null] },
  occurredAt: '2026-01-02T03:04:05.678Z',
}

describe('leaves', () => {
  test('L2: the leaf of an event is this text, byte for byte, for ever', () => {
    expect(leafOf(event, digest)).toBe(
      '{"actor":{"id":"start","kind":"system"},"causationId":null,"correlationId":"c",' +
        '"eventId":"01900000-0000-7000-8000-000000000001","occurredAt":"2026-01-02T03:04:05.678Z",' +
        '"organizationId":"01900000-0000-7000-8000-000000000002","payload":{"a":[1.5,true,null],"b":1,"name":"Ä"},' +
        '"subject":"organization/1","type":"identity.organization.created","v":1}',
    )
  })

  test('L2: a leaf is canonical for a reader who knows nothing of this server', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        // What the database gives back never holds -0, U+0000 or half a surrogate pair.
        const text = JSON.stringify(payload)
        if (text.includes('\\u0000') || /\\ud[89a-f]/.test(text)) return
        const kept = { ...event, payload: JSON.parse(text) as JournalEvent['payload'] }
        const leaf = leafOf(kept, digest)
        const read = parseCanonicalObject(leaf)
        expect(read.ok && canonicalJson(read.value)).toBe(leaf)
      }),
    )
  })

  test('a payload too large for an entry stands there as its digest, at the very byte', () => {
    const bytesOf = (leaf: string) => Buffer.byteLength(leaf)
    const room = mostLeafBytes - bytesOf(leafOf({ ...event, payload: '' }, digest))
    for (const unit of ['x', 'ü', '€', '😀']) {
      const size = Buffer.byteLength(unit)
      const fits = unit.repeat(Math.floor(room / size))
      expect(bytesOf(leafOf({ ...event, payload: fits }, digest))).toBe(mostLeafBytes - (room % size))
      const payload = `${fits}${unit}`
      const { payload: gone, ...facts } = event
      const large = { v: 1, ...facts, payloadBytes: Buffer.byteLength(JSON.stringify(payload)) }
      expect(gone).toBeDefined()
      expect(leafOf({ ...event, payload }, digest)).toBe(
        canonicalJson({ ...large, payloadSha256: digest(JSON.stringify(payload)) }),
      )
    }
  })

  test('the deployment’s log holds what a checkpoint says', () => {
    const leaf = anchorLeaf({ origin: organizationOrigin('m.example', 'o'), treeSize: 3, rootHash: 'r' })
    expect(leaf).toBe('{"origin":"m.example/org/o","rootHash":"r","treeSize":3,"type":"ledger.checkpoint","v":1}')
  })
})

test('decisions enter the ledger, traffic does not', () => {
  expect(isLedgerType('rollouts.comparison.decided')).toBe(true)
  expect(isLedgerType('telemetry.batch.stored')).toBe(false)
  expect(isLedgerType('ledger.checkpoint.signed')).toBe(false)
  expect(isLedgerType('ticket.opened')).toBe(false)
  expect(ledgerTypes.length).toBeGreaterThan(10)
})

describe('L8: a log is continued only when', () => {
  const sound = { treeSize: 7, entries: 7, anchoredSize: 7, tilesLeadToRoot: true, signatureHolds: true }
  test('everything fits', () => {
    expect(contradictionOf(sound)).toBeNull()
    expect(contradictionOf({ ...sound, treeSize: 0, entries: 0, anchoredSize: 0 })).toBeNull()
  })
  test.each([
    ['no entry is missing', { entries: 6 }, '6 entries are stored, but 7 were signed'],
    ['no entry is too many', { entries: 8 }, '8 entries are stored, but 7 were signed'],
    ['the deployment has seen its head', { anchoredSize: 9 }, 'checkpoint of size 9'],
    ['its signature holds', { signatureHolds: false }, 'not signed'],
    ['its tiles lead to its root', { tilesLeadToRoot: false }, 'do not lead to the root'],
  ])('%s', (_what, wrong, reason) => {
    expect(contradictionOf({ ...sound, ...wrong })).toContain(reason)
  })
})
