import type { ConflictType } from '@metaagent/contract'
import { describe, expect, test } from 'vitest'
import { type ConflictPicture, strategiesFor, winnerOf } from './strategies.ts'

const member = (artifactId: string, priority: number) => ({ artifactId, name: artifactId, agent: null, priority })
const picture = (change: Partial<ConflictPicture>): ConflictPicture => ({
  type: 'FILE_PATH',
  kind: 'SAME',
  severity: 'HIGH',
  state: 'open',
  witness: null,
  newcomer: member('new', 100),
  standing: [member('old', 100)],
  ...change,
})
const fitting = (change: Partial<ConflictPicture>) =>
  strategiesFor(picture(change)).flatMap(({ strategy, fits }) => (fits ? [strategy] : []))
const always = ['escalate', 'override']

describe('strategies', () => {
  test.each<[ConflictType, string, Partial<ConflictPicture>, readonly string[]]>([
    ['FILE_PATH', 'SAME', {}, ['serialise', 'keep-first', 'priority', 'merge', 'rename']],
    ['FILE_PATH', 'GLOB_OVERLAP', {}, ['serialise', 'keep-first', 'priority']],
    ['DEPENDENCY_VERSION', 'INCOMPATIBLE', { witness: '2.0.0' }, ['keep-first', 'priority', 'upgrade-to-witness']],
    ['DEPENDENCY_VERSION', 'INCOMPATIBLE', {}, ['keep-first', 'priority']],
    ['DEPENDENCY_VERSION', 'UNKNOWN', { severity: 'MEDIUM' }, ['serialise', 'keep-first', 'priority']],
    ['DUPLICATE_TASK', 'TWIN_TASK', { severity: 'MEDIUM' }, ['serialise', 'keep-first', 'priority']],
    ['CIRCULAR_DEPENDENCY', 'THROUGH_IT', { severity: 'CRITICAL' }, ['keep-first', 'priority']],
    ['CONTRADICTING_DECISION', 'CHOICE', {}, ['keep-first', 'priority']],
    ['INCOMPATIBLE_SCHEMA', 'BREAKS_DEPENDENTS', {}, ['keep-first', 'priority']],
    ['INCOMPATIBLE_SCHEMA', 'BREAKS_NOBODY', { severity: 'LOW', standing: [] }, []],
  ])('AF6: of %s %s exactly those fit that can end it', (type, kind, change, expected) => {
    expect(fitting({ type, kind, ...change })).toEqual([...expected, ...always])
  })

  test('AF6: what is over offers nothing, and what waits for people is not escalated again', () => {
    expect(strategiesFor(picture({ state: 'resolved' }))).toEqual([])
    expect(strategiesFor(picture({ state: 'gone' }))).toEqual([])
    expect(fitting({ state: 'escalated' })).not.toContain('escalate')
  })

  test('AF6: the higher priority wins, and of equals what stands', () => {
    const winner = (mine: number, theirs: readonly number[]) =>
      winnerOf({ newcomer: member('new', mine), standing: theirs.map((one, at) => member(`old ${at}`, one)) })
        .artifactId
    expect([winner(2, [1]), winner(1, [1]), winner(1, [0, 2])]).toEqual(['new', 'old 0', 'old 1'])
  })
})
