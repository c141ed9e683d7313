import { type ReactNode, useEffect } from 'react'
import classes from './page.module.css'

/** The head of a page: what it is, one line about it, and its controls. Also names the browser's tab. */
export function PageHead({
  title,
  tab,
  lead,
  children,
}: {
  readonly title: ReactNode
  readonly tab: string
  readonly lead?: ReactNode
  readonly children?: ReactNode
}) {
  useEffect(() => {
    document.title = `${tab} · MetaAgent`
  }, [tab])
  return (
    <header className={classes['head']}>
      <div className={classes['title']}>
        <h1 data-testid="page-title">{title}</h1>
        {lead === undefined ? null : <div className={classes['lead']}>{lead}</div>}
      </div>
      {children === undefined ? null : <div className={classes['controls']}>{children}</div>}
    </header>
  )
}

/** A framed part of a page with a heading. `flush` lets a table reach the frame. */
export function Panel({
  title,
  note,
  actions,
  flush = false,
  children,
  testId,
}: {
  readonly title?: ReactNode
  readonly note?: ReactNode
  readonly actions?: ReactNode
  readonly flush?: boolean
  readonly children: ReactNode
  readonly testId?: string
}) {
  return (
    <section className={classes['panel']} data-testid={testId}>
      {title === undefined ? null : (
        <div className={classes['panel-head']}>
          <div>
            <h2>{title}</h2>
            {note === undefined ? null : <div className={classes['note']}>{note}</div>}
          </div>
          {actions}
        </div>
      )}
      <div className={flush ? classes['flush'] : classes['panel-body']}>{children}</div>
    </section>
  )
}

/** Facts as pairs: what it is called, what it is. A long one takes the room of two. */
export function Facts({
  items,
}: {
  readonly items: readonly (readonly [label: string, value: ReactNode, width?: 'wide'])[]
}) {
  return (
    <dl className={classes['facts']}>
      {items.map(([label, value, width]) => (
        <div key={label} data-width={width}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Room of a known size where something will stand, so that nothing jumps when it comes. */
export function Placeholder({
  height,
  label = 'Loading',
}: {
  readonly height: number | string
  readonly label?: string
}) {
  return (
    <div className={classes['placeholder']} style={{ height }} role="status">
      <span className="visually-hidden">{label}</span>
    </div>
  )
}

/** What to do where there is nothing yet. */
export function Empty({
  title,
  children,
  actions,
}: {
  readonly title: string
  readonly children?: ReactNode
  readonly actions?: ReactNode
}) {
  return (
    <div className={classes['empty']} data-testid="empty">
      <h2>{title}</h2>
      {children === undefined ? null : <div className={classes['empty-text']}>{children}</div>}
      {actions}
    </div>
  )
}
