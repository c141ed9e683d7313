import type { ReadManifest } from './manifest-reading.ts'
import { readPackageJson } from './package-json.ts'
import { readPyproject } from './pyproject.ts'
import { readRequirementsTxt } from './requirements-txt.ts'

/** A longer manifest is not read. The largest of well-known projects have about 30,000 characters. */
export const manifestMaxChars = 1_000_000

/**
 * Reads `package.json`, `requirements.txt` (also `requirements-dev.txt`, `requirements/base.txt`) or `pyproject.toml`.
 * Null: a file of this name is no manifest. Never throws: what cannot be read is a problem.
 */
export function readManifest(path: string, text: string): ReadManifest | null {
  const read = readerOf(path)
  if (read === null) return null
  if (text.length > manifestMaxChars)
    return problem(`It is longer than ${manifestMaxChars} characters and was not read.`)
  return read(text.startsWith('\uFEFF') ? text.slice(1) : text)
}

function readerOf(path: string): ((text: string) => ReadManifest) | null {
  const parts = path.toLowerCase().split(/[/\\]/)
  const name = parts.at(-1) ?? ''
  if (name === 'package.json') return readPackageJson
  if (name === 'pyproject.toml') return readPyproject
  const isRequirements = /^requirements([-_.].*)?\.txt$/.test(name) || /^.+[-_.]requirements\.txt$/.test(name)
  const inFolder = name.endsWith('.txt') && parts.at(-2) === 'requirements'
  return isRequirements || inFolder ? readRequirementsTxt : null
}

function problem(text: string): ReadManifest {
  return { requirements: [], problems: [{ line: null, text }] }
}
