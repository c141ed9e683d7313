import type { DependencyGraph, DependencyNode } from '@metaagent/contract'
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useMantineColorScheme } from '@mantine/core'
import { useMemo } from 'react'
import { formatCount } from '../../format/number.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import classes from './dependencies.module.css'
import { keyOf, placeNodes } from './layout.ts'

const icons: Readonly<Record<DependencyNode['kind'], IconName>> = {
  agent: 'agent',
  tool: 'tool',
  model: 'llm',
  provider: 'connect',
}

type FlowNode = Node<{ readonly node: DependencyNode; readonly affected: boolean }, 'dependency'>

/** The graph itself; the list beside it says and does the same for those who do not point. */
export function GraphView(props: {
  readonly graph: DependencyGraph
  readonly chosen: string | null
  readonly affected: ReadonlySet<string>
  readonly onChoose: (node: DependencyNode) => void
}) {
  const { graph, chosen, affected, onChoose } = props
  const { colorScheme } = useMantineColorScheme()
  const nodes = useMemo(
    () =>
      placeNodes(graph).map(
        ({ node, x, y }): FlowNode => ({
          id: keyOf(node),
          type: 'dependency',
          position: { x, y },
          data: { node, affected: affected.has(keyOf(node)) },
          selected: keyOf(node) === chosen,
          ariaLabel: `${node.kind} ${node.name}`,
        }),
      ),
    [graph, chosen, affected],
  )
  const edges = useMemo(() => edgesOf(graph, affected, chosen), [graph, affected, chosen])
  return (
    <div className={classes['graph']} data-testid="dependency-graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={colorScheme === 'auto' ? 'system' : colorScheme}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        fitView
        fitViewOptions={{ padding: 0.1, maxZoom: 1 }}
        minZoom={0.15}
        onNodeClick={(_, { data }) => onChoose(data.node)}
        proOptions={{ hideAttribution: false }}
      >
        <Background gap={20} color="var(--line)" />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  )
}

function edgesOf(graph: DependencyGraph, affected: ReadonlySet<string>, chosen: string | null): Edge[] {
  return graph.edges.map(({ agentId, kind, target, source, hidden, share }) => {
    const from = `agent|${agentId}`
    const to = `${kind}|${target}`
    const hit = affected.has(from) && (affected.has(to) || to === chosen)
    return {
      id: `${from} ${to}`,
      source: from,
      target: to,
      className: classes[hit ? 'edge-hit' : hidden ? 'edge-hidden' : 'edge'] ?? '',
      style: { strokeWidth: 1 + 3 * (share ?? 0), ...(source === 'manual' ? { strokeDasharray: '6 4' } : {}) },
    }
  })
}

const nodeTypes = { dependency: DependencyBox }

function DependencyBox({ data, selected }: NodeProps<FlowNode>) {
  const { node, affected } = data
  return (
    <div className={classes['box']} data-kind={node.kind} data-chosen={selected} data-affected={affected}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Icon name={icons[node.kind]} size={14} />
      <div>
        <strong title={node.name}>{node.name}</strong>
        <small>{node.executions === null ? 'no run seen' : `${formatCount(node.executions)} runs`}</small>
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}
