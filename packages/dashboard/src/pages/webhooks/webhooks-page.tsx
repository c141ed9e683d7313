import { Button } from '@mantine/core'
import type { WebhookSource } from '@metaagent/contract'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { formatCount } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { DeliveriesPanel } from './deliveries-panel.tsx'
import { NewSource } from './new-source.tsx'
import { SourcePanel } from './source-panel.tsx'
import classes from './webhooks.module.css'

const route = getRouteApi('/inside/settings/webhooks')

/** Who may post to this server: make a source, write its mapping and try it, see what came and what could not be mapped. */
export function WebhooksPage() {
  const sources = useQuery(queries.webhookSources())
  const { data: me } = useSuspenseQuery(queries.me())
  const { source: openId } = route.useSearch()
  const navigate = route.useNavigate()
  const [creating, setCreating] = useState(false)
  const mayWrite = me.scopes.includes('webhooks:write')
  const open = (sourceId: string) => void navigate({ search: { source: sourceId } })
  const chosen = sources.data?.items.find(({ sourceId }) => sourceId === openId) ?? sources.data?.items[0]
  const start = mayWrite ? (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)} data-testid="new-source">
      New source
    </Button>
  ) : null
  return (
    <>
      <PageHead
        title="Webhooks"
        tab="Webhooks"
        lead="Systems that cannot use the SDK or OpenTelemetry post here what their agents did, and what became of it."
      >
        {start}
      </PageHead>
      {sources.error !== null ? (
        <ProblemPanel error={sources.error} onRetry={() => void sources.refetch()} />
      ) : sources.data === undefined ? (
        <div className={classes['page']}>
          <Placeholder height={180} />
          <Placeholder height={420} />
        </div>
      ) : chosen === undefined ? (
        <Panel flush>
          <Empty title="No sources yet" actions={start}>
            n8n and LangGraph Server are understood as they are. Anything else that signs its messages needs a mapping,
            which you can try here against a sample.
          </Empty>
        </Panel>
      ) : (
        <div className={classes['page']}>
          <SourceTable sources={sources.data.items} chosen={chosen} onOpen={open} />
          <SourcePanel key={chosen.sourceId} source={chosen} mayWrite={mayWrite} />
          <DeliveriesPanel source={chosen} mayWrite={mayWrite} />
        </div>
      )}
      <NewSource opened={creating} onClose={() => setCreating(false)} onMade={open} />
    </>
  )
}

function SourceTable({
  sources,
  chosen,
  onOpen,
}: {
  readonly sources: readonly WebhookSource[]
  readonly chosen: WebhookSource
  readonly onOpen: (sourceId: string) => void
}) {
  const columns = useMemo(() => columnsOf(chosen.sourceId, onOpen), [chosen.sourceId, onOpen])
  return (
    <Panel flush>
      <DataTable
        label="Webhook sources"
        testId="webhook-sources"
        columns={columns}
        rows={sources}
        rowId={({ sourceId }) => sourceId}
        rowHeight={44}
      />
    </Panel>
  )
}

const kindWords = { n8n: 'n8n', langgraph: 'LangGraph Server', signed: 'signed, with a mapping' } as const

function columnsOf(chosenId: string, onOpen: (sourceId: string) => void): readonly DataColumn<WebhookSource>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      cell: ({ row: { original } }) => (
        <button
          type="button"
          className={classes['open']}
          aria-pressed={original.sourceId === chosenId}
          onClick={() => onOpen(original.sourceId)}
        >
          {original.name}
        </button>
      ),
      meta: { width: '26%' },
    },
    { id: 'kind', header: 'Kind', accessorFn: ({ kind }) => kindWords[kind], meta: { width: '18%', priority: 2 } },
    {
      id: 'state',
      header: 'State',
      cell: ({ row: { original } }) => <SourceState source={original} />,
      meta: { width: '16%' },
    },
    {
      id: 'accepted',
      header: 'Accepted',
      cell: ({ row: { original } }) => formatCount(original.accepted),
      meta: { width: '10%', align: 'right', priority: 2 },
    },
    {
      id: 'unmapped',
      header: 'Not mapped',
      cell: ({ row: { original } }) => formatCount(original.unmapped),
      meta: { width: '10%', align: 'right', priority: 3 },
    },
    {
      id: 'refused',
      header: 'Refused',
      cell: ({ row: { original } }) => formatCount(original.refused),
      meta: { width: '9%', align: 'right', priority: 3 },
    },
    {
      id: 'received',
      header: 'Last received',
      cell: ({ row: { original } }) => <Ago at={original.lastReceivedAt} why="Nothing was received yet." />,
      meta: { width: '11%' },
    },
  ]
}

function SourceState({ source }: { readonly source: WebhookSource }) {
  const { enabled, lastErrorAt, lastReceivedAt, kind, mapping } = source
  if (!enabled) return <MarkedWord tone="silent" word="switched off" />
  if (kind === 'signed' && mapping === null) return <MarkedWord tone="degraded" word="has no mapping" />
  if (lastErrorAt !== null && (lastReceivedAt === null || lastErrorAt >= lastReceivedAt))
    return <MarkedWord tone="degraded" word="last one failed" />
  if (lastReceivedAt === null) return <MarkedWord tone="unknown" word="nothing yet" />
  return <MarkedWord tone="healthy" word="in use" />
}
