import type { DependencyGraph, DependencyNode } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useMemo } from 'react'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { formatCount } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ChosenNode } from './chosen-node.tsx'
import classes from './dependencies.module.css'
import { keyOf } from './layout.ts'
import { WriteDown } from './write-down.tsx'

// The graph is a picture of the list beside it, and large: the list does not wait for it.
const GraphView = lazy(async () => ({ default: (await import('./graph-view.tsx')).GraphView }))

/** Who calls what, as traces show and people wrote down, and who is affected when something fails. */
export function DependenciesPage() {
  const search = useSearch({ from: '/inside/dependencies' })
  const navigate = useNavigate({ from: '/dependencies' })
  const graph = useQuery(queries.dependencies({ hidden: search.hidden }))
  return (
    <>
      <PageHead
        title="Dependencies"
        tab="Dependencies"
        lead="Who calls what in the last 30 days, learnt from traces. Choose one to see who is affected when it fails."
      >
        <Choice
          label="Hidden edges"
          all="Without hidden ones"
          value={search.hidden}
          options={[{ value: 'true', label: 'With hidden ones' }]}
          width={170}
          onChange={(hidden) =>
            void navigate({
              search: (before) => defined({ ...before, hidden: hidden === 'true' ? ('true' as const) : undefined }),
              replace: true,
            })
          }
        />
        <WriteDown />
      </PageHead>
      {graph.error !== null ? (
        <ProblemPanel error={graph.error} onRetry={() => void graph.refetch()} />
      ) : graph.data === undefined ? (
        <Placeholder height="38rem" />
      ) : graph.data.nodes.length === 0 ? (
        <Panel>
          <Empty title="No dependency is known yet">
            They are learnt from the traces of runs that end: report steps with their tool, model or sub-agent.
          </Empty>
        </Panel>
      ) : (
        <Loaded graph={graph.data} />
      )}
    </>
  )
}

function Loaded({ graph }: { readonly graph: DependencyGraph }) {
  const { kind, target } = useSearch({ from: '/inside/dependencies' })
  const navigate = useNavigate({ from: '/dependencies' })
  const chosen = graph.nodes.find((node) => node.kind === kind && node.target === target) ?? null
  const radius = useQuery({ ...queries.blastRadius(chosen ?? { kind: 'tool', target: '' }), enabled: chosen !== null })
  const affected = useMemo(
    () => new Set(chosen === null ? [] : (radius.data?.affected ?? []).map(({ agentId }) => `agent|${agentId}`)),
    [chosen, radius.data],
  )
  const choose = (node: DependencyNode) =>
    void navigate({
      search: (before) => ({ ...before, kind: node.kind, target: node.target }),
      replace: true,
      resetScroll: false,
    })
  const chosenKey = chosen === null ? null : keyOf(chosen)
  return (
    <div className={classes['page']}>
      <Panel flush>
        <Suspense fallback={<Placeholder height="36rem" />}>
          <GraphView graph={graph} chosen={chosenKey} affected={affected} onChoose={choose} />
        </Suspense>
      </Panel>
      <div className={classes['side']}>
        <Panel title="All of them" note={`${formatCount(graph.edges.length)} dependencies`} flush testId="node-list">
          <ul className={classes['list']}>
            {graph.nodes
              .toSorted((a, b) => order(a) - order(b) || a.name.localeCompare(b.name, 'en'))
              .map((node) => (
                <li key={keyOf(node)}>
                  <button type="button" aria-pressed={keyOf(node) === chosenKey} onClick={() => choose(node)}>
                    <Icon
                      name={node.kind === 'model' ? 'llm' : node.kind === 'provider' ? 'connect' : node.kind}
                      size={14}
                    />
                    <span className="truncate">{node.name}</span>
                    <span className="faint">{node.kind}</span>
                  </button>
                </li>
              ))}
          </ul>
        </Panel>
        {chosen === null ? null : <ChosenNode key={chosenKey} graph={graph} node={chosen} />}
      </div>
    </div>
  )
}

const order = ({ kind }: DependencyNode) => ({ agent: 0, tool: 1, model: 2, provider: 3 })[kind]
