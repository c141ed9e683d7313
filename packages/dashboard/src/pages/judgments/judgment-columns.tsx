import type { Judgment } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import type { ZoneChoice } from '../../format/time.ts'
import { Actor } from '../../ui/actor.tsx'
import type { DataColumn } from '../../ui/data-table.tsx'
import { Explained, Instant } from '../../ui/value.tsx'
import { Score, SubjectLink, TypeMark } from './words.tsx'

/** The columns of the list of judgments. */
export function judgmentColumns(zone: ZoneChoice): readonly DataColumn<Judgment>[] {
  return [
    {
      id: 'type',
      header: 'Said',
      cell: ({ row: { original } }) => (
        <Link to="/judgments/$judgmentId" params={{ judgmentId: original.judgmentId }}>
          <TypeMark type={original.type} />
        </Link>
      ),
      meta: { width: '8.75rem' },
    },
    {
      id: 'metric',
      header: 'Metric',
      cell: ({ row }) => <span title={row.original.metric}>{row.original.metric}</span>,
      meta: { width: '7.5rem' },
    },
    {
      id: 'judge',
      header: 'Judge',
      cell: ({ row: { original } }) => <Judge judgment={original} />,
    },
    {
      id: 'subject',
      header: 'Subject',
      cell: ({ row }) => <SubjectLink judgment={row.original} />,
      meta: { priority: 2 },
    },
    {
      id: 'score',
      header: 'Score',
      cell: ({ row }) => <Score judgment={row.original} />,
      meta: { width: '6rem', align: 'right', priority: 3 },
    },
    {
      id: 'marks',
      header: 'Counts as',
      cell: ({ row: { original } }) => <CountsAs judgment={original} />,
      meta: { width: '6.5rem', priority: 3 },
    },
    {
      id: 'observed',
      header: zone === 'utc' ? 'Observed (UTC)' : 'Observed (local)',
      cell: ({ row }) => <Instant at={row.original.observedAt} />,
      meta: { width: '10.75rem', priority: 3 },
    },
  ]
}

/** Who judged, and what kind of judge it is. */
export function Judge({ judgment: { judge, judgeKind } }: { readonly judgment: Judgment }) {
  return (
    <span title={judge}>
      {judge.startsWith('user:') ? <Actor name={judge} /> : judge} <span className="faint">{judgeKind}</span>
    </span>
  )
}

/** How much a judgment is worth to those who read it. */
export function CountsAs({ judgment: { gold, synthetic } }: { readonly judgment: Judgment }) {
  if (synthetic)
    return <Explained tip="Of a probe or an experiment: kept out of trust, arbitration and drift.">synthetic</Explained>
  if (gold) return <Explained tip="The truth that judges are measured against.">truth</Explained>
  return <span className="faint">opinion</span>
}
