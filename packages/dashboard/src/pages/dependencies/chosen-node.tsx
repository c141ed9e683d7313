import type { Dependency, DependencyGraph, DependencyNode } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { formatCount } from '../../format/number.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Unknown } from '../../ui/value.tsx'
import classes from './dependencies.module.css'
import { keyOf } from './layout.ts'

/** The chosen node: who is affected when it fails, and what it depends on, with the ways to hide and remove edges. */
export function ChosenNode({ graph, node }: { readonly graph: DependencyGraph; readonly node: DependencyNode }) {
  const nameOf = (kind: string, target: string) =>
    graph.nodes.find((other) => keyOf(other) === `${kind}|${target}`)?.name ?? target
  const own = node.kind === 'agent' ? graph.edges.filter(({ agentId }) => agentId === node.target) : []
  return (
    <Panel
      title={node.name}
      note={node.domain === null ? node.kind : `${node.kind} in ${node.domain}`}
      testId="chosen-node"
      actions={
        node.kind === 'agent' ? (
          <Link to="/agents/$agentId" params={{ agentId: node.target }}>
            Open the agent
          </Link>
        ) : null
      }
    >
      <div className={classes['chosen']}>
        <Affected node={node} />
        {node.kind !== 'agent' ? null : (
          <section>
            <h3>It depends on</h3>
            {own.length === 0 ? <p className="soft">Nothing that was seen or written down.</p> : null}
            <ul className={classes['rows']}>
              {own.map((edge) => (
                <EdgeRow key={`${edge.kind}|${edge.target}`} edge={edge} name={nameOf(edge.kind, edge.target)} />
              ))}
            </ul>
          </section>
        )}
      </div>
    </Panel>
  )
}

const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`

function Affected({ node }: { readonly node: DependencyNode }) {
  const radius = useQuery(queries.blastRadius(node))
  if (radius.error !== null) return <ProblemPanel error={radius.error} compact onRetry={() => void radius.refetch()} />
  if (radius.data === undefined) return <Placeholder height={72} />
  const { affected, days } = radius.data
  return (
    <section data-testid="blast-radius">
      <h3>Affected when it fails</h3>
      {affected.length === 0 ? <p className="soft">No agent calls it, as far as is known.</p> : null}
      <ul className={classes['rows']}>
        {affected.map(({ agentId, agent, distance, share, executions }) => (
          <li key={agentId}>
            <span>
              <Link to="/dependencies" search={{ kind: 'agent', target: agentId }}>
                {agent}
              </Link>{' '}
              <span className="faint">{distance === 1 ? 'calls it' : `over ${distance} calls`}</span>
            </span>
            <span>
              {share === null ? (
                <Unknown why="A step on the way was written down and never measured." />
              ) : (
                <>
                  {percent(share)} of its runs
                  <span className="faint">
                    {executions === null ? '' : `, ${formatCount(executions)} in ${days} days`}
                  </span>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function EdgeRow({ edge, name }: { readonly edge: Dependency; readonly name: string }) {
  const client = useQueryClient()
  const done = { onSuccess: () => client.invalidateQueries({ queryKey: ['dependencies'] }) }
  const { agentId, kind, target, hidden, note, source, lastSeenAt } = edge
  const hide = useMutation({
    mutationFn: () => api.changeDependency(agentId, { kind, target, note, hidden: !hidden }),
    ...done,
  })
  const remove = useMutation({ mutationFn: () => api.removeDependency(agentId, { kind, target }), ...done })
  const failed = hide.error ?? remove.error
  return (
    <li>
      <span>
        <span className="faint">{kind}</span> {name}
        {note === null ? null : <span className="soft"> · {note}</span>}
      </span>
      <span>
        {source === 'manual' && lastSeenAt === null ? (
          <span className="soft">written down</span>
        ) : (
          <span className="soft">
            {edge.share === null ? 'not in this window' : percent(edge.share)}
            {edge.errors === 0 ? '' : `, ${formatCount(edge.errors)} failed`}
          </span>
        )}{' '}
        <button type="button" className={classes['link']} onClick={() => hide.mutate()}>
          {hidden ? 'Show' : 'Hide'}
          <span className="visually-hidden"> {name}</span>
        </button>
        {source === 'manual' && lastSeenAt === null ? (
          <button type="button" className={classes['link']} onClick={() => remove.mutate()}>
            Remove<span className="visually-hidden"> {name}</span>
          </button>
        ) : null}
      </span>
      {failed === null ? null : <p role="alert">{failed.message}</p>}
    </li>
  )
}
