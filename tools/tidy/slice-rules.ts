import { resolveRelative } from './module.ts'
import { type ListedSlice, placeOf, sliceFolders } from './rooms.ts'
import type { Tree } from './tree.ts'
import type { Violation } from './violation.ts'

const floors = ['govern', 'observe', 'judge', 'act', 'steer']

const anatomy =
  /^(README\.md|index\.ts|schema(\.\d{4})?\.sql|slice\.test\.ts|(model|store|actions|routes|jobs)(\.ts|\.test\.ts|\/[a-z0-9-]+(\.test)?\.ts)|model\/[a-z0-9-]+\/[a-z0-9-]+(\.test)?\.ts)$/

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
            'Names never vary: model, store, actions, routes, jobs (each may become a folder, a model one with folders), schema.sql, README, tests.',
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
