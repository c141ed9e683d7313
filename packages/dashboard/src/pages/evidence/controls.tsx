import type { AssessedControl, AssessedEvidence } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { plural } from '../../format/number.ts'
import classes from './evidence.module.css'
import { ControlMark } from './state-counts.tsx'

const mostLinked = 5

/** Controls with what shows them; gaps stand first, since they are what is left to do. */
export function Controls({ controls }: { readonly controls: readonly AssessedControl[] }) {
  const order = { gap: 0, covered: 1, outside: 2 } as const
  const sorted = controls.toSorted((a, b) => order[a.state] - order[b.state])
  return (
    <ul className={classes['controls']} data-testid="controls">
      {sorted.map((control) => (
        <Control key={control.id} control={control} />
      ))}
    </ul>
  )
}

function Control({ control }: { readonly control: AssessedControl }) {
  const { clause, title, asks, outside, state, because, evidence } = control
  return (
    <li className={classes['control']} data-state={state}>
      <div className={classes['control-head']}>
        <h3>
          <span className={classes['clause']}>{clause}</span> {title}
        </h3>
        <ControlMark state={state} />
      </div>
      <p>{asks}</p>
      {state === 'gap' ? <p className={classes['because']}>{because.text}</p> : null}
      {evidence.length === 0 ? null : (
        <ul className={classes['evidence']}>
          {evidence.map((one) => (
            <EvidenceLine key={one.id} evidence={one} />
          ))}
        </ul>
      )}
      {outside === null ? null : (
        <p className="soft">
          <strong>To be shown otherwise:</strong> {outside}
        </p>
      )}
    </li>
  )
}

function EvidenceLine({ evidence }: { readonly evidence: AssessedEvidence }) {
  const { shows, count, atLeast, listed } = evidence
  const linked = listed.slice(0, mostLinked)
  return (
    <li data-found={count >= atLeast}>
      <span>{shows}</span>
      <span className={classes['entries']}>
        {count === 0 ? 'no entry' : plural(count, 'entry', 'entries')}
        {linked.map((index) => (
          <Link key={index} to="/ledger/entries/$index" params={{ index: String(index) }} search={{}}>
            {index}
          </Link>
        ))}
        {count > linked.length && linked.length > 0 ? <span aria-hidden="true">…</span> : null}
      </span>
    </li>
  )
}
