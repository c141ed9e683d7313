import { describe, expect, test } from 'vitest'
import { importViolations } from './import-rules.ts'
import { invariantsOf, invariantViolations } from './invariant-rules.ts'
import { clockViolations, environmentViolations } from './purity-rules.ts'
import { anatomyViolations, vagueNameViolations, wiringViolations } from './slice-rules.ts'
import { plantTree } from './tree.ts'
import { describeViolations } from './violation.ts'

const server = 'packages/server/src'
const order = [
  { floor: 'govern', name: 'journal' },
  { floor: 'observe', name: 'health' },
  { floor: 'act', name: 'rollouts' },
]
const journal = `${server}/slices/govern/journal`
const rollouts = `${server}/slices/act/rollouts`

const sound = {
  [`${server}/kernel/instant.ts`]: `export const x = 1`,
  [`${server}/ports/store.ts`]: `import type { Kysely } from 'kysely'\nimport { x } from '../kernel/instant.ts'`,
  [`${journal}/README.md`]: 'The journal.\n- **J1** no committed event is lost',
  [`${journal}/index.ts`]: `import { append } from './actions.ts'\nexport { append }`,
  [`${journal}/model.ts`]: `import { z } from '@metaagent/contract'\nimport { x } from '../../../kernel/instant.ts'`,
  [`${journal}/model.test.ts`]: `import fc from 'fast-check'\ntest('orders events', () => {})`,
  [`${journal}/actions.ts`]: `import type { Store } from '../../../ports/store.ts'\nimport { save } from './store.ts'`,
  [`${journal}/store.ts`]: `import { sql } from 'kysely'`,
  [`${journal}/slice.test.ts`]: `import { harness } from '../../../testkit/harness.ts'\ntest('J1: nothing is lost', () => {})`,
  [`${rollouts}/actions.ts`]: `import { append } from '../../govern/journal/index.ts'`,
  [`${server}/adapters/clock.ts`]: `import type { Store } from '../ports/store.ts'`,
  [`${server}/http/server.ts`]: `import { route } from '../slices/govern/journal/index.ts'`,
  [`${server}/app/main.ts`]: `import '../http/server.ts'\nimport '../adapters/clock.ts'`,
  [`${server}/app/config.ts`]: `export const port = process.env['PORT']`,
  [`${server}/testkit/harness.ts`]: `import { x } from '../app/main.ts'`,
  'packages/sdk/src/index.ts': `import { z } from '@metaagent/contract'`,
  'packages/verify/src/cli.ts': `import { readFileSync } from 'node:fs'`,
  'packages/contract/src/index.ts': `import { z } from 'zod'`,
  'suites/merkle.ts': `import { harness } from '../packages/server/src/testkit/harness.ts'`,
}

/** The names of the import rules that a planted file breaks. */
function rulesBrokenBy(path: string, text: string): readonly string[] {
  const tree = plantTree({ ...sound, [path]: text })
  return importViolations(tree, order)
    .filter((v) => v.where.startsWith(`${path}:`))
    .map((v) => v.rule)
}

describe('imports', () => {
  test('a sound tree breaks nothing', () => {
    expect(describeViolations(importViolations(plantTree(sound), order))).toBe('')
  })

  test.each([
    ['rooms point down', `${server}/kernel/a.ts`, `import '../ports/store.ts'`],
    ['rooms point down', `${server}/ports/a.ts`, `export * from '../adapters/clock.ts'`],
    ['rooms point down', `${rollouts}/actions.ts`, `import type { C } from '../../../adapters/clock.ts'`],
    ['rooms point down', `${rollouts}/routes.ts`, `import '../../../http/server.ts'`],
    ['rooms point down', `${rollouts}/routes.ts`, `const m = await import('../../../app/main.ts')`],
    ['rooms point down', `${server}/adapters/a.ts`, `import '../slices/govern/journal/index.ts'`],
    ['rooms point down', `${server}/http/a.ts`, `type C = import('../adapters/clock.ts').C`],
    ['rooms point down', `${server}/worker/a.ts`, `import '../http/server.ts'`],
    ['slices meet at doors', `${rollouts}/actions.ts`, `import '../../govern/journal/store.ts'`],
    ['slices meet at doors', `${server}/http/a.ts`, `import '../slices/govern/journal/actions.ts'`],
    ['slices meet at doors', `${rollouts}/slice.test.ts`, `import '../../govern/journal/store.ts'`],
    ['doors of earlier slices only', `${journal}/jobs.ts`, `import '../../act/rollouts/index.ts'`],
    ['doors of earlier slices only', `${rollouts}/jobs.ts`, `import '../../act/unlisted/index.ts'`],
    ['SQL stands in stores', `${rollouts}/actions.ts`, `import { sql } from 'kysely'`],
    ['testkit is for tests', `${server}/app/a.ts`, `import '../testkit/harness.ts'`],
    ['testkit is for tests', 'tools/a.ts', `import '../packages/server/src/testkit/harness.ts'`],
    ['packages point down', 'packages/sdk/src/a.ts', `import 'metaagent/package.json'`],
    ['packages point down', 'packages/sdk/src/a.ts', `import '../../server/src/kernel/instant.ts'`],
    ['packages point down', 'packages/dashboard/src/a.tsx', `import 'metaagent'`],
    ['packages point down', 'packages/contract/src/a.ts', `import '@metaagent/sdk'`],
    ['small packages stay small', 'packages/contract/src/a.ts', `import 'node:fs'`],
    ['small packages stay small', 'packages/verify/src/tree.ts', `import 'node:crypto'`],
    ['small packages stay small', 'packages/verify/src/index.ts', `export * from './node.ts'`],
    ['small packages stay small', 'packages/sdk/src/a.ts', `import 'node:os'`],
    ['small packages stay small', 'packages/sdk/src/a.ts', `import type { Telemetry } from 'ai'`],
    ['small packages stay small', 'packages/sdk/src/ai/a.ts', `import '@langchain/core/messages'`],
  ])('%s: %s', (rule, path, text) => {
    expect(rulesBrokenBy(path, text)).toContain(rule)
  })

  test.each([
    ['a port', `import type { Store } from '../../../ports/store.ts'`],
    ['its own store', `import { rows } from './store.ts'`],
    ['another slice', `import { append } from '../../govern/journal/index.ts'`],
    ['a package', `import ajv from 'ajv'`],
    ['zod at run time', `import { z } from 'zod'`],
    ['Node', `import { createHash } from 'node:crypto'`],
    ['the verifier', `import { root } from '@metaagent/verify'`],
  ])('models are alone: a model that imports %s is refused', (_what, text) => {
    expect(rulesBrokenBy(`${rollouts}/model.ts`, text)).toContain('models are alone')
    expect(
      rulesBrokenBy(`${rollouts}/model/canary.ts`, text.replaceAll("'../", "'../../").replace("'./", "'../")),
    ).toContain('models are alone')
  })

  test('a model may infer the types of contract schemas', () => {
    expect(rulesBrokenBy(`${rollouts}/model.ts`, `import type { z } from 'zod'`)).toEqual([])
  })

  test('a model made of several files may import itself', () => {
    expect(
      rulesBrokenBy(`${rollouts}/model/canary.ts`, `import './arms.ts'\nimport '../../../../kernel/instant.ts'`),
    ).toEqual([])
    expect(rulesBrokenBy(`${rollouts}/model.ts`, `import './model/canary.ts'`)).toEqual([])
  })

  test('each violation names the file, the line, the import and what to do instead', () => {
    const tree = plantTree({ ...sound, [`${rollouts}/actions.ts`]: `\nimport '../../govern/journal/store.ts'` })
    const text = describeViolations(importViolations(tree, order))
    expect(text).toContain(`${rollouts}/actions.ts:2 imports '../../govern/journal/store.ts'`)
    expect(text).toContain('Ask slices/govern/journal/index.ts for a verb')
  })
})

describe('purity', () => {
  test.each([
    [`${server}/http/a.ts`, `const home = process.env['HOME']`],
    [`${server}/http/a.ts`, `const { HOME } = process.env`],
    [`${server}/http/a.ts`, `import { env } from 'node:process'`],
    [`${server}/adapters/a.ts`, `const home = globalThis.process.env.HOME`],
    ['packages/sdk/src/a.ts', `const key = process.env.METAAGENT_API_KEY`],
  ])('the environment is read once: %s may not', (path, text) => {
    expect(environmentViolations(plantTree({ ...sound, [path]: text }))).toMatchObject([{ where: `${path}:1` }])
  })

  test('tests and tools may read the environment', () => {
    const text = `const bin = process.env['PG_BIN']`
    expect(environmentViolations(plantTree({ [`${server}/testkit/pg.ts`]: text, 'tools/a.ts': text }))).toEqual([])
  })

  test.each([`const now = new Date()`, `const now = Date()`])('models are told the time: %s is refused', (text) => {
    expect(clockViolations(plantTree({ [`${rollouts}/model.ts`]: text }))).toHaveLength(1)
    expect(clockViolations(plantTree({ [`${rollouts}/actions.ts`]: text }))).toEqual([])
  })

  test('a Date made from a given time is no clock', () => {
    expect(clockViolations(plantTree({ [`${rollouts}/model.ts`]: `const at = new Date(now)` }))).toEqual([])
  })
})

describe('slices', () => {
  const listed = [{ floor: 'govern', name: 'journal' }]
  const only = Object.fromEntries(Object.entries(sound).filter(([path]) => path.startsWith(journal)))
  const whats = (texts: Record<string, string>, list = listed) =>
    anatomyViolations(plantTree(texts), list).map((v) => v.what)

  test('a whole slice passes', () => {
    expect(whats(only)).toEqual([])
  })

  test.each(['README.md', 'index.ts', 'model.ts', 'model.test.ts', 'slice.test.ts'])(
    'a slice without %s is refused',
    (part) => {
      const { [`${journal}/${part}`]: _gone, ...rest } = only
      expect(whats(rest)).toHaveLength(1)
    },
  )

  test('a model may be a folder with its tests beside it', () => {
    const { [`${journal}/model.ts`]: _m, [`${journal}/model.test.ts`]: _t, ...rest } = only
    expect(whats({ ...rest, [`${journal}/model/lanes.ts`]: '', [`${journal}/model/lanes.test.ts`]: '' })).toEqual([])
    expect(
      whats({ ...only, [`${journal}/model/hash/tree.ts`]: '', [`${journal}/model/hash/tree.test.ts`]: '' }),
    ).toEqual([])
    expect(whats({ ...only, [`${journal}/model/hash/deep/tree.ts`]: '' })).toEqual(['is no part of a slice'])
    expect(whats({ ...only, [`${journal}/actions/hash/tree.ts`]: '' })).toEqual(['is no part of a slice'])
  })

  test.each(['service.ts', 'types.ts', 'repository.ts', 'schema.2.sql'])('names never vary: %s is refused', (name) => {
    expect(whats({ ...only, [`${journal}/${name}`]: '' })).toEqual(['is no part of a slice'])
  })

  test('a folder that is not listed is refused; a listed slice may still be to come', () => {
    expect(whats(only, [])).toEqual(['is not listed'])
    expect(whats(only, [...listed, { floor: 'act', name: 'rollouts' }])).toEqual([])
  })

  test('a slice that app/slices.ts does not import is refused', () => {
    const wired = { [`${server}/app/slices.ts`]: `import { journalSlice } from '../slices/govern/journal/index.ts'` }
    expect(wiringViolations(plantTree({ ...only, ...wired }))).toEqual([])
    expect(wiringViolations(plantTree(only)).map((v) => v.where)).toEqual([journal])
  })

  test('floors are listed from the ground up', () => {
    expect(
      whats({}, [
        { floor: 'act', name: 'a' },
        { floor: 'govern', name: 'b' },
      ]),
    ).toContain('has b on floor govern out of order')
  })

  test('a vague name is refused wherever it stands', () => {
    const tree = plantTree({
      [`${server}/kernel/utils.ts`]: '',
      'packages/sdk/src/helpers/a.ts': '',
      [`${journal}/store.ts`]: '',
    })
    expect(vagueNameViolations(tree)).toHaveLength(2)
  })
})

describe('invariants', () => {
  const withTest = (name: string) => ({
    [`${journal}/README.md`]: '- **J1** holds\n- **J2** holds too',
    [`${journal}/model.test.ts`]: `test('J1: holds', () => {})\ntest.each([1])(${JSON.stringify(name)}, () => {})`,
  })
  const whats = (texts: Record<string, string>) => invariantViolations(plantTree(texts)).map((v) => v.what)

  test('ids are read from bold text', () => {
    expect(invariantsOf('| **J1** | a |\n**LE12** and **J1** again, not **P95 latency**')).toEqual(['J1', 'LE12'])
  })

  test('every stated invariant stands in a test name, in plain tests and in tables', () => {
    expect(whats(withTest('J2: holds too %s'))).toEqual([])
    expect(whats(withTest('J3, J2: hold'))).toEqual(['tests J3, which its README does not state'])
    expect(whats(withTest('holds too'))).toEqual(['states J2, which no test of the slice names'])
  })

  test('a README without invariants is refused', () => {
    expect(whats({ [`${journal}/README.md`]: 'The journal.' })).toEqual(['states no invariant'])
  })

  test('one id means one thing in the whole house', () => {
    const other = { [`${rollouts}/README.md`]: '**J1**', [`${rollouts}/slice.test.ts`]: `test('J1: x', () => {})` }
    expect(whats({ ...withTest('J2: x'), ...other })).toEqual([`states J1, as ${journal} does`])
  })
})
