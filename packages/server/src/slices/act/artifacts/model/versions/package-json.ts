import { isTable, type ReadManifest } from './manifest-reading.ts'

type Problem = ReadManifest['problems'][number]

const sections = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const

/** What replaces ranges elsewhere in the tree, so that they are not the last word: told, not weighed. */
const replacements: readonly (readonly string[])[] = [['overrides'], ['resolutions'], ['pnpm', 'overrides']]

/** npm's manifest. As for npm, a dependency that is also optional counts as the optional one alone. */
export function readPackageJson(text: string): ReadManifest {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return { requirements: [], problems: [notJson(error)] }
  }
  if (!isTable(document)) return { requirements: [], problems: [{ line: null, text: 'It is no JSON object.' }] }
  const manifest = document
  const problems: Problem[] = []
  const optional = manifest['optionalDependencies']
  const requirements = sections.flatMap((section) =>
    entriesOf(manifest[section], section, problems)
      .filter(([name]) => section !== 'dependencies' || !isTable(optional) || !Object.hasOwn(optional, name))
      .map(([name, range]) => ({ ecosystem: 'npm' as const, name, range })),
  )
  for (const path of replacements)
    if (Object.keys(tableAt(manifest, path)).length > 0)
      problems.push({ line: null, text: `${path.join('.')} replaces versions of other packages and is not weighed.` })
  return { requirements, problems }
}

function entriesOf(section: unknown, name: string, problems: Problem[]): readonly (readonly [string, string])[] {
  if (section === undefined) return []
  if (!isTable(section)) {
    problems.push({ line: null, text: `${name} is no object of names and ranges.` })
    return []
  }
  return Object.entries(section).flatMap(([key, range]) => {
    if (typeof range === 'string' && key.trim() !== '') return [[key, range] as const]
    problems.push({ line: null, text: `${name} has no range for ${JSON.stringify(key.slice(0, 100))}.` })
    return []
  })
}

function tableAt(
  manifest: Readonly<Record<string, unknown>>,
  path: readonly string[],
): Readonly<Record<string, unknown>> {
  const found = path.reduce<unknown>((at, key) => (isTable(at) ? at[key] : undefined), manifest)
  return isTable(found) ? found : {}
}

function notJson(error: unknown): Problem {
  const message = error instanceof Error ? error.message : ''
  const [, line] = /\(line (\d+) column \d+\)/.exec(message) ?? []
  return { line: line === undefined ? null : Number(line), text: 'It is no JSON document.' }
}
