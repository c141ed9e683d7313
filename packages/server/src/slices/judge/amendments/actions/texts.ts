import { createHash } from 'node:crypto'
import { lexer } from 'marked'
import { mergeTexts } from '../../../../kernel/texts/merge.ts'
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

/**
 * The draft with what was ratified since its base, line by line; null where both changed the same place otherwise, or
 * lines beside each other, as Git has it. The same change on both sides is made once.
 */
export function mergeDraft(asked: {
  readonly base: string
  readonly draft: string
  readonly inForce: string
}): string | null {
  const merged = mergeTexts(asked.base, asked.draft, asked.inForce)
  return merged.kind === 'merged' ? merged.text : null
}
