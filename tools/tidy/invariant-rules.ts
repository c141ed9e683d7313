import { sliceFolders } from './rooms.ts'
import type { Tree } from './tree.ts'
import type { Violation } from './violation.ts'

/** Invariants that a README names in bold, `**J1**`, in the order of their first appearance. */
export function invariantsOf(readme: string): readonly string[] {
  return [...new Set(Array.from(readme.matchAll(/\*\*([A-Z]{1,2}\d+)\*\*/g), (match) => match[1] ?? ''))]
}

/** Invariants without a test, tests of invariants that no README states, and one id stated by two slices. */
export function invariantViolations(tree: Tree): readonly Violation[] {
  const slices = [...sliceFolders(tree.files).keys()].flatMap((folder) => {
    const readme = tree.readmes.get(`${folder}/README.md`)
    return readme === undefined
      ? []
      : [{ folder, stated: invariantsOf(readme), tested: testedInvariants(tree, folder) }]
  })
  return slices.flatMap(({ folder, stated, tested }, at) => {
    const earlier = slices.slice(0, at)
    return [
      ...(stated.length === 0 ? [statesNone(folder)] : []),
      ...stated.filter((id) => !tested.has(id)).map((id) => untested(folder, id)),
      ...stated.flatMap((id) => {
        const other = earlier.find((slice) => slice.stated.includes(id))
        return other === undefined ? [] : [takenId(folder, id, other.folder)]
      }),
      ...unstatedOf(stated, tested).map((id) => unstated(folder, id)),
    ]
  })
}

/** Ids in test names that look like the slice's own and are not in its README. */
function unstatedOf(stated: readonly string[], tested: ReadonlySet<string>): readonly string[] {
  const lettersOf = (id: string) => id.replace(/\d+/, '')
  const letters = new Set(stated.map(lettersOf))
  return [...tested].filter((id) => letters.has(lettersOf(id)) && !stated.includes(id))
}

function testedInvariants(tree: Tree, folder: string): ReadonlySet<string> {
  const names = tree.modules
    .filter((module) => module.path.startsWith(`${folder}/`) && module.path.endsWith('.test.ts'))
    .flatMap((module) => module.testNames)
  return new Set(
    names.flatMap((name) => Array.from(name.matchAll(/\b([A-Z]{1,2}\d+)\b(?=[:,])/g), (match) => match[1] ?? '')),
  )
}

const rule = 'invariants are tests'

function statesNone(folder: string): Violation {
  const advice = 'Number what must always hold, as **X1**, and name the test after it.'
  return { rule, where: `${folder}/README.md`, what: 'states no invariant', advice }
}

function untested(folder: string, id: string): Violation {
  const advice = `Write the test and begin its name with '${id}: '.`
  return { rule, where: `${folder}/README.md`, what: `states ${id}, which no test of the slice names`, advice }
}

function takenId(folder: string, id: string, other: string): Violation {
  const advice = 'Give each slice a letter of its own, so that an id means one thing.'
  return { rule, where: `${folder}/README.md`, what: `states ${id}, as ${other} does`, advice }
}

function unstated(folder: string, id: string): Violation {
  const advice = `Add **${id}** to the README, or rename the test.`
  return { rule, where: folder, what: `tests ${id}, which its README does not state`, advice }
}
