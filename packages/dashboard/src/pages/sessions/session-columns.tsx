import type { Session } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import type { ZoneChoice } from '../../format/time.ts'
import type { DataColumn } from '../../ui/data-table.tsx'
import { Count, Duration, Instant, Money } from '../../ui/value.tsx'
import { SessionStatus } from './session-status.tsx'

/** The columns of the list of sessions. */
export function sessionColumns(zone: ZoneChoice): readonly DataColumn<Session>[] {
  return [
    {
      id: 'conversation',
      header: 'Conversation',
      cell: ({ row: { original } }) => (
        <Link to="/sessions/$conversationId" params={{ conversationId: original.conversationId }}>
          <span title={original.conversationId}>{original.conversationId}</span>
        </Link>
      ),
    },
    {
      id: 'last',
      header: zone === 'utc' ? 'Last run (UTC)' : 'Last run (local)',
      cell: ({ row }) => <Instant at={row.original.lastStartedAt} />,
      meta: { width: '9.75rem', priority: 2 },
    },
    {
      id: 'statuses',
      header: 'Runs',
      cell: ({ row }) => <SessionStatus statuses={row.original.statuses} />,
      meta: { width: '13rem' },
    },
    {
      id: 'agents',
      header: 'Agents',
      cell: ({ row: { original } }) => {
        const names = original.agents.map(({ agent }) => agent).join(', ')
        return <span title={names}>{names}</span>
      },
      meta: { width: '18%', priority: 3 },
    },
    {
      id: 'turns',
      header: 'Turns',
      cell: ({ row }) => <Count count={row.original.turns} />,
      meta: { width: '4.5rem', align: 'right', priority: 4 },
    },
    {
      id: 'tokens',
      header: 'Tokens',
      cell: ({ row }) => <Count count={sessionTokens(row.original)} why="No run reported its tokens." />,
      meta: { width: '4.5rem', align: 'right', priority: 4 },
    },
    {
      id: 'duration',
      header: 'Duration',
      cell: ({ row }) => <Duration ms={row.original.durationMs} why="A run of it has not ended." />,
      meta: { width: '5.5rem', align: 'right', priority: 3 },
    },
    {
      id: 'cost',
      header: 'Cost',
      cell: ({ row: { original } }) => <Money nanoUsd={original.costNanoUsd} unpricedCalls={original.unpricedCalls} />,
      meta: { width: '5.25rem', align: 'right' },
    },
  ]
}

/** Tokens in and out together; unknown when neither was reported. */
export function sessionTokens({ inputTokens, outputTokens }: Session): number | null {
  return inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0)
}
