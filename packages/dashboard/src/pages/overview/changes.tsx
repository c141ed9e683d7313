import type { ChangeEffect, Overview, OverviewChange } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { Actor } from '../../ui/actor.tsx'
import { Mark, MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ServerLink } from '../../ui/server-link.tsx'
import { Ago, Count, Duration, Money, Share } from '../../ui/value.tsx'
import { windowWords } from '../health/search.ts'
import classes from './overview.module.css'

/** What is not as it was, and beside each change of an agent its figures before and after. */
export function ChangesPanel({ overview }: { readonly overview: Overview }) {
  const { changes, changesLeftOut, window, withheld } = overview
  return (
    <Panel
      title="What changed?"
      note="Beside a change stand the figures of the day before and of the time after it; they need not come from it"
      testId="changes"
    >
      {withheld.includes('journal:read') ? (
        <p className={classes['calm']}>You may not see changes: they are read from the journal.</p>
      ) : changes.length === 0 ? (
        <p className={classes['calm']}>
          Nothing in the {windowWords[window]}. New releases and models, prices, rules, settings and decisions will
          stand here.
        </p>
      ) : (
        <ol className={classes['list']}>
          {changes.map((change) => (
            <Change key={change.eventId} change={change} />
          ))}
        </ol>
      )}
      {changesLeftOut > 0 ? (
        <p className={classes['more']}>
          {changesLeftOut} more in <Link to="/ledger">the ledger</Link>
        </p>
      ) : null}
    </Panel>
  )
}

function Change({ change }: { readonly change: OverviewChange }) {
  return (
    <li className={classes['item']}>
      <Mark tone={change.effect === null ? 'unknown' : verdictTones[change.effect.verdict]} />
      <span className={classes['what']}>
        <ServerLink link={change.link}>{change.title}</ServerLink>
        <span className={classes['figures']}>
          <span>{change.kind}</span>
          <span>
            <Ago at={change.at} /> by <Actor name={change.by} />
          </span>
        </span>
        {change.because === null ? null : <span className={classes['why']}>{change.because.text}</span>}
        {change.effect === null ? null : <Effect effect={change.effect} />}
      </span>
    </li>
  )
}

const verdictTones: Readonly<Record<ChangeEffect['verdict'], Tone>> = {
  better: 'healthy',
  worse: 'failing',
  mixed: 'degraded',
  steady: 'silent',
  unknown: 'unknown',
}
const verdictWords: Readonly<Record<ChangeEffect['verdict'], string>> = {
  better: 'better since',
  worse: 'worse since',
  mixed: 'mixed since',
  steady: 'no difference seen',
  unknown: 'too little to tell',
}

function Effect({ effect: { verdict, before, after, because } }: { readonly effect: ChangeEffect }) {
  if (before.executions + after.executions === 0)
    return (
      <span className={classes['why']}>Nothing ran in the day before it nor since, so nothing can be compared.</span>
    )
  const plain = { low: null, high: null }
  return (
    <details className={classes['effect']}>
      <summary>
        <MarkedWord tone={verdictTones[verdict]} word={verdictWords[verdict]} filled />
        <span>
          success <Share share={before.successRate} {...plain} /> → <Share share={after.successRate} {...plain} />
        </span>
        <span>
          p95 <Duration ms={before.latencyP95Ms} why="Nothing finished." /> →{' '}
          <Duration ms={after.latencyP95Ms} why="Nothing finished." />
        </span>
        <span>
          per success <Money nanoUsd={before.costPerSuccessNanoUsd} /> → <Money nanoUsd={after.costPerSuccessNanoUsd} />
        </span>
        <span>
          runs <Count count={before.executions} /> → <Count count={after.executions} />
        </span>
      </summary>
      <ul>
        {because.map((line) => (
          <li key={line.rule}>{line.text}</li>
        ))}
      </ul>
    </details>
  )
}
