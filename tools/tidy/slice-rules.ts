import { resolveRelative } from './module.ts'
import { type ListedSlice, placeOf, sliceFolders } from './rooms.ts'
import type { Tree } from './tree.ts'
import type { Violation } from './violation.ts'

const floors = ['govern', 'observe', 'judge', 'act', 'steer']

const anatomy =
  /^(README\.md|index\.ts|schema(\.\d{4})?\.sql|slice\.test\.ts|(model|store|actions|routes|jobs)(\.ts|\.test\.ts|\/[a-z0-9-]+(\.test)?\.ts))$/

const required: readonly {
  readonly part: string
  readonly present: (files: readonly string[]) => boolean
  readonly advice: string
}[] = [
  {
    part: 'README.md',
    present: (files) => files.includes('README.md'),
    advice: 'Say what the slice promises, its state table and its numbered invariants, in 12 to 30 lines.',
  },
  {
    part: 'index.ts',
    present: (files) => files.includes('index.ts'),
    advice: 'Every slice has a door: export its Slice record and the few verbs that others may call.',
  },
  {
    part: 'model.ts (or model/)',
    present: (files) => files.some((file) => /^model(\.ts|\/[^/]+\.ts)$/.test(file) && !file.endsWith('.test.ts')),
    advice: 'Put what the slice decides into pure functions; a slice that decides nothing is an adapter.',
  },
  {
    part: 'model.test.ts',
    present: (files) => files.some((file) => /^model(\.test\.ts|\/[^/]+\.test\.ts)$/.test(file)),
    advice: 'Prove the model by tables and laws, without a database.',
  },
  {
    part: 'slice.test.ts',
    present: (files) => files.includes('slice.test.ts'),
    advice: 'Prove the slice through its door and over HTTP, on both stores, with the events that fired.',
  },
]

/** Slices whose folder, list entry or parts are not as every other slice has them. */
export function anatomyViolations(tree: Tree, order: readonly ListedSlice[]): readonly Violation[] {
  const found = sliceFolders(tree.files)
  const rule = 'slices look alike'
  const violations: Violation[] = []
  for (const [folder, { slice, files }] of found) {
    if (!order.some((listed) => listed.name === slice.name && listed.floor === slice.floor))
      violations.push({
        rule,
        where: folder,
        what: 'is not listed',
        advice: 'Give it its place in app/slice-order.ts: wiring, migrations and open doors follow that one list.',
      })
    for (const { part, present, advice } of required)
      if (!present(files)) violations.push({ rule, where: folder, what: `has no ${part}`, advice })
    for (const file of files)
      if (!anatomy.test(file))
        violations.push({
          rule,
          where: `${folder}/${file}`,
          what: 'is no part of a slice',
          advice:
            'Names never vary: model, store, actions, routes, jobs (each may become a folder), schema.sql, README, tests.',
        })
  }
  return [...violations, ...orderViolations(order)]
}

function orderViolations(order: readonly ListedSlice[]): readonly Violation[] {
  const levels = order.map(({ floor }) => floors.indexOf(floor))
  return order.flatMap(({ floor, name }, at) => {
    const level = levels[at] ?? -1
    if (level >= 0 && level >= Math.max(...levels.slice(0, at), 0)) return []
    return [
      {
        rule: 'floors point down',
        where: 'packages/server/src/app/slice-order.ts',
        what: `has ${name} on floor ${floor} out of order`,
        advice: `Floors are listed from the ground up: ${floors.join(', ')}.`,
      },
    ]
  })
}

/** Slices that stand in the house but are not plugged in: nobody would serve their routes or run their jobs. */
export function wiringViolations(tree: Tree): readonly Violation[] {
  const wiring = 'packages/server/src/app/slices.ts'
  const wired = new Set(
    tree.modules
      .filter((module) => module.path === wiring)
      .flatMap((module) => module.imports.map((to) => resolveRelative(module.path, to.specifier))),
  )
  return [...sliceFolders(tree.files).keys()]
    .filter((folder) => !wired.has(`${folder}/index.ts`))
    .map((folder) => ({
      rule: 'slices are wired',
      where: folder,
      what: 'is not imported by app/slices.ts',
      advice: 'Import its Slice record there, at its place in the order.',
    }))
}

/** Invariants that a README names in bold, `**J1**`, in the order of their first appearance. */
export function invariantsOf(readme: string): readonly string[] {
  return [...new Set([...readme.matchAll(/\*\*([A-Z]{1,2}\d+)\*\*/g)].map((match) => match[1] ?? ''))]
}

/** Invariants without a test, tests of invariants that no README states, and one id stated by two slices. */
export function invariantViolations(tree: Tree): readonly Violation[] {
  const violations: Violation[] = []
  const statedBy = new Map<string, string>()
  for (const [folder] of sliceFolders(tree.files)) {
    const readme = tree.readmes.get(`${folder}/README.md`)
    if (readme === undefined) continue
    const stated = invariantsOf(readme)
    const tested = testedInvariants(tree, folder)
    if (stated.length === 0)
      violations.push({
        rule: 'invariants are tests',
        where: `${folder}/README.md`,
        what: 'states no invariant',
        advice: 'Number what must always hold, as **X1**, and name the test after it.',
      })
    for (const id of stated) {
      const other = statedBy.get(id)
      if (other !== undefined)
        violations.push({
          rule: 'invariants are tests',
          where: `${folder}/README.md`,
          what: `states ${id}, as ${other} does`,
          advice: 'Give each slice a letter of its own, so that an id means one thing.',
        })
      statedBy.set(id, folder)
      if (!tested.has(id))
        violations.push({
          rule: 'invariants are tests',
          where: `${folder}/README.md`,
          what: `states ${id}, which no test of the slice names`,
          advice: `Write the test and begin its name with '${id}: '.`,
        })
    }
    const letters = new Set(stated.map((id) => id.replace(/\d+/, '')))
    for (const id of tested)
      if (letters.has(id.replace(/\d+/, '')) && !stated.includes(id))
        violations.push({
          rule: 'invariants are tests',
          where: folder,
          what: `tests ${id}, which its README does not state`,
          advice: `Add **${id}** to the README, or rename the test.`,
        })
  }
  return violations
}

function testedInvariants(tree: Tree, folder: string): ReadonlySet<string> {
  const names = tree.modules
    .filter((module) => module.path.startsWith(`${folder}/`) && module.path.endsWith('.test.ts'))
    .flatMap((module) => module.testNames)
  return new Set(
    names.flatMap((name) => [...name.matchAll(/\b([A-Z]{1,2}\d+)\b(?=[:,])/g)].map((match) => match[1] ?? '')),
  )
}

const vagueNames = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'shared',
  'manager',
  'managers',
  'lib',
  'stuff',
])

/** Files and folders whose name does not say what they are about. */
export function vagueNameViolations(tree: Tree): readonly Violation[] {
  return [...tree.files].flatMap((path) => {
    const vague = path.split('/').find((part) => vagueNames.has(part.replace(/\..*$/, '')))
    if (vague === undefined || placeOf(path).package === 'root') return []
    return [
      {
        rule: 'names say what',
        where: path,
        what: `is called '${vague}'`,
        advice: 'Find what it is about and name it after that.',
      },
    ]
  })
}
