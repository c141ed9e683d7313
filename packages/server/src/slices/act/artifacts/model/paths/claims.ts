import type { Because } from '@metaagent/contract'
import { assertInvariant } from '../../../../../kernel/assert.ts'
import { ok, type Result } from '../../../../../kernel/result.ts'
import { foldCase } from './case-fold.ts'
import { type Glob, readGlob } from './glob.ts'
import { commonPath, matchesKey, needsDirectory } from './glob-overlap.ts'
import { type NormalPath, normalisePath, refused } from './normal-path.ts'
import { candidatePairs } from './pairs.ts'

/** What an artifact does to files. Reading is not claimed: it is in nobody's way. */
export interface PathClaim {
  readonly operation: 'create' | 'edit' | 'delete' | 'rename' | 'glob'
  /** As written, not normalised: how a name is spelled is part of the claim. A glob for `glob`. */
  readonly path: string
  /** The target of a rename, null otherwise. */
  readonly to: string | null
  /** Of what the file holds afterwards; null: unknown, which is equal to nothing. */
  readonly contentHash: string | null
  /** The artifact. */
  readonly holder: string
}

export type PathConflictKind =
  | 'SAME'
  | 'CASE_ONLY'
  | 'UNICODE_ONLY'
  | 'FILE_VS_DIR_PREFIX'
  | 'GLOB_OVERLAP'
  | 'RENAME_TARGET'
  | 'DELETE_VS_EDIT'

export interface PathConflict {
  readonly kind: PathConflictKind
  readonly first: PathClaim
  readonly second: PathClaim
  /** A path that shows it; for globs the shortest that both mean, as it is folded. */
  readonly example: string
  readonly because: Because
}

/** What a claim asks of one key: how the file that must be there is spelled, and what is there afterwards (null: nothing). */
export interface Touch {
  readonly key: string
  readonly path: string
  readonly relies: string | null
  readonly leaves: { readonly spelling: string; readonly contentHash: string | null } | null
  readonly part: 'file' | 'source' | 'target'
}

export interface ReadClaim {
  readonly claim: PathClaim
  /** Empty for a glob. */
  readonly touches: readonly Touch[]
  readonly glob: Glob | null
}

/** Reads a claim once, or refuses it (`path-refused`). */
export function readClaim(claim: PathClaim): Result<ReadClaim> {
  if (claim.operation === 'glob') {
    const glob = readGlob(claim.path)
    return glob.ok ? ok({ claim, touches: [], glob: glob.value }) : glob
  }
  const path = normalisePath(claim.path)
  if (!path.ok) return path
  if (claim.operation !== 'rename') return ok({ claim, touches: [touchOf(claim, path.value)], glob: null })
  if (claim.to === null) return refused(claim.path, 'is renamed to nothing. Write the new path into `to`')
  const to = normalisePath(claim.to)
  if (!to.ok) return to
  if (to.value.spelling === path.value.spelling) return refused(claim.path, 'is renamed to itself')
  return ok({ claim, touches: touchesOfRename(claim, path.value, to.value), glob: null })
}

/**
 * Whether two artifacts can both have their way with the same tree, on a file system that ignores case and normal form and
 * keeps spellings: null if both orders end in one tree in which both are satisfied. A glob may write any file that it matches;
 * it does not mean directories of the other claim, nor paths below its files, unless nothing else is left to mean. Both claims must be ones that `readClaim` accepts.
 */
export function comparePathClaims(a: PathClaim, b: PathClaim): PathConflict | null {
  return compareRead(assertRead(a), assertRead(b))
}

/**
 * Every conflict between claims of different holders, in the claims' order. Near-linear in claims and conflicts: claims meet
 * through their keys and the directories above them, globs only what begins like them.
 */
export function findPathConflicts(claims: readonly PathClaim[]): readonly PathConflict[] {
  const read = claims.map(assertRead)
  return candidatePairs(read).flatMap(([a, b]) => {
    const [first, second] = [read[a], read[b]]
    assertInvariant(first !== undefined && second !== undefined, 'a pair of claims that are there')
    if (first.claim.holder === second.claim.holder) return []
    const conflict = compareRead(first, second)
    return conflict === null ? [] : [conflict]
  })
}

function assertRead(claim: PathClaim): ReadClaim {
  const read = readClaim(claim)
  assertInvariant(read.ok, `a claim that was accepted: ${claim.path}`)
  return read.value
}

function touchOf(claim: PathClaim, { key, path, spelling }: NormalPath): Touch {
  const leaves = claim.operation === 'delete' ? null : { spelling, contentHash: claim.contentHash }
  return { key, path, relies: claim.operation === 'create' ? null : spelling, leaves, part: 'file' }
}

/** A change of case or normal form alone is one touch: the file stays where it is and is spelled anew. */
function touchesOfRename(claim: PathClaim, from: NormalPath, to: NormalPath): readonly Touch[] {
  const leaves = { spelling: to.spelling, contentHash: claim.contentHash }
  if (from.key === to.key) return [{ key: to.key, path: to.path, relies: from.spelling, leaves, part: 'target' }]
  return [
    { key: from.key, path: from.path, relies: from.spelling, leaves: null, part: 'source' },
    { key: to.key, path: to.path, relies: null, leaves, part: 'target' },
  ]
}

function compareRead(a: ReadClaim, b: ReadClaim): PathConflict | null {
  const found = a.glob !== null || b.glob !== null ? globFinding(a, b) : isSameClaim(a, b) ? null : touchFinding(a, b)
  if (found === null) return null
  const { kind, example, observed, limit } = found
  const [first, second] = [a.claim, b.claim]
  const because = { rule: rules[kind].rule, observed, limit, text: `${rules[kind].text} (${example}).` }
  return { kind, first, second, example, because }
}

interface Finding {
  readonly kind: PathConflictKind
  readonly example: string
  readonly observed: string
  readonly limit: string
}

const rules: Record<PathConflictKind, { readonly rule: string; readonly text: string }> = {
  SAME: { rule: 'one-writer-per-file', text: 'Both write this file, and not the same content' },
  CASE_ONLY: { rule: 'one-spelling-per-file', text: 'Both mean one file and spell it with other capitals' },
  UNICODE_ONLY: { rule: 'one-spelling-per-file', text: 'Both mean one file; what differs in its name cannot be seen' },
  FILE_VS_DIR_PREFIX: { rule: 'file-or-directory', text: 'One has a file where the other has a directory' },
  GLOB_OVERLAP: { rule: 'globs-apart', text: 'A glob takes in what the other claims too' },
  RENAME_TARGET: { rule: 'one-target-per-rename', text: 'A rename ends where the other has another file in mind' },
  DELETE_VS_EDIT: { rule: 'nothing-lost', text: 'One removes what the other writes or moves' },
}

/** The same done twice is done: two renames that agree on everything, also on not knowing what the file holds. */
function isSameClaim(a: ReadClaim, b: ReadClaim): boolean {
  if (a.claim.operation !== 'rename' || b.claim.operation !== 'rename') return false
  if (a.claim.contentHash !== b.claim.contentHash) return false
  const spellings = ({ touches }: ReadClaim) => touches.map(({ relies, leaves }) => [relies, leaves?.spelling])
  return JSON.stringify(spellings(a)) === JSON.stringify(spellings(b))
}

function touchFinding(a: ReadClaim, b: ReadClaim): Finding | null {
  const pairs = a.touches.flatMap((one) => b.touches.map((other) => [one, other] as const))
  for (const [one, other] of pairs) {
    const kind = one.key === other.key ? kindAtOneKey(one, other) : null
    if (kind !== null) return { kind, example: one.path, observed: other.path, limit: one.path }
  }
  for (const [one, other] of pairs) {
    const [above, below] = one.key.length < other.key.length ? [one, other] : [other, one]
    if (!below.key.startsWith(`${above.key}/`)) continue
    return { kind: 'FILE_VS_DIR_PREFIX', example: below.path, observed: below.path, limit: above.path }
  }
  return null
}

function kindAtOneKey(a: Touch, b: Touch): PathConflictKind | null {
  const relied = kindOfSpellings(a.relies, b.relies)
  if (relied !== null) return relied
  if (agree(a, b)) return null
  const left = kindOfSpellings(a.leaves?.spelling ?? null, b.leaves?.spelling ?? null)
  if (left !== null && (haveEqualContent(a, b) || (a.part === 'file' && b.part === 'file'))) return left
  if (a.part === 'target' || b.part === 'target' || (a.part === 'source' && b.part === 'source')) return 'RENAME_TARGET'
  return a.leaves === null || b.leaves === null ? 'DELETE_VS_EDIT' : 'SAME'
}

/** Whether what both leave is one thing. Two deletions agree; a deletion and a move do not, nor do two moves of one file. */
function agree(a: Touch, b: Touch): boolean {
  if (a.leaves === null || b.leaves === null) return a.leaves === b.leaves && a.part === 'file' && b.part === 'file'
  return haveEqualContent(a, b) && a.leaves.spelling === b.leaves.spelling
}

function haveEqualContent({ leaves: a }: Touch, { leaves: b }: Touch): boolean {
  return a !== null && b !== null && a.contentHash !== null && a.contentHash === b.contentHash
}

/** Two spellings of one key: other capitals, or what nobody sees (normal form, invisible characters). Null: no difference. */
function kindOfSpellings(a: string | null, b: string | null): 'CASE_ONLY' | 'UNICODE_ONLY' | null {
  if (a === null || b === null || a === b) return null
  const isCase = a.normalize('NFC') !== b.normalize('NFC') && foldCase(a) === foldCase(b)
  return isCase ? 'CASE_ONLY' : 'UNICODE_ONLY'
}

function globFinding(a: ReadClaim, b: ReadClaim): Finding | null {
  if (a.glob !== null && b.glob !== null) {
    const example = commonPath(a.glob, b.glob)
    return example === null ? null : { kind: 'GLOB_OVERLAP', example, observed: b.glob.text, limit: a.glob.text }
  }
  const [glob, touches] = a.glob === null ? [b.glob, a.touches] : [a.glob, b.touches]
  assertInvariant(glob !== null, 'one of the two is a glob')
  for (const { key, path } of touches)
    if (matchesKey(glob, key)) return { kind: 'GLOB_OVERLAP', example: path, observed: path, limit: glob.text }
  for (const { key, path } of touches) {
    const below = needsDirectory(glob, key)
    if (below !== null) return { kind: 'FILE_VS_DIR_PREFIX', example: below, observed: path, limit: glob.text }
  }
  return null
}
