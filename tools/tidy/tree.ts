import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Module, readModule } from './module.ts'

/** The repository as tidy sees it: every file's path, the parsed sources, and the text of the slices' READMEs. */
export interface Tree {
  readonly files: ReadonlySet<string>
  readonly modules: readonly Module[]
  readonly readmes: ReadonlyMap<string, string>
}

const roots = ['packages', 'tools', 'e2e', 'suites', 'benches']
const skipped = new Set(['node_modules', 'dist', 'coverage', 'generated', '.metaagent', '.demo', '.vite'])

/** Reads the repository at `root`. */
export function readTree(root: string): Tree {
  const paths = roots.flatMap((folder) => [...walk(root, folder)])
  const rootModules = readdirSync(root).filter((name) => name.endsWith('.ts'))
  return treeOf([...paths, ...rootModules].map((path) => [path, () => readFileSync(join(root, path), 'utf8')]))
}

/** A tree out of path → text; tests of the rules plant their violations this way. */
export function plantTree(texts: Readonly<Record<string, string>>): Tree {
  return treeOf(Object.entries(texts).map(([path, text]) => [path, () => text]))
}

function treeOf(entries: readonly (readonly [string, () => string])[]): Tree {
  const modules: Module[] = []
  const readmes = new Map<string, string>()
  for (const [path, text] of entries) {
    if (/\.tsx?$/.test(path) && !path.endsWith('.d.ts')) modules.push(readModule(path, text()))
    if (path.endsWith('/README.md')) readmes.set(path, text())
  }
  return { files: new Set(entries.map(([path]) => path)), modules, readmes }
}

function* walk(root: string, folder: string): Generator<string> {
  if (!existsSync(join(root, folder))) return
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* walk(root, path)
    else if (entry.isFile()) yield path
  }
}
