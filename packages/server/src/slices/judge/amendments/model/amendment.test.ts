import { driftStreamKinds } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import {
  type AmendmentVerb,
  decideMoreDrift,
  decideRatification,
  evolve,
  judgeRevision,
  mostEvidence,
  type Standing,
  transitions,
} from './amendment.ts'
import { type DriftNews, proposeAmendment } from './proposal.ts'
import { weighAmendment } from './weight.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const standing: Standing = {
  state: 'open',
  revision: 2,
  draftDigest: 'sha256:draft',
  baseVersion: 3,
  baseDigest: 'sha256:base',
  expiresAt: addMs(now, 1_000),
}
const inForce = { version: 3, digest: 'sha256:base' }
const states = Object.keys(transitions) as (keyof typeof transitions)[]
const verbs = Object.keys(transitions.open) as AmendmentVerb[]
const news: DriftNews = {
  alarmId: 'a1',
  streamId: 's1',
  kind: 'agent',
  stream: 'helpfulness of agent support',
  metric: 'helpfulness',
  severity: 'warning',
  failures: { failures: 14, total: 20 },
  because: { rule: 'r', observed: 0.7, limit: 0.1, text: 'It fails in 70 % of its runs, where 10 % were usual.' },
  document: 'QA.md',
  section: 'Failures',
  evidence: [{ kind: 'alarm', id: 'a1' }],
  day: '2026-01-05',
}

describe('the life of an amendment', () => {
  test('AD6: nothing leads out of what is decided', () => {
    for (const state of states)
      for (const verb of verbs)
        expect(evolve({ ...standing, state }, verb, now).ok, `${state} ${verb}`).toBe(state === 'open')
  })

  test('AD6: its time is over to the millisecond, and then it only expires', () => {
    for (const verb of verbs) expect(evolve(standing, verb, standing.expiresAt).ok).toBe(verb === 'expire')
  })

  test.each([
    ['what was shown, on what is in force', {}, null],
    ['AD2: another draft than was shown', { shownDigest: 'sha256:old' }, 'precondition-failed'],
    ['AD3: a document that moved on', { inForce: { version: 4, digest: 'sha256:next' } }, 'amendment-outdated'],
    ['AD3: another text of the same number', { inForce: { version: 3, digest: 'sha256:x' } }, 'amendment-outdated'],
    ['AD6: too late', { now: standing.expiresAt }, 'conflict'],
    [
      'a draft that changes nothing',
      { standing: { ...standing, draftDigest: 'sha256:base' }, shownDigest: 'sha256:base' },
      'not-processable',
    ],
  ])('%s', (_title, other, code) => {
    const decided = decideRatification({ standing, shownDigest: 'sha256:draft', inForce, now, ...other })
    expect(decided.ok ? null : decided.refusal.code).toBe(code)
  })

  test('a change that rests on an older revision is refused', () => {
    expect(judgeRevision(standing, 2).ok).toBe(true)
    expect(judgeRevision(standing, 1)).toMatchObject({ refusal: { code: 'precondition-failed' } })
  })
})

describe('more drift of a stream', () => {
  const open = { severity: 'warning', evidence: [], isEdited: false } as const
  test.each([
    ['the same again', open, 'warning', 'no-graver-than-before', false],
    ['less', open, 'info', 'no-graver-than-before', false],
    ['graver', open, 'critical', 'graver-than-before', true],
    ['graver, and edited', { ...open, isEdited: true }, 'critical', 'edited-by-a-person', false],
  ] as const)('AD4: %s', (_title, known, severity, rule, rewrite) => {
    const more = decideMoreDrift({ ...known, news: { ...news, severity } })
    expect(more).toMatchObject({ rewrite, because: { rule } })
    expect(more.severity).toBe(severity === 'critical' ? 'critical' : 'warning')
  })

  test('evidence is kept once, the newest of it, and bounded', () => {
    const ids = fc.array(
      fc.nat(80).map((id) => ({ kind: 'judgment' as const, id: String(id) })),
      { maxLength: 90 },
    )
    fc.assert(
      fc.property(ids, ids, (fresh, known) => {
        const { evidence } = decideMoreDrift({ ...open, evidence: known, news: { ...news, evidence: fresh } })
        expect(evidence.length).toBeLessThanOrEqual(mostEvidence)
        expect(new Set(evidence.map(({ id }) => id)).size).toBe(evidence.length)
        const kept = new Set(evidence.map(({ id }) => id))
        if (new Set(fresh.map(({ id }) => id)).size <= mostEvidence)
          for (const { id } of fresh) expect(kept.has(id)).toBe(true)
      }),
    )
  })
})

describe('the proposed text', () => {
  const text = '# QA\n\n## Failures\n\nText.\n'
  const headings = [
    { depth: 1, title: 'QA', line: 0, bodyLine: 1 },
    { depth: 2, title: 'Failures', line: 2, bodyLine: 3 },
  ]

  test('says what was observed, what is required until it recovers, and which alarm it rests on', () => {
    expect(proposeAmendment({ news, text, headings })).toEqual({
      title: 'An agent fails otherwise: helpfulness of agent support',
      reason: 'It fails in 70 % of its runs, where 10 % were usual. 14 of 20 failed.',
      draft: `${text}
- **2026-01-05, helpfulness of agent support** (warning): It fails in 70 % of its runs, where 10 % were usual. 14 of 20 failed.
  Until it is as it was before: every change of this agent passes \`helpfulness\` before it is released, and a person looks at each failure.
  Alarm \`a1\`. <!-- stream s1 -->
`,
    })
  })

  test.each(driftStreamKinds)(
    'a stream of kind %s has its own requirement, and unknown counts are not told',
    (kind) => {
      const { draft } = proposeAmendment({ news: { ...news, kind, failures: null }, text, headings })
      expect(draft).toContain('Until it is as it was before: ')
      expect(draft).toContain('`helpfulness`')
      expect(draft).not.toContain('failed.')
    },
  )

  test('names from outside stay on their line and are no Markdown', () => {
    const hostile = 'x\n# Heading <!-- ](http://evil) `* task_success'
    const { draft, title } = proposeAmendment({ news: { ...news, stream: hostile, metric: hostile }, text, headings })
    expect(draft.split('\n').filter((line) => line.startsWith('#'))).toEqual(['# QA', '## Failures'])
    expect(draft).toContain('**2026-01-05, x # Heading \\<!-- \\](http://evil) \\`\\* task_success**')
    expect(draft).toContain("`x # Heading <!-- ](http://evil) '* task_success`")
    expect(title).toBe('An agent fails otherwise: x # Heading <!-- ](http://evil) `* task_success')
    expect(proposeAmendment({ news: { ...news, stream: 'x'.repeat(300) }, text, headings }).title).toHaveLength(200)
  })
})

describe('the impact', () => {
  test.each([
    ['info', 0, 'MODERATE'],
    ['info', 1, 'HIGH'],
    ['warning', 0, 'HIGH'],
    ['critical', 5, 'CRITICAL'],
  ] as const)('AD7: %s with %i lines in force that go is %s', (severity, removedLines, impact) => {
    expect(weighAmendment({ severity, removedLines }).impact).toBe(impact)
  })
})
