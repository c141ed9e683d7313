import classes from './gateway.module.css'

/** Sentences about a draft; nothing when there are none. */
export function Sentences({
  title,
  lines,
  isAlert = false,
}: {
  readonly title?: string
  readonly lines: readonly string[]
  readonly isAlert?: boolean
}) {
  if (lines.length === 0) return null
  return (
    <div className={classes['sentences']} {...(isAlert ? { role: 'alert' } : {})}>
      {title === undefined ? null : <p>{title}</p>}
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  )
}
