import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tryDefaultMasking } from '../packages/server/src/slices/observe/masking/index.ts'
import type { Run } from '../tools/run-named.ts'

/** Labels whose values have a form; the other labels (people, places, organizations…) are beyond what rules find. */
const structured: ReadonlySet<string> = new Set([
  'CREDIT_CARD',
  'US_SSN',
  'PHONE_NUMBER',
  'EMAIL_ADDRESS',
  'IBAN_CODE',
  'IP_ADDRESS',
])
const aim = 0.98

interface Span {
  readonly entity_type: string
  readonly entity_value: string
  readonly start_position: number
  readonly end_position: number
}

interface Sample {
  readonly full_text: string
  readonly spans: readonly Span[]
}

interface Tally {
  removed: number
  all: number
}

/**
 * Masking as an organization has it by default, on labelled texts: every `*.json` under `DIR/presidio-research`, `DIR/data`
 * or `DIR` that holds a list of `{full_text, spans}`. A value counts as removed when not one character of it is left in
 * its place. A text without any label must come back as it was. `--verbose` prints misses and false alarms.
 */
export const run: Run = async ({ dataDir, args }) => {
  const { values } = parseArgs({ args: [...args], options: { verbose: { type: 'boolean', default: false } } })
  const samples = samplesIn(dataDir)
  if (samples.length === 0) {
    console.error(`NOT RUN: there are no labelled texts in ${dataDir}. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const byLabel = new Map<string, Tally>()
  let clean = 0
  let cleanAltered = 0
  for (const sample of samples) {
    const { finds } = await tryDefaultMasking(sample.full_text)
    for (const span of sample.spans) {
      const removed = isCovered(span, finds)
      const tally = byLabel.get(span.entity_type) ?? { removed: 0, all: 0 }
      byLabel.set(span.entity_type, { removed: tally.removed + (removed ? 1 : 0), all: tally.all + 1 })
      if (!removed && structured.has(span.entity_type) && values.verbose)
        console.log(`miss ${span.entity_type} ${span.entity_value} in ${JSON.stringify(sample.full_text)}`)
    }
    if (values.verbose) for (const find of finds) printFalseAlarm(sample, find)
    if (sample.spans.length > 0) continue
    clean += 1
    if (finds.length > 0) cleanAltered += 1
  }
  return report(byLabel, clean, cleanAltered)
}

function samplesIn(dataDir: string): readonly Sample[] {
  const folder = [join(dataDir, 'presidio-research'), dataDir].find((path) => existsSync(path))
  if (folder === undefined) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && statSync(join(folder, name)).isFile())
    .sort()
    .flatMap((name) => {
      const content: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      return Array.isArray(content) ? content.filter(isSample) : []
    })
}

function isSample(value: unknown): value is Sample {
  return (
    typeof value === 'object' &&
    value !== null &&
    'full_text' in value &&
    'spans' in value &&
    Array.isArray(value.spans)
  )
}

interface Range {
  readonly start: number
  readonly end: number
}

function isCovered({ start_position: start, end_position: end }: Span, finds: readonly Range[]): boolean {
  return finds.some((find) => find.start <= start && end <= find.end)
}

function printFalseAlarm(sample: Sample, find: Range & { readonly rule: string }): void {
  const touches = sample.spans.some((span) => span.start_position < find.end && find.start < span.end_position)
  if (!touches)
    console.log(
      `false alarm ${find.rule} ${sample.full_text.slice(find.start, find.end)} in ${JSON.stringify(sample.full_text)}`,
    )
}

function report(byLabel: ReadonlyMap<string, Tally>, clean: number, cleanAltered: number) {
  const add = (tallies: readonly Tally[]): Tally => ({
    removed: tallies.reduce((sum, { removed }) => sum + removed, 0),
    all: tallies.reduce((sum, { all }) => sum + all, 0),
  })
  let failed = cleanAltered > 0 ? 1 : 0
  for (const [label, { removed, all }] of [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const short = structured.has(label) && removed < aim * all
    if (short) failed += 1
    const mark = structured.has(label) ? (short ? 'FAIL' : 'ok  ') : '    '
    console.log(`${mark} ${label}: ${removed} of ${all} removed`)
  }
  const labels = [...byLabel]
  const ofForm = add(labels.filter(([label]) => structured.has(label)).map(([, tally]) => tally))
  const all = add(labels.map(([, tally]) => tally))
  console.log(`${cleanAltered === 0 ? 'ok  ' : 'FAIL'} ${cleanAltered} of ${clean} texts without a label altered`)
  const tested = labels.filter(([label]) => structured.has(label)).length + 1
  return {
    passed: tested - failed,
    failed,
    result: {
      structuredRecall: ofForm.all === 0 ? null : ofForm.removed / ofForm.all,
      allRecall: all.all === 0 ? null : all.removed / all.all,
      cleanAltered,
      texts: clean,
    },
  }
}
