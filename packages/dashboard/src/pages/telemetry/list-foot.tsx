import { formatCount } from '../../format/number.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './executions-page.module.css'

/** How much of a list is shown, the way to more of it, and what was wrong with the last page. */
export function ListFoot({
  shown,
  list,
  onMore,
}: {
  readonly shown: number
  readonly list: { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; readonly error: Error | null }
  readonly onMore: () => void
}) {
  if (list.error !== null) return <ProblemPanel error={list.error} compact onRetry={onMore} />
  if (shown === 0) return null
  return (
    <div className={classes['foot']} data-testid="execution-count">
      <span>
        {formatCount(shown)} shown{list.hasNextPage ? '' : ', that is all'}
      </span>
      {list.hasNextPage ? (
        <button type="button" onClick={onMore} disabled={list.isFetchingNextPage}>
          {list.isFetchingNextPage ? 'Loading …' : 'Load more'}
        </button>
      ) : null}
    </div>
  )
}
