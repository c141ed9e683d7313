import type { PathClaim } from '../../slices/act/artifacts/model/paths/claims.ts'

/**
 * A tree of files on a file system that ignores case and normal form and keeps how a name was spelled first. Plain and slow
 * on purpose: what `comparePathClaims` says is measured against it. Directories are there as long as a file is below them.
 */
export type Tree = ReadonlyMap<string, { readonly spelling: string; readonly content: string }>

/** A claim that names paths (no glob), with what its files hold: a token of its own where the content is unknown. */
export interface Intent {
  readonly operation: 'create' | 'edit' | 'delete' | 'rename'
  readonly path: string
  readonly to: string | null
  readonly content: string
}

/** How this model takes two spellings for one name. The paths it is asked about hold ASCII, é and ß alone. */
function nameOf(spelling: string): string {
  return spelling.normalize('NFC').toLowerCase().replaceAll('ß', 'ss')
}

/** The claim as an intent. A rename that does not say what the file holds moves what was there. */
export function intentOf({ operation, path, to, contentHash }: PathClaim, token: string): Intent {
  if (operation === 'glob') throw new Error('a glob is many intents')
  const unknown = operation === 'rename' ? contentBefore(path) : token
  return { operation, path, to, content: contentHash ?? unknown }
}

/**
 * Whether two intents, made against one tree, can both be had in either order: there is such a tree, neither is refused by
 * what the other has done, both orders end in one tree, and in it both are as they were meant.
 */
export function areIndependent(a: Intent, b: Intent): boolean {
  const before = treeFor([a, b])
  if (before === null) return false
  const one = apply(apply(before, a), b)
  const other = apply(apply(before, b), a)
  return one !== null && other !== null && isSameTree(one, other) && holds(one, a) && holds(one, b)
}

/** The smallest tree that both rely on: a file for each path that is edited, deleted or moved. Null: there is none. */
function treeFor(intents: readonly Intent[]): Tree | null {
  const tree = new Map<string, { spelling: string; content: string }>()
  for (const { operation, path } of intents) {
    if (operation === 'create') continue
    const name = nameOf(path)
    const there = tree.get(name)
    if (there !== undefined && there.spelling !== path) return null
    tree.set(name, { spelling: path, content: contentBefore(path) })
  }
  for (const name of tree.keys()) if (isBlocked(tree, name)) return null
  return tree
}

/** The tree afterwards; null: refused. What has been done already is done. */
function apply(tree: Tree | null, intent: Intent): Tree | null {
  if (tree === null) return null
  const { operation, path, to, content } = intent
  const name = nameOf(path)
  const there = tree.get(name)
  if (operation === 'delete') return without(tree, name)
  if (operation !== 'rename') {
    if (operation === 'edit' && there === undefined) return null
    return write(tree, name, there?.spelling ?? path, content)
  }
  if (to === null) throw new Error('a rename has a target')
  if (there === undefined) return holds(tree, intent) ? tree : null
  return write(without(tree, name), nameOf(to), to, content)
}

/** Whether a tree is as the intent means it to be afterwards. */
function holds(tree: Tree, { operation, path, to, content }: Intent): boolean {
  const there = tree.get(nameOf(path))
  if (operation === 'delete') return there === undefined
  if (operation !== 'rename') return there?.spelling === path && there.content === content
  const target = tree.get(nameOf(to as string))
  const isGone = there === undefined || nameOf(path) === nameOf(to as string)
  return isGone && target?.spelling === to && target?.content === content
}

/** Refused where a directory is, or where a directory of the path is a file. */
function write(tree: Tree, name: string, spelling: string, content: string): Tree | null {
  return isBlocked(tree, name) ? null : new Map(tree).set(name, { spelling, content })
}

function without(tree: Tree, name: string): Tree {
  const rest = new Map(tree)
  rest.delete(name)
  return rest
}

function isBlocked(tree: Tree, name: string): boolean {
  return [...tree.keys()].some((other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`))
}

function isSameTree(a: Tree, b: Tree): boolean {
  const shown = (tree: Tree) => JSON.stringify([...tree].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  return shown(a) === shown(b)
}

function contentBefore(path: string): string {
  return `before:${nameOf(path)}`
}

/** Whether the name of `path` is a directory above the name of `other`. */
export function isAbove(path: string, other: string): boolean {
  return nameOf(other).startsWith(`${nameOf(path)}/`)
}
