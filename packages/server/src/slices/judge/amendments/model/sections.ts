/** A heading of a Markdown document, as a parser found it. */
export interface Heading {
  readonly depth: number
  readonly title: string
  /** Line on which it begins, from 0. */
  readonly line: number
  /** First line behind it; an underlined heading takes two. */
  readonly bodyLine: number
}

/** What marks the rule of one stream, so that a later one takes its place; not shown when the text is rendered. */
export function markOf(streamId: string): string {
  return `<!-- stream ${streamId} -->`
}

/**
 * The text with a rule in its section: in place of the stream's earlier rule where one stands, else at the end of what
 * stands directly under the heading. A section that is not there is added at the end. Nothing else of the text changes.
 */
export function placeRule(asked: {
  readonly text: string
  readonly headings: readonly Heading[]
  readonly section: string
  /** A list item in one or more lines; its last line ends in the mark. */
  readonly rule: string
  readonly mark: string
}): string {
  const { text, headings, section, rule, mark } = asked
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const earlier = earlierRule(lines, mark)
  if (earlier !== null) return joined(lines.toSpliced(earlier.from, earlier.count, ...rule.split('\n')))
  const at = headings.findIndex(({ title }) => sameTitle(title, section))
  const heading = headings[at]
  if (heading === undefined) {
    const before = lines.length === 0 ? [] : [...withoutBlankEnd(lines), '']
    return joined([...before, `## ${section}`, '', ...rule.split('\n')])
  }
  const end = headings[at + 1]?.line ?? lines.length
  const body = withoutBlankEnd(lines.slice(heading.bodyLine, end))
  const isList = isListEnd(body)
  const placed = [
    ...lines.slice(0, heading.bodyLine),
    ...(body.length === 0 ? [''] : body),
    ...(body.length === 0 || isList ? [] : ['']),
    ...rule.split('\n'),
    ...(end < lines.length ? [''] : []),
    ...lines.slice(end),
  ]
  return joined(placed)
}

/** The text without the rule of a stream, and without the blank line that would stay twice; as it is where none stands. */
export function withoutRule(text: string, mark: string): string {
  const lines = text.replace(/\n$/, '').split('\n')
  const rule = earlierRule(lines, mark)
  if (rule === null) return text
  const before = lines.slice(0, rule.from)
  const after = lines.slice(rule.from + rule.count)
  const isTwice = (before.at(-1) ?? '').trim() === '' && (after[0] ?? '').trim() === ''
  const kept = [...before, ...after.slice(isTwice ? 1 : 0)]
  return kept.length === 0 ? '' : joined(after.length === 0 ? withoutBlankEnd(kept) : kept)
}

function sameTitle(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}

function joined(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1)
}

/** Whether a list item may follow at once: the last block is a list, with its continued lines. */
function isListEnd(body: readonly string[]): boolean {
  const block = body.slice(body.findLastIndex((line) => line.trim() === '') + 1)
  return /^[-*+] /.test(block[0] ?? '')
}

/** Lines of the list item that ends in the mark. */
function earlierRule(lines: readonly string[], mark: string): { readonly from: number; readonly count: number } | null {
  const last = lines.findIndex((line) => line.trimEnd().endsWith(mark))
  if (last < 0) return null
  const from = lines.findLastIndex((line, at) => at <= last && /^[-*+] /.test(line))
  return from < 0 ? { from: last, count: 1 } : { from, count: last - from + 1 }
}
