import type { TextDiff } from '@metaagent/contract'
import { structuredPatch } from 'diff'

// The search for a difference is quadratic in its size: two texts without a common line take longest. Beyond this many
// changed lines the whole text is shown as replaced, which is as true and takes no time.
const mostEdits = 1_000
const contextLines = 3

/** What changed between two texts, as a patch of a file of this name and line by line. */
export function diffTexts(name: string, from: string, to: string): TextDiff {
  const options = { context: contextLines, maxEditLength: mostEdits }
  const hunks = structuredPatch(name, name, from, to, '', '', options)?.hunks ?? [replaced(from, to)]
  const shown = hunks.map((hunk) => ({ header: headerOf(hunk), ...numbered(hunk) }))
  const patch = shown.map(({ header, raw }) => `${header}\n${raw.join('\n')}\n`).join('')
  const all = shown.flatMap(({ lines }) => lines)
  return {
    patch: patch === '' ? '' : `--- a/${name}\n+++ b/${name}\n${patch}`,
    hunks: shown.map(({ header, lines }) => ({ header, lines })),
    changed: {
      added: all.filter(({ kind }) => kind === 'added').length,
      removed: all.filter(({ kind }) => kind === 'removed').length,
    },
  }
}

type Hunk = Pick<
  ReturnType<typeof structuredPatch>['hunks'][number],
  'oldStart' | 'oldLines' | 'newStart' | 'newLines' | 'lines'
>

// An empty side begins before its first line, in the unified format.
function headerOf({ oldStart, oldLines, newStart, newLines }: Hunk): string {
  const startOf = (start: number, lines: number) => (lines === 0 ? start - 1 : start)
  return `@@ -${startOf(oldStart, oldLines)},${oldLines} +${startOf(newStart, newLines)},${newLines} @@`
}

function numbered({ oldStart, newStart, lines }: Hunk) {
  let oldLine = oldStart
  let newLine = newStart
  const shown = lines.flatMap((line): TextDiff['hunks'][number]['lines'] => {
    const text = line.slice(1)
    switch (line[0]) {
      case '+':
        return [{ kind: 'added', oldLine: null, newLine: newLine++, text }]
      case '-':
        return [{ kind: 'removed', oldLine: oldLine++, newLine: null, text }]
      case ' ':
        return [{ kind: 'same', oldLine: oldLine++, newLine: newLine++, text }]
      default:
        return []
    }
  })
  return { raw: lines, lines: shown }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function replaced(from: string, to: string): Hunk {
  const [old, fresh] = [linesOf(from), linesOf(to)]
  return {
    oldStart: 1,
    oldLines: old.length,
    newStart: 1,
    newLines: fresh.length,
    lines: [...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)],
  }
}
