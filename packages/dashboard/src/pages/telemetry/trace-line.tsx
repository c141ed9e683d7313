import type { Action, Execution } from '@metaagent/contract'
import { type CSSProperties, memo } from 'react'
import { formatDuration } from '../../format/duration.ts'
import { formatCount } from '../../format/number.ts'
import { Icon } from '../../ui/icon.tsx'
import { Mark } from '../../ui/mark.tsx'
import { kindIcons } from './kinds.tsx'
import classes from './trace-page.module.css'
import type { TraceRow } from './trace-tree.ts'
import { barOf, type TimeSpan } from './waterfall.ts'

interface TraceLineProps {
  readonly execution: Execution
  /** Null for the line of the execution itself. */
  readonly row: TraceRow | null
  readonly top: number
  readonly span: TimeSpan
  readonly chosen: boolean
  /** Whether the search in the trace found it. */
  readonly found: boolean
  /** Place among the rows; -1: the execution itself. */
  readonly index: number
  readonly onChoose: (index: number) => void
  readonly onToggle: (actionId: string) => void
}

const INDENT = 14
const DEEPEST = 18

/** One line: its place in the tree on the left, its place in time on the right. Drawn again only when it is another. */
export const TraceLine = memo(function TraceLine(props: TraceLineProps) {
  const { execution, row, top, span, chosen, found, index, onChoose, onToggle } = props
  const action = row?.node.action ?? null
  const depth = row === null ? 0 : row.depth + 1
  const hasChildren = row !== null && row.node.children.length > 0
  return (
    // Keys are handled by the tree, which holds the focus; a click chooses.
    <div
      id={`step-${action?.actionId ?? 'execution'}`}
      className={classes['row']}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-selected={chosen}
      aria-expanded={hasChildren ? row.open : undefined}
      aria-label={labelOf(execution, action)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onChoose(index)}
      onKeyDown={(event) => event.key === 'Enter' && onChoose(index)}
      data-found={found}
      data-testid="trace-row"
    >
      <div className={classes['branch']} style={{ paddingLeft: 8 + Math.min(depth, DEEPEST) * INDENT }}>
        {row !== null && hasChildren ? (
          <button
            type="button"
            className={classes['twist']}
            tabIndex={-1}
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation()
              onToggle(row.node.action.actionId)
            }}
          >
            <Icon name={row.open ? 'down' : 'right'} size={10} />
          </button>
        ) : (
          <span className={classes['twist']} />
        )}
        {action === null ? <Icon name="executions" size={13} /> : <StepIcon action={action} />}
        <span className={`truncate ${action?.status === 'failure' ? classes['failed'] : ''}`}>
          {action?.name ?? execution.agent}
        </span>
        {action?.model == null ? null : <small className="truncate">{action.model}</small>}
        {row !== null && !row.open && hasChildren ? <small>+{formatCount(row.node.descendants)}</small> : null}
        {row?.node.orphan === true ? (
          <span className={classes['orphan']} title="The step that it belongs to is not in this trace.">
            no parent
          </span>
        ) : null}
        {action?.status === 'failure' || (row?.open === false && row.node.failureBelow) ? (
          <Mark tone="failing" size={11} />
        ) : null}
      </div>
      <Bar execution={execution} action={action} span={span} />
    </div>
  )
})

function StepIcon({ action }: { readonly action: Action }) {
  return <Icon name={kindIcons[action.kind]} size={13} style={{ color: `var(--kind-${action.kind})` }} />
}

function Bar({
  execution,
  action,
  span,
}: {
  readonly execution: Execution
  readonly action: Action | null
  readonly span: TimeSpan
}) {
  const startMs = Date.parse(action?.startedAt ?? execution.startedAt)
  const end = action?.endedAt ?? execution.endedAt
  const endMs = end === null ? span.toMs : Date.parse(end)
  const bar = barOf(span, startMs, endMs)
  if (bar === null) return <div className={classes['time']} />
  const style: CSSProperties & { '--kind': string } = {
    '--kind': action === null ? 'var(--text-faint)' : `var(--kind-${action.kind})`,
    left: `${bar.left * 100}%`,
    width: `${bar.width * 100}%`,
  }
  // The length stands behind its bar where there is room, else before it.
  const right = bar.left + bar.width
  const place =
    right < 0.85 ? { left: `${right * 100}%` } : bar.left > 0.15 ? { right: `${(1 - bar.left) * 100}%` } : null
  return (
    <div className={classes['time']}>
      <div className={classes['bar']} data-status={action?.status ?? execution.status} style={style} />
      {place === null ? null : (
        <span className={classes['length']} style={place}>
          {formatDuration(action === null ? execution.durationMs : action.durationMs)}
        </span>
      )}
    </div>
  )
}

function labelOf(execution: Execution, action: Action | null): string {
  if (action === null) return `Execution of ${execution.agent}, ${execution.status}`
  return `${action.kind} ${action.name}, ${action.status}, ${formatDuration(action.durationMs)}`
}
