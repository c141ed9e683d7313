import type { DiffLine, JsonValue, TextDiff } from '@metaagent/contract'
import { structuredPatch } from 'diff'

/** The search is quadratic in what differs; beyond this many lines the whole is shown as replaced, which is as true. */
const mostEdits = 1_000

/** Content as lines: a text as it is, any other value as JSON. */
export function textOf(content: JsonValue): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2)
}

/** What changed between two contents, line by line. */
export function hunksBetween(before: JsonValue, after: JsonValue): TextDiff['hunks'] {
  const [from, to] = [textOf(before), textOf(after)]
  if (from === to) return []
  const hunks = structuredPatch('', '', from, to, '', '', { context: 3, maxEditLength: mostEdits })?.hunks
  if (hunks === undefined) return [replaced(from.split('\n'), to.split('\n'))]
  return hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => ({
    header: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    lines: numbered(lines, oldStart, newStart),
  }))
}

function numbered(lines: readonly string[], oldStart: number, newStart: number): DiffLine[] {
  let oldLine = oldStart
  let newLine = newStart
  return lines.flatMap((line): DiffLine[] => {
    const text = line.slice(1)
    if (line.startsWith('+')) return [{ kind: 'added', oldLine: null, newLine: newLine++, text }]
    if (line.startsWith('-')) return [{ kind: 'removed', oldLine: oldLine++, newLine: null, text }]
    // `\ No newline at end of file` is no line.
    return line.startsWith(' ') ? [{ kind: 'same', oldLine: oldLine++, newLine: newLine++, text }] : []
  })
}

function replaced(from: readonly string[], to: readonly string[]): TextDiff['hunks'][number] {
  const lines = [...from.map((line) => `-${line}`), ...to.map((line) => `+${line}`)]
  return { header: `@@ -1,${from.length} +1,${to.length} @@`, lines: numbered(lines, 1, 1) }
}
