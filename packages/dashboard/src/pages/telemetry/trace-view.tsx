import type { Trace } from '@metaagent/contract'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react'
import type { z } from 'zod'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { formatDuration } from '../../format/duration.ts'
import { Icon } from '../../ui/icon.tsx'
import { kindsOf } from './kinds.tsx'
import { nextFailure, treeMove } from './trace-keys.ts'
import { TraceLine } from './trace-line.tsx'
import classes from './trace-page.module.css'
import { findSteps, nextMatch } from './trace-search.ts'
import { TraceSearchBox } from './trace-search-box.tsx'
import { ancestorsOf, parentsOf, type TraceNode, visibleRows } from './trace-tree.ts'
import { type TimeSpan, ticksOf, wholeSpan, zoomTo } from './waterfall.ts'

const ROW_HEIGHT = 28
// The time axis stays above the lines.
const AXIS_HEIGHT = 28

interface TraceViewProps {
  readonly trace: z.infer<typeof Trace>
  readonly roots: readonly TraceNode[]
  readonly chosen: string | null
  readonly onChoose: (actionId: string | null) => void
}

/** The steps as a tree beside a waterfall. Only the lines in view are drawn, so thousands of steps stay smooth. */
export function TraceView({ trace, roots, chosen, onChoose }: TraceViewProps) {
  const { execution, actions } = trace
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => new Set())
  const rows = useMemo(() => visibleRows(roots, closed), [roots, closed])
  const at = chosen === null ? -1 : rows.findIndex(({ node }) => node.action.actionId === chosen)
  const whole = useMemo(() => wholeSpan(execution, actions), [execution, actions])
  const kinds = useMemo(() => kindsOf(actions), [actions])
  const [zoomed, setZoomed] = useState<TimeSpan | null>(null)
  const span = zoomed ?? whole
  const { scroll, virtualizer } = useLines(rows.length, at)
  // Stable, so that a frame of scrolling draws the lines that come into view and none of those that stay.
  const choose = useCallback(
    (index: number) => {
      onChoose(rows[index]?.node.action.actionId ?? null)
      virtualizer.scrollToIndex(index + 1, { align: 'auto' })
    },
    [rows, onChoose, virtualizer],
  )
  const toggle = useCallback((actionId: string) => setClosed((before) => withToggled(before, actionId)), [])
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const move = treeMove(event.key, rows, at)
    if (move === null) return
    event.preventDefault()
    if (move.kind === 'choose') choose(move.index)
    else if (move.kind === 'detail') document.getElementById('step-detail')?.focus()
    else toggle(move.actionId)
  }
  // What is looked for may stand in a closed branch, which is then opened.
  const reveal = (actionId: string) => {
    const above = new Set(ancestorsOf(actions, actionId))
    const next = new Set([...closed].filter((id) => !above.has(id)))
    setClosed(next)
    onChoose(actionId)
    virtualizer.scrollToIndex(visibleRows(roots, next).findIndex(({ node }) => node.action.actionId === actionId) + 1)
  }
  const showFailure = () => {
    const all = visibleRows(roots, new Set())
    const index = nextFailure(
      all,
      all.findIndex(({ node }) => node.action.actionId === chosen),
    )
    const failed = index === null ? undefined : all[index]?.node.action.actionId
    if (failed !== undefined) reveal(failed)
  }
  const { text, setText, matches, matching } = useTraceSearch(roots)
  const showMatch = (by: 1 | -1) => {
    const match = nextMatch(matches, chosen, by)
    if (match !== null) reveal(match)
  }
  const step = actions.find(({ actionId }) => actionId === chosen)
  return (
    <>
      <Toolbar
        kinds={kinds}
        failures={actions.filter(({ status }) => status === 'failure').length}
        allClosed={closed.size > 0}
        onFailure={showFailure}
        onFold={() => setClosed(closed.size > 0 ? new Set() : new Set(parentsOf(roots)))}
        zoomed={zoomed !== null}
        onZoom={
          step === undefined
            ? null
            : () => setZoomed(zoomTo(whole, Date.parse(step.startedAt), Date.parse(step.endedAt)))
        }
        onWhole={() => setZoomed(null)}
        search={
          <TraceSearchBox
            text={text}
            found={matches.length}
            at={chosen === null ? -1 : matches.indexOf(chosen)}
            onText={setText}
            onMove={showMatch}
          />
        }
      />
      <div
        ref={scroll}
        className={classes['scroll']}
        role="tree"
        aria-label="Steps"
        tabIndex={0}
        aria-activedescendant={`step-${chosen ?? 'execution'}`}
        onKeyDown={onKey}
        data-testid="trace-tree"
      >
        <Axis span={span} originMs={whole.fromMs} />
        <div className={classes['rows']} style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => (
            <TraceLine
              key={index === 0 ? 'execution' : (rows[index - 1]?.node.action.actionId ?? index)}
              execution={execution}
              row={index === 0 ? null : (rows[index - 1] ?? null)}
              top={start - AXIS_HEIGHT}
              span={span}
              chosen={index - 1 === at}
              found={matching.has(rows[index - 1]?.node.action.actionId ?? '')}
              index={index - 1}
              onChoose={choose}
              onToggle={toggle}
            />
          ))}
        </div>
      </div>
    </>
  )
}

function useTraceSearch(roots: readonly TraceNode[]) {
  const [text, setText] = useState('')
  // Typing stays fast in a large trace: the steps are looked through when the browser has time.
  const searched = useDeferredValue(text)
  const matches = useMemo(() => findSteps(roots, searched), [roots, searched])
  const matching = useMemo(() => new Set(matches), [matches])
  return { text, setText, matches, matching }
}

function useLines(count: number, at: number) {
  const scroll = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    // The execution itself is the first line.
    count: count + 1,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: AXIS_HEIGHT,
    scrollPaddingStart: AXIS_HEIGHT,
    scrollPaddingEnd: ROW_HEIGHT,
    initialOffset: Math.max(0, (at - 6) * ROW_HEIGHT),
    initialRect: { width: 800, height: 600 },
  })
  return { scroll, virtualizer }
}

function withToggled(closed: ReadonlySet<string>, actionId: string): ReadonlySet<string> {
  const next = new Set(closed)
  if (!next.delete(actionId)) next.add(actionId)
  return next
}

function Axis({ span, originMs }: { readonly span: TimeSpan; readonly originMs: number }) {
  const length = span.toMs - span.fromMs
  return (
    <div className={classes['axis']} aria-hidden="true">
      <span>Step</span>
      <div className={classes['ticks']}>
        {ticksOf(span, originMs, 6).map((tick) => (
          <span key={tick} style={{ left: `${((originMs + tick - span.fromMs) / length) * 100}%` }}>
            {tick === 0 ? '0' : formatDuration(tick)}
          </span>
        ))}
      </div>
    </div>
  )
}

function Toolbar(props: {
  readonly kinds: ReturnType<typeof kindsOf>
  readonly failures: number
  readonly allClosed: boolean
  readonly zoomed: boolean
  readonly onFailure: () => void
  readonly onFold: () => void
  readonly onZoom: (() => void) | null
  readonly onWhole: () => void
  readonly search: ReactNode
}) {
  const { kinds, failures, allClosed, zoomed, onFailure, onFold, onZoom, onWhole, search } = props
  useShortcuts([
    { keys: 'e', label: 'Next failed step', group: 'Trace', run: onFailure },
    { keys: 'x', label: 'Open or close all steps', group: 'Trace', run: onFold },
    {
      keys: 'z',
      label: 'Zoom to the chosen step, or back',
      group: 'Trace',
      run: () => (zoomed ? onWhole() : onZoom?.()),
    },
  ])
  return (
    <div className={classes['toolbar']}>
      {search}
      <button type="button" onClick={onFold}>
        <kbd>x</kbd> {allClosed ? 'Open all' : 'Close all'}
      </button>
      <button type="button" onClick={onFailure} disabled={failures === 0}>
        <kbd>e</kbd> {failures === 0 ? 'No failed step' : `Next of ${failures} failed`}
      </button>
      <button type="button" onClick={zoomed ? onWhole : (onZoom ?? undefined)} disabled={!zoomed && onZoom === null}>
        <kbd>z</kbd> {zoomed ? 'Whole time' : 'Zoom to step'}
      </button>
      <div className={classes['legend']}>
        {kinds.map(({ kind, icon }) => (
          <span key={kind} style={{ color: `var(--kind-${kind})` }}>
            <Icon name={icon} size={12} /> {kind}
          </span>
        ))}
      </div>
    </div>
  )
}
