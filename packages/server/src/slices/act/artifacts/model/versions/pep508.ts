import type { VersionRequirement } from './requirement.ts'

/**
 * A requirement as PEP 508 writes it: `name[extras] >=1,<2 ; marker` or `name @ address`. Null when it is none.
 *
 * An address and a marker stay in the range, which makes it unknown: which environment will run the code is not known
 * here, and `a<2; python_version<"3.9"` beside `a>=2; python_version>="3.9"` is no contradiction.
 */
export function readPep508(text: string): Omit<VersionRequirement, 'holder'> | null {
  const [, name, rest] = written.exec(text.trim()) ?? []
  if (name === undefined || rest === undefined) return null
  if (rest.startsWith('@')) return { ecosystem: 'pypi', name, range: rest }
  const at = rest.indexOf(';')
  const specifier = withoutBrackets((at < 0 ? rest : rest.slice(0, at)).trim())
  if (specifier !== '' && !/^[<>=!~]/.test(specifier)) return null
  const marker = at < 0 ? '' : rest.slice(at + 1).trim()
  return { ecosystem: 'pypi', name, range: marker === '' ? specifier : `${specifier}; ${marker}` }
}

const written = /^([a-z0-9][a-z0-9._-]*)\s*(?:\[[^\][]*\]\s*)?((?:[@;(<>=!~].*)?)$/is

function withoutBrackets(specifier: string): string {
  return specifier.startsWith('(') && specifier.endsWith(')') ? specifier.slice(1, -1).trim() : specifier
}
