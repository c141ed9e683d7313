import type { ArtifactDetail } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { artifactQueries } from '../../api/artifacts.ts'
import { formatBytes, plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { Graph } from './graph.tsx'
import { Moves } from './moves.tsx'
import { ArtifactTabs } from './tabs.tsx'
import { Versions } from './versions.tsx'
import { ConflictMark, Hash, SeverityMark, StateMark } from './words.tsx'

/** One artifact: where it stands and why, what it holds, what it rests on, what it was before. */
export function ArtifactPage() {
  const { artifactId } = useParams({ from: '/inside/artifacts/$artifactId' })
  const artifact = useQuery(artifactQueries.artifact(artifactId))
  if (artifact.error !== null) return <ProblemPanel error={artifact.error} onRetry={() => void artifact.refetch()} />
  if (artifact.data === undefined) return <Placeholder height="70vh" />
  return <Loaded artifact={artifact.data} />
}

function Loaded({ artifact }: { readonly artifact: ArtifactDetail }) {
  const project = useQuery(artifactQueries.project(artifact.projectId))
  return (
    <>
      <PageHead
        title={artifact.name}
        tab={artifact.name}
        lead={
          <div className={classes['line']}>
            <StateMark state={artifact.state} filled />
            <span>
              {artifact.type}, version {artifact.version}, in{' '}
              <Link to="/projects/$projectId" params={{ projectId: artifact.projectId }}>
                {project.data?.name ?? 'its project'}
              </Link>
            </span>
          </div>
        }
      >
        <Moves artifact={artifact} />
      </PageHead>
      <ArtifactTabs />
      <div className={classes['columns']}>
        <div className={classes['parts']}>
          {artifact.because === null ? null : (
            <Panel title={`Why it is ${artifact.state.toLowerCase()}`} testId="artifact-why">
              <BecauseList lines={[artifact.because]} />
            </Panel>
          )}
          <Conflicts artifact={artifact} />
          <Versions artifact={artifact} />
          <Panel title="Content" note={`Version ${artifact.current.version}`} testId="artifact-content">
            <details>
              <summary>{formatBytes(artifact.contentBytes)} as handed in</summary>
              <JsonView value={artifact.current.content} what="the content" />
            </details>
          </Panel>
        </div>
        <div className={classes['parts']}>
          <Panel title="What it is" testId="artifact-facts">
            <Facts
              items={[
                ['Agent', artifact.agent ?? 'not named'],
                ['Priority', String(artifact.priority)],
                ['Handed in', <Ago key="at" at={artifact.createdAt} />],
                ['By', <Actor key="by" name={artifact.createdBy} />],
                ['Active since', <Ago key="active" at={artifact.activatedAt} why="It never was." />],
                ['Path', artifact.path === null ? 'none' : <code key="path">{artifact.path}</code>, 'wide'],
                [
                  'SHA-256 of the content',
                  <code key="hash" className={classes['hash']}>
                    {artifact.contentHash}
                  </code>,
                  'wide',
                ],
              ]}
            />
          </Panel>
          <Graph artifact={artifact} />
          <Claims artifact={artifact} />
          <Lineage artifact={artifact} />
        </div>
      </div>
    </>
  )
}

function Conflicts({ artifact: { artifactId } }: { readonly artifact: ArtifactDetail }) {
  const list = useInfiniteQuery(artifactQueries.conflicts({ artifactId }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={80} />
  return (
    <Panel title="Conflicts" testId="artifact-conflicts">
      {rows.length === 0 ? (
        <p className="soft">None was found: nothing that is active in its project speaks against it.</p>
      ) : (
        <ul className={classes['rows']}>
          {rows.map((conflict) => (
            <li key={conflict.conflictId}>
              <div className={classes['line']}>
                <ConflictMark state={conflict.state} />
                <SeverityMark severity={conflict.severity} />
                <Link to="/conflicts/$conflictId" params={{ conflictId: conflict.conflictId }}>
                  {conflict.subject}
                </Link>
              </div>
              <p className="soft">{conflict.because.text}</p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Claims({ artifact: { current } }: { readonly artifact: ArtifactDetail }) {
  const { claims, requirements, problems } = current
  if (claims.length + requirements.length + problems.length === 0) return null
  return (
    <Panel
      title="What it claims"
      note={`${plural(claims.length, 'path')}, ${plural(requirements.length, 'package')}`}
      testId="artifact-claims"
    >
      <ul className={classes['rows']}>
        {claims.map(({ operation, path, to }) => (
          <li key={`${operation} ${path}`}>
            <span className="soft">{operation}</span> <code>{path}</code>
            {to === null ? null : (
              <>
                {' '}
                <span className="soft">to</span> <code>{to}</code>
              </>
            )}
          </li>
        ))}
        {requirements.map(({ ecosystem, name, range, from }) => (
          <li key={`${ecosystem} ${name} ${range} ${from}`}>
            <span className="soft">{ecosystem}</span> <code>{name}</code> <code>{range === '' ? 'any' : range}</code>
            {from === null ? null : <span className="soft"> in {from}</span>}
          </li>
        ))}
        {problems.map(({ path, line, text }) => (
          <li key={`${path} ${line} ${text}`}>
            <span className="soft">
              {path}
              {line === null ? '' : `, line ${line}`}
            </span>{' '}
            {text}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Lineage({ artifact: { lineage, supersededBy } }: { readonly artifact: ArtifactDetail }) {
  if (lineage.length === 0 && supersededBy === null) return null
  return (
    <Panel title="Lineage" note="What took the place of what, the latest first" testId="artifact-lineage">
      <ol className={classes['rows']}>
        {supersededBy === null ? null : (
          <li>
            <Link to="/artifacts/$artifactId" params={{ artifactId: supersededBy }}>
              Its successor
            </Link>
          </li>
        )}
        {lineage.map(({ artifactId, name, state, contentHash }) => (
          <li key={artifactId} className={classes['line']}>
            <Link to="/artifacts/$artifactId" params={{ artifactId }}>
              {name}
            </Link>
            <StateMark state={state} /> <Hash hash={contentHash} />
          </li>
        ))}
      </ol>
    </Panel>
  )
}
