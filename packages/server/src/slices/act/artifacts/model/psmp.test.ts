import { ArtifactState, GovernanceMode, Severity } from '@metaagent/contract'
import { describe, expect, test } from 'vitest'
import { compareSeverity, PsmpEngine, verbs } from './psmp.ts'

const engine = new PsmpEngine('balanced')
const lands = (state: ArtifactState, verb: (typeof verbs)[number]) => {
  const next = engine.next(state, verb)
  return next.ok ? next.value : null
}

describe('the protocol', () => {
  test('AF1: every state answers every verb with the next state or a reason and what to do', () => {
    const table = ArtifactState.options.map((state) => [state, ...verbs.map((verb) => lands(state, verb))])
    expect(table).toEqual([
      ['DRAFT', 'ACTIVE', 'BLOCKED', null, 'DRAFT', 'SUPERSEDED', 'ARCHIVED'],
      ['ACTIVE', null, null, null, null, 'SUPERSEDED', 'ARCHIVED'],
      ['BLOCKED', 'ACTIVE', 'BLOCKED', 'DRAFT', 'DRAFT', 'SUPERSEDED', 'ARCHIVED'],
      ['SUPERSEDED', null, null, null, null, null, 'ARCHIVED'],
      ['ARCHIVED', null, null, null, null, null, null],
    ])
    for (const state of ArtifactState.options)
      for (const { verb, to, text } of engine.moves(state)) {
        const next = engine.next(state, verb)
        expect([to, text]).toEqual(next.ok ? [next.value, null] : [null, next.refusal.detail])
        if (!next.ok) expect(next.refusal.code).toBe('artifact-state')
      }
  })

  test('AF1: what has ended never comes back', () => {
    const ended: readonly ArtifactState[] = ['SUPERSEDED', 'ARCHIVED']
    const reached = ended.flatMap((state) => verbs.map((verb) => lands(state, verb)))
    expect(reached.filter((state) => state !== null && !ended.includes(state))).toEqual([])
  })

  test.each([
    ['strict', ['MEDIUM', 'HIGH', 'CRITICAL']],
    ['balanced', ['HIGH', 'CRITICAL']],
    ['permissive', ['CRITICAL']],
  ] as const)('AF2: %s blocks %j and nothing milder', (mode, blocking) => {
    const blocked = Severity.options.filter((severity) => new PsmpEngine(mode).blocks(severity))
    expect(blocked).toEqual(blocking)
  })

  test('AF2: a stricter mode blocks whatever a milder one blocks', () => {
    for (const severity of Severity.options) {
      const blocks = GovernanceMode.options.map((mode) => Number(new PsmpEngine(mode).blocks(severity)))
      expect(blocks).toEqual(blocks.toSorted((a, b) => b - a))
    }
    expect(Severity.options.toSorted(compareSeverity)).toEqual(Severity.options)
  })
})
