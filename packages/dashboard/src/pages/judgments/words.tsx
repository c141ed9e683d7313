import type { Judgment, JudgmentType, QaSubject, StatusMeaning } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Explained, Unknown } from '../../ui/value.tsx'
import classes from './judgments.module.css'

/** What each type of judgment says, in a word or two. */
export const typeWords: Readonly<Record<JudgmentType, string>> = {
  qa_success: 'success',
  qa_failure: 'failure',
  qa_warning: 'warning',
  qa_exemption: 'exemption',
  qa_disabled: 'disabled',
  qa_coverage: 'coverage',
  score: 'no verdict',
}

const typeTones: Readonly<Record<JudgmentType, Tone>> = {
  qa_success: 'healthy',
  qa_failure: 'failing',
  qa_warning: 'degraded',
  qa_exemption: 'silent',
  qa_disabled: 'silent',
  qa_coverage: 'unknown',
  score: 'unknown',
}

export function TypeMark({ type, filled = false }: { readonly type: JudgmentType; readonly filled?: boolean }) {
  return <MarkedWord tone={typeTones[type]} word={typeWords[type]} filled={filled} />
}

const meaningTones: Readonly<Record<StatusMeaning, Tone>> = { pass: 'healthy', fail: 'failing', abstain: 'unknown' }

export function MeaningMark({ meaning }: { readonly meaning: StatusMeaning }) {
  return <MarkedWord tone={meaningTones[meaning]} word={meaning} />
}

/** The subject of a judgment, with the way to it where it is a run or a step of one. */
export function SubjectLink({
  judgment,
}: {
  readonly judgment: Pick<Judgment, 'subject' | 'executionId' | 'actionId'>
}) {
  const { subject, executionId, actionId } = judgment
  const shown = shortSubject(subject)
  if (executionId === null)
    return (
      <span title={subject.id}>
        <span className="faint">{subject.kind}</span> {shown}
      </span>
    )
  return (
    <span title={subject.id}>
      <span className="faint">{actionId === null ? 'run' : 'step'}</span>{' '}
      <Link
        to="/executions/$executionId"
        params={{ executionId }}
        search={actionId === null ? {} : { action: actionId }}
        className={classes['id']}
      >
        {shown}
      </Link>
    </span>
  )
}

/** Ids of runs are long and told apart by their end, which is random. */
export function shortSubject({ kind, id }: QaSubject): string {
  if (kind === 'execution') return `…${id.slice(-8)}`
  return kind === 'action' ? `…${id.slice(24, 32)} / …${id.slice(-6)}` : id
}

/** A score with its scale; what the judge did not say is shown as unknown. */
export function Score({ judgment: { score, scale } }: { readonly judgment: Pick<Judgment, 'score' | 'scale'> }) {
  if (score === null) return <Unknown why="The judge gave no score." />
  const shown = String(Number(score.toPrecision(4)))
  if (scale === null) return <Explained tip="The judge did not tell its scale.">{shown}</Explained>
  return (
    <Explained tip={scaleWords(scale)}>
      {shown} <span className="faint">of {scale.max}</span>
    </Explained>
  )
}

export function scaleWords({ min, max, passFrom }: NonNullable<Judgment['scale']>): string {
  return `${min} to ${max}${passFrom === null ? ', without a line' : `, passes from ${passFrom}`}`
}

/** What an event about the check itself tells, as a sentence; null where there is none. */
export function detailWords(details: Judgment['details']): string | null {
  if (details === null) return null
  if ('covered' in details) {
    const { covered, total } = details
    return `Covers ${covered} of ${total}, ${Math.round((1_000 * covered) / total) / 10} %.`
  }
  if ('change' in details) return `The check was ${details.change}.`
  return details.expiresAt === null ? 'Until it is taken back.' : `Until ${details.expiresAt}.`
}
