// Fails when an installed package has a licence that nobody here has agreed to: node tools/licences.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Licences that ask for nothing but attribution. */
const accepted = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Python-2.0',
])

/** Reviewed one by one: which package, which licence, and why it is no burden to whoever installs MetaAgent. */
export const reviewed: readonly { readonly package: RegExp; readonly licence: string; readonly because: string }[] = [
  {
    package: /^lightningcss(-.+)?$/,
    licence: 'MPL-2.0',
    because: 'Vite’s CSS compiler: runs when the dashboard is built, unmodified, and is no part of what we publish.',
  },
]

export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** The SPDX expression that the package states, or null where it states none. */
  readonly licence: string | null
}

/** Packages whose licence is neither accepted nor reviewed, each as a line a person can act on. */
export function licenceProblems(packages: readonly InstalledPackage[]): readonly string[] {
  return packages
    .filter((p) => !isAcceptedExpression(p.licence ?? '') && !isReviewed(p))
    .map(
      (p) =>
        `${p.name}@${p.version} is under ${p.licence ?? 'no stated licence'}: replace it, or review it in tools/licences.ts.`,
    )
}

function isReviewed({ name, licence }: InstalledPackage): boolean {
  return reviewed.some((entry) => entry.package.test(name) && entry.licence === licence)
}

/** Reads an SPDX expression: one side of an OR is enough, both of an AND are needed. */
function isAcceptedExpression(expression: string): boolean {
  const bare = expression.trim().replace(/^\((.*)\)$/, '$1')
  if (bare.includes('(')) return false
  if (/ OR /.test(bare)) return bare.split(' OR ').some(isAcceptedExpression)
  if (/ AND /.test(bare)) return bare.split(' AND ').every(isAcceptedExpression)
  return accepted.has(bare)
}

/** Every package below a node_modules folder, nested ones included, links of the workspace left out. */
export function installedPackages(nodeModules: string): readonly InstalledPackage[] {
  return packageFolders(nodeModules).flatMap((folder) => {
    const manifest = readManifest(join(folder, 'package.json'))
    const nested = installedPackages(join(folder, 'node_modules'))
    return manifest === null ? nested : [manifest, ...nested]
  })
}

function packageFolders(nodeModules: string): readonly string[] {
  return foldersIn(nodeModules).flatMap((name) =>
    name.startsWith('@')
      ? foldersIn(join(nodeModules, name)).map((n) => join(nodeModules, name, n))
      : [join(nodeModules, name)],
  )
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
  } catch {
    return [] // no such folder: nothing is installed there
  }
}

function readManifest(path: string): InstalledPackage | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null // a folder without a manifest is a cache, not a package
  }
  const manifest = JSON.parse(text) as {
    name?: string
    version?: string
    license?: string | { type?: string }
    licenses?: { type?: string }[]
  }
  if (manifest.name === undefined || manifest.version === undefined) return null
  const { license, licenses } = manifest
  const stated =
    typeof license === 'string' ? license : (license?.type ?? licenses?.map((l) => l.type ?? '').join(' OR ') ?? null)
  return { name: manifest.name, version: manifest.version, licence: stated }
}

if (import.meta.main) {
  const packages = installedPackages('node_modules')
  const problems = licenceProblems(packages)
  for (const problem of problems) console.error(problem)
  console.log(`${packages.length} packages, ${problems.length} licence problems`)
  process.exitCode = problems.length === 0 && packages.length > 0 ? 0 : 1
}
