import type { AlertSeverity, AmendmentEvidence, Because, DriftStreamKind, FailureCounts } from '@metaagent/contract'
import { type Heading, markOf, placeRule } from './sections.ts'

/** What a drift alarm tells that an amendment can rest on. */
export interface DriftNews {
  readonly alarmId: string
  readonly streamId: string
  readonly kind: DriftStreamKind
  /** What was watched, in words: `helpfulness of agent support`. */
  readonly stream: string
  readonly metric: string
  readonly severity: AlertSeverity
  /** Null: nothing failed, it only became another (a latency). */
  readonly failures: FailureCounts | null
  readonly because: Because
  readonly document: string
  readonly section: string
  readonly evidence: readonly AmendmentEvidence[]
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
}

export interface DriftProposal {
  readonly title: string
  readonly reason: string
  readonly draft: string
}

/**
 * The amendment that an alarm proposes: a dated rule in the recommended section that says what was observed and what is
 * required until the stream is as it was. The same news gives the same text, letter for letter. A rule that stands there
 * for the stream already is replaced.
 */
export function proposeAmendment(asked: {
  readonly news: DriftNews
  readonly text: string
  readonly headings: readonly Heading[]
}): DriftProposal {
  const { news, text, headings } = asked
  const mark = markOf(news.streamId)
  const rule = ruleOf(news, mark)
  return {
    title: titleOf(news),
    reason: `${news.because.text} ${countsText(news.failures)}`.trim(),
    draft: placeRule({ text, headings, section: news.section, rule, mark }),
  }
}

function titleOf({ kind, stream }: DriftNews): string {
  const title = `${titles[kind]}: ${oneLine(stream)}`
  return title.length <= 200 ? title : `${title.slice(0, 199)}…`
}

const titles: Readonly<Record<DriftStreamKind, string>> = {
  judge: 'A judge judges otherwise',
  agent: 'An agent fails otherwise',
  check: 'A check fails otherwise',
  disabled: 'A check was disabled',
  coverage: 'Coverage was lost',
  figure: 'An agent behaves otherwise',
}

/** What holds until the stream recovers; a person edits it where their house does it otherwise. */
const requirements: Readonly<Record<DriftStreamKind, (metric: string) => string>> = {
  judge: (metric) =>
    `verdicts of this judge about ${metric} are audited before they decide anything, and a second judge is asked`,
  agent: (metric) =>
    `every change of this agent passes ${metric} before it is released, and a person looks at each failure`,
  check: (metric) => `every change that touches it passes ${metric} before it is released`,
  disabled: (metric) =>
    `the check ${metric} is enabled again, or exempted by name, with who answers for it and until when`,
  coverage: (metric) => `nothing is merged that lowers ${metric} further, and what was lost is covered again`,
  figure: (metric) =>
    `the agent’s owner explains the change of ${metric} in writing before another release of it is rolled out`,
}

function ruleOf(news: DriftNews, mark: string): string {
  const { day, stream, severity, because, alarmId, kind, metric } = news
  const counts = countsText(news.failures)
  return [
    `- **${day}, ${plain(stream)}** (${severity}): ${plain(because.text)}${counts === '' ? '' : ` ${counts}`}`,
    `  Until it is as it was before: ${requirements[kind](code(metric))}.`,
    `  Alarm \`${alarmId}\`. ${mark}`,
  ].join('\n')
}

function countsText(failures: FailureCounts | null): string {
  if (failures === null || failures.failures === null) return ''
  return failures.total === null ? `${failures.failures} failed.` : `${failures.failures} of ${failures.total} failed.`
}

/** Names come from outside: they stay on one line. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** And nothing in them is read as Markdown or opens a comment. */
function plain(text: string): string {
  return oneLine(text).replaceAll(/[\\`*[\]<]/g, '\\$&')
}

/** As code, in which nothing is escaped. */
function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``
}
