import type { DiffLine, TextDiff } from '@metaagent/contract'

/** Lines that stand beside each other; null where a side has none. */
export interface LinePair {
  readonly before: DiffLine | null
  readonly after: DiffLine | null
}

/** Pairs each run of removed lines with the added ones that follow it, first with first. */
export function sideBySide(lines: readonly DiffLine[]): readonly LinePair[] {
  const pairs: LinePair[] = []
  let removed: DiffLine[] = []
  let added: DiffLine[] = []
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++)
      pairs.push({ before: removed[at] ?? null, after: added[at] ?? null })
    removed = []
    added = []
  }
  for (const line of lines) {
    if (line.kind === 'removed') {
      // A removed line behind added ones begins another change.
      if (added.length > 0) flush()
      removed.push(line)
    } else if (line.kind === 'added') added.push(line)
    else {
      flush()
      pairs.push({ before: line, after: line })
    }
  }
  flush()
  return pairs
}

/** The hunks of a unified difference; what is none gives none. */
export function hunksOfPatch(patch: string): TextDiff['hunks'] {
  const hunks: { header: string; lines: DiffLine[] }[] = []
  let oldLine = 0
  let newLine = 0
  for (const line of patch.replace(/\n$/, '').split('\n')) {
    const head = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@/.exec(line)
    if (head !== null) {
      const [, oldStart, oldLines, newStart, newLines] = head.map(Number)
      // An empty side begins before its first line.
      oldLine = (oldStart ?? 0) + (oldLines === 0 ? 1 : 0)
      newLine = (newStart ?? 0) + (newLines === 0 ? 1 : 0)
      hunks.push({ header: head[0], lines: [] })
      continue
    }
    const lines = hunks.at(-1)?.lines
    const text = line.slice(1)
    if (line.startsWith('+')) lines?.push({ kind: 'added', oldLine: null, newLine: newLine++, text })
    else if (line.startsWith('-')) lines?.push({ kind: 'removed', oldLine: oldLine++, newLine: null, text })
    else if (line.startsWith(' ')) lines?.push({ kind: 'same', oldLine: oldLine++, newLine: newLine++, text })
  }
  return hunks
}
