import type { TrustEntry } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { trustQueries } from '../../api/trust.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Explained } from '../../ui/value.tsx'

/** The entries of the trust journal that a judge's figures rest on, newest first. */
export function AuditsPanel({ judge, metric }: { readonly judge: string; readonly metric: string }) {
  const list = useInfiniteQuery(trustQueries.journal({ judge, metric }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  return (
    <Panel title="Audited verdicts" note="What its figures rest on; no entry is ever changed" flush testId="audits">
      {rows === undefined ? (
        <Placeholder height={160} />
      ) : rows.length === 0 ? (
        <Empty title="None yet" />
      ) : (
        <DataTable
          label="Audited verdicts"
          testId="audit-table"
          columns={columns}
          rows={rows}
          rowId={({ seq }) => String(seq)}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<TrustEntry>[] = [
  { id: 'seq', header: 'Entry', cell: ({ row }) => row.original.seq, meta: { width: '5rem', priority: 4 } },
  {
    id: 'what',
    header: 'It was',
    cell: ({ row }) => <Found {...row.original} />,
    meta: { width: '9rem' },
  },
  { id: 'said', header: 'Said', cell: ({ row }) => row.original.said, meta: { width: '5.5rem' } },
  {
    id: 'gold',
    header: 'Right is',
    cell: ({ row: { original } }) => original.gold ?? 'taken back',
    meta: { width: '6.5rem' },
  },
  {
    id: 'from',
    header: 'Known from',
    cell: ({ row }) => (row.original.goldFrom === 'label' ? 'a label' : 'a gold judgment'),
    meta: { width: '9rem', priority: 3 },
  },
  {
    id: 'subject',
    header: 'Subject',
    cell: ({ row: { original } }) => <Subject {...original} />,
    meta: { priority: 2 },
  },
  {
    id: 'trace',
    header: 'Trace',
    cell: ({ row: { original } }) => (
      <Link to="/qa/traces/$correlationId" params={{ correlationId: original.correlationId }}>
        what followed
      </Link>
    ),
    meta: { width: '8rem', priority: 3 },
  },
  {
    id: 'at',
    header: 'Audited',
    cell: ({ row }) => <Ago at={row.original.recordedAt} />,
    meta: { width: '7rem', priority: 4 },
  },
]

function Found({ kind, said, gold, was, weight }: TrustEntry) {
  if (kind === 'corrected')
    return (
      <Explained
        tip={`What is right was ${was ?? 'unknown'} and changed; ${weight.toFixed(2)} of the verdict still counted.`}
      >
        <MarkedWord tone="silent" word="corrected" />
      </Explained>
    )
  if (said === 'abstain') return <MarkedWord tone="unknown" word="no opinion" />
  return <MarkedWord tone={said === gold ? 'healthy' : 'failing'} word={said === gold ? 'right' : 'wrong'} />
}

function Subject({ subject }: Pick<TrustEntry, 'subject'>) {
  const executionId = subject.kind === 'execution' || subject.kind === 'action' ? subject.id.slice(0, 32) : null
  const text = `${subject.kind} ${subject.id}`
  if (executionId === null) return <span title={text}>{text}</span>
  return (
    <Link to="/executions/$executionId" params={{ executionId }} title={text}>
      {text}
    </Link>
  )
}
