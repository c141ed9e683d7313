import type { Severity } from '@metaagent/contract'
import type { Finding } from './finding.ts'
import { findPathConflicts, type PathClaim, type PathConflictKind } from './paths/claims.ts'

/**
 * How bad each is. On one file system in two of three, two spellings are two files, and a pattern need not be used: these
 * are MEDIUM. Everything else loses somebody's work wherever it happens.
 */
const severities: Readonly<Record<PathConflictKind, Severity>> = {
  SAME: 'HIGH',
  CASE_ONLY: 'MEDIUM',
  UNICODE_ONLY: 'MEDIUM',
  FILE_VS_DIR_PREFIX: 'HIGH',
  GLOB_OVERLAP: 'MEDIUM',
  RENAME_TARGET: 'HIGH',
  DELETE_VS_EDIT: 'HIGH',
}

const remedies: Readonly<Record<PathConflictKind, string>> = {
  SAME: 'Merge the two texts, write another file, or let one artifact take the place of the other (`supersedes`).',
  CASE_ONLY: 'Spell the path as the other does, or write another file.',
  UNICODE_ONLY: 'Write the name in the same normal form (NFC), or write another file.',
  FILE_VS_DIR_PREFIX: 'Move the file to a path that is no directory of the other.',
  GLOB_OVERLAP: 'Claim the files that are really written instead of a pattern, or work one after the other.',
  RENAME_TARGET: 'Rename to another path.',
  DELETE_VS_EDIT: 'Decide whether the file stays; work one after the other if the deletion comes last.',
}

const mostFindings = 200

/** What the claims of one artifact meet among those of others, each pair and kind once. */
export function findPathFindings(
  artifactId: string,
  own: readonly PathClaim[],
  others: readonly PathClaim[],
): readonly Finding[] {
  const found = new Map<string, Finding>()
  for (const conflict of findPathConflicts([...own, ...others])) {
    const isFirst = conflict.first.holder === artifactId
    if (!isFirst && conflict.second.holder !== artifactId) continue
    const [mine, theirs] = isFirst ? [conflict.first, conflict.second] : [conflict.second, conflict.first]
    const key = `${conflict.kind} ${theirs.holder} ${conflict.example}`
    if (found.has(key) || found.size >= mostFindings) continue
    found.set(key, {
      type: 'FILE_PATH',
      kind: conflict.kind,
      subject: conflict.example,
      severity: severities[conflict.kind],
      because: conflict.because,
      hints: [remedies[conflict.kind]],
      witness: null,
      sides: [
        { artifactId, claim: claimText(mine) },
        { artifactId: theirs.holder, claim: claimText(theirs) },
      ],
    })
  }
  return [...found.values()]
}

function claimText({ operation, path, to }: PathClaim): string {
  return to === null ? `${operation} ${path}` : `${operation} ${path} to ${to}`
}
