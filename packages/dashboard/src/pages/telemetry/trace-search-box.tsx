import { useRef } from 'react'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { formatCount } from '../../format/number.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './trace-page.module.css'

/** Finds steps of the trace that is shown. Enter goes to the next one, Shift and Enter to the one before. */
export function TraceSearchBox({
  text,
  found,
  at,
  onText,
  onMove,
}: {
  readonly text: string
  readonly found: number
  /** Place of the chosen step among those found, from 0; -1: it is none of them. */
  readonly at: number
  readonly onText: (text: string) => void
  readonly onMove: (by: 1 | -1) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  useShortcuts([
    { keys: '/', label: 'Search in the trace', group: 'Trace', run: () => input.current?.focus() },
    { keys: 'n', label: 'Next step found', group: 'Trace', run: () => onMove(1) },
    { keys: 'N', label: 'Previous step found', group: 'Trace', run: () => onMove(-1) },
  ])
  return (
    <div className={classes['find']} role="search">
      <Icon name="search" size={12} />
      <input
        ref={input}
        type="search"
        aria-label="Search in the trace"
        placeholder="Name, model, error …"
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onMove(event.shiftKey ? -1 : 1)
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      <span role="status" className={classes['found']} data-testid="trace-found">
        {text.trim() === '' ? <kbd>/</kbd> : foundWords(found, at)}
      </span>
    </div>
  )
}

function foundWords(found: number, at: number): string {
  if (found === 0) return 'none'
  return at < 0 ? `${formatCount(found)} found` : `${formatCount(at + 1)} of ${formatCount(found)}`
}
