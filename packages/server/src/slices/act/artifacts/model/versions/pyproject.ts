import { readToml } from '../../../../../kernel/toml.ts'
import { isTable, type Reading, type ReadManifest, tell } from './manifest-reading.ts'
import { readPep508 } from './pep508.ts'
import { readPoetry } from './poetry.ts'
import { normalisedName } from './requirement.ts'

/**
 * Python's project file: `project` (PEP 621) with its extras, `dependency-groups` (PEP 735), Poetry's tables. Extras and
 * groups are weighed together with the rest, as uv and Poetry resolve them; what builds the project is not, it is
 * installed apart.
 */
export function readPyproject(text: string): ReadManifest {
  const read = readToml(text)
  if (!read.ok) return { requirements: [], problems: [{ line: read.line, text: read.text }] }
  const reading: Reading = { requirements: [], problems: [] }
  readProject(read.value['project'], reading)
  readGroups(read.value['dependency-groups'], reading)
  const tool = read.value['tool']
  if (!isTable(tool)) return reading
  readPoetry(tool['poetry'], reading)
  return withoutElsewhere(tool['uv'], reading)
}

function readProject(project: unknown, reading: Reading): void {
  if (!isTable(project)) return
  readList(project['dependencies'], 'project.dependencies', reading)
  const extras = project['optional-dependencies']
  if (isTable(extras))
    for (const [extra, list] of Object.entries(extras))
      readList(list, `project.optional-dependencies.${extra.slice(0, 100)}`, reading)
  const dynamic = Array.isArray(project['dynamic']) ? project['dynamic'] : []
  for (const field of ['dependencies', 'optional-dependencies'])
    if (dynamic.includes(field))
      tell(reading, `project.${field} are dynamic: they stand elsewhere and are not seen here.`)
}

function readGroups(groups: unknown, reading: Reading): void {
  if (!isTable(groups)) return
  for (const [group, list] of Object.entries(groups)) {
    const name = `dependency-groups.${group.slice(0, 100)}`
    // A group that is included is read where it stands.
    const own = Array.isArray(list) ? list.filter((one) => !isTable(one) || !('include-group' in one)) : list
    readList(own, name, reading)
  }
}

function readList(list: unknown, name: string, reading: Reading): void {
  if (list === undefined) return
  if (!Array.isArray(list)) return tell(reading, `${name} is no list of requirements.`)
  for (const one of list) {
    const requirement = typeof one === 'string' ? readPep508(one) : null
    if (requirement !== null) reading.requirements.push(requirement)
    else tell(reading, `${name} has an entry that is no requirement: ${shown(one)}.`)
  }
}

/** Packages that uv takes from elsewhere have no known version, whatever their range says. */
function withoutElsewhere(uv: unknown, reading: Reading): ReadManifest {
  if (!isTable(uv)) return reading
  const sources = isTable(uv['sources']) ? Object.keys(uv['sources']) : []
  const elsewhere = new Set(sources.map((name) => normalisedName({ ecosystem: 'pypi', name })))
  for (const field of ['override-dependencies', 'constraint-dependencies'])
    if (field in uv) tell(reading, `tool.uv.${field} limits versions and is not weighed.`)
  const requirements = reading.requirements.map((requirement) =>
    elsewhere.has(normalisedName(requirement)) ? { ...requirement, range: '@ tool.uv.sources' } : requirement,
  )
  return { requirements, problems: reading.problems }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `“${value.slice(0, 200)}”` : `a ${Array.isArray(value) ? 'list' : typeof value}`
}
