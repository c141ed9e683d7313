import type { ArtifactDetail, ArtifactLink } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../ui/page.tsx'
import classes from './artifacts.module.css'

/** What an artifact rests on and what rests on it: a picture, and the same as a list that can be read and followed. */
export function Graph({ artifact }: { readonly artifact: ArtifactDetail }) {
  const { dependsOn, dependedOnBy, name } = artifact
  if (dependsOn.length + dependedOnBy.length === 0)
    return (
      <Panel title="Dependencies" testId="artifact-graph">
        <p className="soft">It rests on nothing, and nothing rests on it.</p>
      </Panel>
    )
  return (
    <Panel title="Dependencies" note="What it rests on, and what rests on it" testId="artifact-graph">
      <div className={classes['parts']}>
        <Picture name={name} before={dependsOn} after={dependedOnBy} />
        <Links title="Rests on" links={dependsOn} />
        <Links title="Needed by" links={dependedOnBy} />
      </div>
    </Panel>
  )
}

function Links({ title, links }: { readonly title: string; readonly links: readonly ArtifactLink[] }) {
  if (links.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <ul className={classes['rows']}>
        {links.map((link) => (
          <li key={`${link.kind} ${link.id}`}>
            {link.kind === 'artifact' ? (
              <Link to="/artifacts/$artifactId" params={{ artifactId: link.id }}>
                {link.name ?? link.id}
              </Link>
            ) : (
              (link.name ?? link.id)
            )}{' '}
            <span className="soft">
              {link.kind}
              {link.state === null ? '' : `, ${link.state.toLowerCase().replaceAll('_', ' ')}`}
              {link.reason === 'serialised' ? ', put in order by a resolution' : ''}
              {link.name === null ? ', not known here' : ''}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

const box = { width: 118, height: 34, gap: 12 } as const
/** More neighbours than this are in the list alone. */
const drawn = 8

function Picture({
  name,
  before,
  after,
}: {
  readonly name: string
  readonly before: readonly ArtifactLink[]
  readonly after: readonly ArtifactLink[]
}) {
  const [left, right] = [before.slice(0, drawn), after.slice(0, drawn)]
  const rows = Math.max(left.length, right.length, 1)
  const height = rows * (box.height + box.gap) + box.gap
  const top = (count: number, at: number) =>
    (height - count * (box.height + box.gap) + box.gap) / 2 + at * (box.height + box.gap)
  const middle = height / 2
  const [x0, x1, x2] = [6, 151, 296]
  return (
    <div className={classes['graph']} aria-hidden="true">
      <svg viewBox={`0 0 420 ${height}`}>
        {left.map((link, at) => (
          <Edge
            key={`${link.kind} ${link.id}`}
            from={[x0 + box.width, top(left.length, at) + box.height / 2]}
            to={[x1, middle]}
          />
        ))}
        {right.map((link, at) => (
          <Edge
            key={`${link.kind} ${link.id}`}
            from={[x1 + box.width, middle]}
            to={[x2, top(right.length, at) + box.height / 2]}
          />
        ))}
        {left.map((link, at) => (
          <Box
            key={`${link.kind} ${link.id}`}
            x={x0}
            y={top(left.length, at)}
            name={link.name ?? link.id}
            kind={link.kind}
          />
        ))}
        <Box x={x1} y={middle - box.height / 2} name={name} kind="this artifact" isSelf />
        {right.map((link, at) => (
          <Box
            key={`${link.kind} ${link.id}`}
            x={x2}
            y={top(right.length, at)}
            name={link.name ?? link.id}
            kind={link.kind}
          />
        ))}
      </svg>
    </div>
  )
}

function Edge({
  from: [x, y],
  to: [toX, toY],
}: {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
}) {
  const bend = (x + toX) / 2
  return <path d={`M${x} ${y}C${bend} ${y} ${bend} ${toY} ${toX} ${toY}`} />
}

function Box({
  x,
  y,
  name,
  kind,
  isSelf = false,
}: {
  readonly x: number
  readonly y: number
  readonly name: string
  readonly kind: string
  readonly isSelf?: boolean
}) {
  return (
    <g>
      <rect x={x} y={y} width={box.width} height={box.height} rx={5} data-self={isSelf} />
      <text x={x + 8} y={y + 14}>
        {name.length <= 17 ? name : `${name.slice(0, 16)}…`}
      </text>
      <text x={x + 8} y={y + 27} data-soft="true">
        {kind}
      </text>
    </g>
  )
}
