import { isTable, type Reading, tell } from './manifest-reading.ts'

/** Poetry's tables of dependencies; `python` among them is the interpreter and no package. */
export function readPoetry(poetry: unknown, reading: Reading): void {
  if (!isTable(poetry)) return
  readTable(poetry['dependencies'], 'tool.poetry.dependencies', reading)
  readTable(poetry['dev-dependencies'], 'tool.poetry.dev-dependencies', reading)
  if (!isTable(poetry['group'])) return
  for (const [group, value] of Object.entries(poetry['group']))
    if (isTable(value))
      readTable(value['dependencies'], `tool.poetry.group.${group.slice(0, 100)}.dependencies`, reading)
}

function readTable(table: unknown, where: string, reading: Reading): void {
  if (table === undefined) return
  if (!isTable(table)) return tell(reading, `${where} is no table of names and versions.`)
  for (const [name, value] of Object.entries(table)) {
    if (name === 'python' || name.trim() === '') continue
    // Several constraints of one package hold in different environments.
    const constraints = Array.isArray(value) ? value : [value]
    for (const constraint of constraints) {
      const range = rangeOf(constraint, constraints.length > 1)
      if (range === null) tell(reading, `${where} has no version for “${name.slice(0, 100)}”.`)
      else reading.requirements.push({ ecosystem: 'pypi', name, range })
    }
  }
}

const elsewhere = ['git', 'path', 'url', 'file'] as const
const conditions = ['markers', 'python', 'platform'] as const

function rangeOf(constraint: unknown, isOneOfMany: boolean): string | null {
  if (typeof constraint === 'string') return pep440Of(constraint) + (isOneOfMany ? '; one of several' : '')
  if (!isTable(constraint)) return null
  const source = elsewhere.find((key) => key in constraint)
  if (source !== undefined) return `@ ${source}: ${String(constraint[source]).slice(0, 200)}`
  if (typeof constraint['version'] !== 'string') return null
  const range = pep440Of(constraint['version'])
  const condition = conditions.find((key) => key in constraint)
  if (condition !== undefined) return `${range}; ${condition} ${String(constraint[condition]).slice(0, 200)}`
  return isOneOfMany ? `${range}; one of several` : range
}

/**
 * Poetry's constraint as a specifier of PEP 440: `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, `1.2` is `==1.2`, parts beside
 * each other hold together. Alternatives (`||`) have no specifier: they stay as they are, which makes them unknown.
 */
export function pep440Of(constraint: string): string {
  const text = constraint.trim()
  if (text.includes('|')) return text
  // A space between two parts says “and”, one between an operator and its version nothing.
  const parts = text.split(/\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^\d*])/).filter((part) => part !== '')
  return parts
    .map(partOf)
    .filter((part) => part !== '')
    .join(',')
}

function partOf(part: string): string {
  if (part === '*') return ''
  const [, operator = '', version = ''] = /^(\^|~(?!=)|[<>=!~]*)\s*(.*)$/s.exec(part) ?? []
  if (operator === '^') return between(version, caretPart(version))
  if (operator === '~') return between(version, Math.min(1, releaseOf(version).length - 1))
  if (operator === '' || operator === '=') return version === '*' ? '' : `==${version}`
  return `${operator}${version}`
}

function between(version: string, grows: number): string {
  const release = releaseOf(version)
  if (release.length === 0) return `^${version}`
  const end = [...release.slice(0, grows), (release[grows] ?? 0) + 1].join('.')
  return `>=${version},<${end}`
}

/** The first part that is not 0, or the last. */
function caretPart(version: string): number {
  const release = releaseOf(version)
  const first = release.findIndex((part) => part !== 0)
  return first < 0 ? release.length - 1 : first
}

function releaseOf(version: string): readonly number[] {
  const [, digits] = /^v?(\d{1,15}(?:\.\d{1,15}){0,20})/.exec(version) ?? []
  return digits === undefined ? [] : digits.split('.').map(Number)
}
