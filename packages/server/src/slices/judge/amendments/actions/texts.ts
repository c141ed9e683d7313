import { createHash } from 'node:crypto'
import type { TextDiff } from '@metaagent/contract'
import { diffArrays, structuredPatch } from 'diff'
import { lexer } from 'marked'
import type { Heading } from '../model/sections.ts'

/** Texts are kept with `\n` at the end of every line, without a byte order mark; the empty text stays empty. */
export function normalText(text: string): string {
  const lines = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  return lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`
}

/** `sha256:` and the hex SHA-256 of the text in UTF-8. */
export function digestOfText(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The headings of a Markdown text; what looks like one inside of code, a quotation or a list is none. */
export function headingsOf(text: string): readonly Heading[] {
  const found: Heading[] = []
  let line = 0
  for (const token of lexer(text)) {
    const lines = token.raw.split('\n').length - 1
    if (token.type === 'heading') {
      // The parser counts the blank lines behind a heading to it.
      const own = token.raw.trimEnd().split('\n').length
      found.push({ depth: Number(token['depth']), title: String(token['text']), line, bodyLine: line + own })
    }
    line += lines
  }
  return found
}

// The search for a difference is quadratic in its size: two texts without a common line take longest. Beyond this many
// changed lines the whole text is shown as replaced, which is as true and takes no time.
const mostEdits = 1_000
const contextLines = 3

/** What changed between two texts of a document, as a patch and line by line. */
export function diffTexts(document: string, from: string, to: string): TextDiff {
  const options = { context: contextLines, maxEditLength: mostEdits }
  const hunks = structuredPatch(document, document, from, to, '', '', options)?.hunks ?? [replaced(from, to)]
  const shown = hunks.map((hunk) => ({ header: headerOf(hunk), ...numbered(hunk) }))
  const patch = shown.map(({ header, raw }) => `${header}\n${raw.join('\n')}\n`).join('')
  const all = shown.flatMap(({ lines }) => lines)
  return {
    patch: patch === '' ? '' : `--- a/${document}\n+++ b/${document}\n${patch}`,
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

/** Lines of the base, from and up to but without `to`, that became others. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/**
 * The draft with what was ratified since its base, line by line; null where both changed the same place otherwise, or
 * lines beside each other, as Git has it. The same change on both sides is made once.
 */
export function mergeTexts(asked: {
  readonly base: string
  readonly draft: string
  readonly inForce: string
}): string | null {
  const base = linesOf(asked.base)
  const drafted = editsOf(base, linesOf(asked.draft))
  const ratified = editsOf(base, linesOf(asked.inForce))
  if (drafted === null || ratified === null) return null
  const own = drafted.filter((edit) => !ratified.some((other) => isSame(edit, other)))
  if (own.some((edit) => ratified.some((other) => edit.from <= other.to && other.from <= edit.to))) return null
  const lines: string[] = []
  let at = 0
  for (const edit of [...own, ...ratified].toSorted((a, b) => a.from - b.from)) {
    lines.push(...base.slice(at, edit.from), ...edit.lines)
    at = edit.to
  }
  lines.push(...base.slice(at))
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function isSame(a: Edit, b: Edit): boolean {
  return a.from === b.from && a.to === b.to && a.lines.join('\n') === b.lines.join('\n')
}

/** What changes the base into another text, in order; null when they differ too much to look. */
function editsOf(base: readonly string[], other: readonly string[]): readonly Edit[] | null {
  const changes = diffArrays([...base], [...other], { maxEditLength: mostEdits })
  if (changes === undefined) return null
  const edits: Edit[] = []
  let at = 0
  let open: Edit | null = null
  for (const { added, removed, value } of changes) {
    if (!added && !removed) {
      if (open !== null) edits.push(open)
      open = null
    } else {
      const { from, lines }: Pick<Edit, 'from' | 'lines'> = open ?? { from: at, lines: [] }
      open = { from, to: at + (removed ? value.length : 0), lines: added ? [...lines, ...value] : lines }
    }
    if (!added) at += value.length
  }
  return open === null ? edits : [...edits, open]
}
