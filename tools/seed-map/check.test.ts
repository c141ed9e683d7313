import { describe, expect, test } from 'vitest'
import { builtProblem, findBuilt, mapProblems } from './check.ts'
import type { House } from './house.ts'
import { seedNames } from './names.ts'
import { renderMap } from './render.ts'
import { built, idOf, type Kind, row, type SeedName } from './seed-name.ts'

const files: Readonly<Record<string, string>> = {
  'packages/server/src/trust.ts': `export class TrustEngine {\n  observe(x: number) {}\n}\nexport interface Vote { readonly weight: number }`,
  'packages/server/src/slices/judge/judgments/schema.sql': 'create table qa_events (\n  organization_id uuid',
  'packages/server/src/slices/act/artifacts/routes.ts': `route({\n method: 'PATCH',\n path: '/api/v1/tasks/:taskId',\n}),\nstreamRoute({ path: '/api/v1/live' })`,
  'packages/server/src/http/privileged.ts': `const header = 'x-metaqore-privileged'`,
  'packages/server/src/trust.test.ts': '',
}
const house: House = {
  has: (path) => path in files,
  text: (path) => files[path] ?? null,
  sources: Object.entries(files).map(([path, text]) => ({ path, text })),
  eventTypes: ['qa_success', 'recovery.playbook.ended'],
}
const name = (kind: Kind, ours: string, place: SeedName['place']): SeedName => ({
  seed: 1,
  section: 'A',
  ...row(kind, ours, place),
})
const test1 = 'packages/server/src/trust.test.ts'

describe('a built name', () => {
  test.each<[Kind, string, string]>([
    ['class', 'packages/server/src/trust.ts', 'TrustEngine'],
    ['method', 'packages/server/src/trust.ts', 'TrustEngine.observe'],
    ['field', 'packages/server/src/trust.ts', 'Vote.weight'],
    ['table', 'packages/server/src/slices/judge/judgments/schema.sql', 'qa_events'],
    ['endpoint', 'packages/server/src/slices/act/artifacts/routes.ts', 'PATCH /api/v1/tasks/{id}'],
    ['endpoint', 'packages/server/src/slices/act/artifacts/routes.ts', 'GET /api/v1/live'],
    ['event', 'packages/server/src/trust.ts', 'recovery.*'],
    ['value', 'packages/server/src/http/privileged.ts', 'x-metaqore-privileged'],
  ])('%s is found in %s', (kind, file, symbol) => {
    expect(builtProblem(name(kind, symbol, built(file, symbol, test1)), house)).toBeNull()
  })

  test.each<[Kind, string, string]>([
    ['class', 'packages/server/src/trust.ts', 'Trust'],
    ['method', 'packages/server/src/trust.ts', 'TrustEngine.forget'],
    ['method', 'packages/server/src/trust.ts', 'Gone.observe'],
    ['table', 'packages/server/src/slices/judge/judgments/schema.sql', 'qa_event'],
    ['endpoint', 'packages/server/src/slices/act/artifacts/routes.ts', 'PATCH /api/v1/tasks'],
    ['endpoint', 'packages/server/src/slices/act/artifacts/routes.ts', 'DELETE /api/v1/tasks/{id}'],
    ['event', 'packages/server/src/trust.ts', 'qa_failure'],
  ])('%s that is not there is told: %s %s', (kind, file, symbol) => {
    expect(builtProblem(name(kind, symbol, built(file, symbol, test1)), house)).toContain('is not in')
  })

  test('a missing file, a missing test, and a test that is none are told apart', () => {
    expect(builtProblem(name('class', 'A', built('packages/a.ts', 'A', test1)), house)).toContain(
      'packages/a.ts does not exist',
    )
    const trust = (test: string) =>
      name('class', 'TrustEngine', built('packages/server/src/trust.ts', 'TrustEngine', test))
    expect(builtProblem(trust('packages/server/src/gone.test.ts'), house)).toContain('its test')
    expect(builtProblem(trust('packages/server/src/trust.ts'), house)).toContain('its test')
  })
})

describe('a pending name', () => {
  test.each<[Kind, string]>([
    ['class', 'TrustEngine'],
    ['method', 'TrustEngine.observe'],
    ['event', 'qa_success'],
    ['table', 'qa_events'],
    ['endpoint', 'PATCH /api/v1/tasks/{id}'],
    ['header', 'X-MetaQore-Privileged'],
    ['file', 'packages/server/src/trust.ts'],
  ])('that is built must be moved: %s %s', (kind, ours) => {
    const pending = name(kind, ours, 'Steer')
    expect(findBuilt(pending, house)).not.toBeNull()
    expect(mapProblems([pending], [idOf(pending)], house)).toHaveLength(1)
  })

  test('that is nowhere may stay on the list, but not come onto it', () => {
    const pending = name('class', 'DriftDetector', 'Judge and recover')
    expect(mapProblems([pending], [idOf(pending)], house)).toEqual([])
    expect(mapProblems([pending], [], house)[0]).toContain('may only shrink')
    expect(mapProblems([], [idOf(pending)], house)[0]).toContain('no longer pending')
    expect(mapProblems([pending, pending], [idOf(pending)], house)[0]).toContain('twice')
  })
})

test('the page counts what is built and names the work that brings the rest', () => {
  const place = built('packages/server/src/trust.ts', 'TrustEngine', test1)
  const page = renderMap([name('class', 'TrustEngine', place), name('value', 'a|b', 'Steer')])
  expect(page).toContain('**1 of 2 names are built.**')
  expect(page).toContain('| `TrustEngine` | class | `TrustEngine` | `packages/server/src/trust.ts` |')
  expect(page).toContain(String.raw`| \`a\|b\` | value | \`a\|b\` | comes with *Steer* |`.replaceAll('\\`', '`'))
})

test('the tables hold all five seeds', () => {
  expect(new Set(seedNames.map(({ seed }) => seed))).toEqual(new Set([1, 2, 3, 4, 5]))
  expect(seedNames.filter(({ seed, kind }) => seed === 2 && kind === 'table')).toHaveLength(21)
})
