import type { ErasedTable } from '@metaagent/contract'
import { plural } from '../../format/number.ts'
import classes from './privacy.module.css'

/** Rows by what they hold; where there are none nothing is said. */
export function TableCounts({ tables }: { readonly tables: readonly ErasedTable[] }) {
  const some = tables.filter(({ rows }) => rows > 0)
  if (some.length === 0) return null
  return (
    <ul className={classes['tables']}>
      {some.map(({ table, holds, how, rows }) => (
        <li key={table}>
          <span>{holds}</span>
          <span className="soft">
            {plural(rows, 'row')} {how}
          </span>
        </li>
      ))}
    </ul>
  )
}
