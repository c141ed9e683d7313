import type { Because } from '@metaagent/contract'
import { UNKNOWN } from '../format/money.ts'
import classes from './because-list.module.css'

/** Why a decision fell, line by line: the sentence, then the rule with what it saw and the line it compared with. */
export function BecauseList({ lines }: { readonly lines: readonly Because[] }) {
  return (
    <ul className={classes['list']} data-testid="because">
      {lines.map((line) => (
        <li key={`${line.rule} ${line.text}`}>
          <p>{line.text}</p>
          <p className={classes['rule']}>
            <code>{line.rule}</code>
            <span>
              saw <b>{shown(line.observed)}</b>
            </span>
            <span>
              limit <b>{line.limit === null ? 'none' : shown(line.limit)}</b>
            </span>
          </p>
        </li>
      ))}
    </ul>
  )
}

function shown(value: Because['observed']): string {
  if (value === null) return `unknown (${UNKNOWN})`
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value
}
