import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { draftEvent, type NewEvent, toJournalEvent } from './event.ts'
import { laneHash } from './lane.ts'
import { decideExternal, isOwnType, whyNotStorable } from './outside.ts'
import { typePattern } from './pattern.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 1))
const eventId = '01900000-0000-7000-8000-000000000001'
const actor = { kind: 'system', id: 'test' } as const
const event: NewEvent = { type: 'registry.environment.registered', subject: 's', actor, payload: { name: 'x' } }

describe('drafting', () => {
  test('an event without a story begins one', () => {
    const row = draftEvent(event, eventId, now)
    expect(row).toMatchObject({ correlationId: eventId, causationId: null, lane: laneHash(eventId) })
    expect(toJournalEvent('o', row)).toMatchObject({ organizationId: 'o', occurredAt: '2026-01-01T00:00:00.000Z' })
  })

  test('what the catalogue does not know of a payload is left out', () => {
    const more = { ...event, payload: { name: 'x', extra: 1 } } as NewEvent
    expect(draftEvent(more, eventId, now).payload).toEqual({ name: 'x' })
  })

  test('texts that are too long are a mistake of ours and throw', () => {
    for (const wrong of [
      { ...event, subject: 'x'.repeat(301) },
      { ...event, correlationId: 'x'.repeat(201) },
      { ...event, actor: { kind: 'system', id: 'x'.repeat(201) } as const },
    ]) {
      expect(() => draftEvent(wrong, eventId, now)).toThrow('broken invariant')
    }
  })
})

describe('lanes', () => {
  test('the hash of a story never changes', () => {
    expect(laneHash('')).toBe(725_515_275)
    expect(laneHash('a story')).toBe(laneHash('a story'))
  })

  test('the hash fits a column and spreads stories evenly over the lanes', () => {
    const counts = new Array<number>(8).fill(0)
    for (let at = 0; at < 8_000; at++) {
      const hash = laneHash(`01900000-0000-7000-8000-${String(at).padStart(12, '0')}`)
      expect(hash).toBeGreaterThanOrEqual(0)
      expect(hash).toBeLessThan(2 ** 31)
      counts[hash % 8] = (counts[hash % 8] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('patterns', () => {
  test.each([
    ['*', 'anything.at.all', true],
    ['qa_*', 'qa_success', true],
    ['qa_*', 'qaXsuccess', false],
    ['recovery.*', 'recovery.playbook.done', true],
    ['recovery.*', 'recovery', false],
    ['*.decided', 'rollouts.comparison.decided', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'axbxc', true],
    ['a*b*c', 'acb', false],
    ['%', 'x', false],
    ['', '', true],
    ['', 'x', false],
    ['**', 'x', true],
  ])('%s on %s: %s', (glob, type, matches) => {
    expect(typePattern(glob).matches(type)).toBe(matches)
  })

  test('mean the same as their regular expression', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '_', '%', '\\'), maxLength: 8 })
    fc.assert(
      fc.property(texts, texts, (glob, type) => {
        const escaped = glob.split('*').map((part) => part.replace(/[.\\]/g, '\\$&'))
        expect(typePattern(glob).matches(type)).toBe(new RegExp(`^${escaped.join('.*')}$`).test(type))
      }),
    )
  })
})

describe('events from outside', () => {
  const external = { source: 'n8n', type: 'ticket.opened', payload: null }
  const source = { name: 'n8n', algorithm: 'hmac-sha256', revoked: false } as const

  test.each([
    [{ ...source, algorithm: 'none' } as const, 'absent', null],
    [{ ...source, algorithm: 'none' } as const, 'invalid', 'signature-refused'],
    [source, 'absent', 'signature-refused'],
    [source, 'invalid', 'signature-refused'],
    [source, 'valid', null],
    [{ ...source, revoked: true }, 'valid', 'source-unknown'],
  ] as const)('J7: %o with a signature that is %s → %s', (from, signature, code) => {
    const decided = decideExternal(external, from, signature)
    expect(decided.ok ? null : decided.refusal.code).toBe(code)
  })

  test('J9: our types, and what begins like them, are ours', () => {
    for (const type of [
      'journal.event.refused',
      'journal.x',
      'decision.anything',
      'processing_metrics',
      'qa_success',
    ]) {
      expect(isOwnType(type), type).toBe(true)
    }
    for (const type of ['ticket.opened', 'ticket.closed', 'journalx.y', 'constructor'])
      expect(isOwnType(type)).toBe(false)
  })

  test('what the database cannot hold is found at any depth', () => {
    expect(whyNotStorable({ a: [1, null, true, 'ok'] })).toBeNull()
    expect(whyNotStorable({ a: [{ b: 'x\0' }] })).toContain('U+0000')
    expect(whyNotStorable({ 'k\0': 1 })).toContain('U+0000')
    expect(whyNotStorable(['\udc00'])).toContain('surrogate')
  })
})
