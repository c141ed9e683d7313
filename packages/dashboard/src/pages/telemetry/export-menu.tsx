import { Button, Menu } from '@mantine/core'
import type { Execution } from '@metaagent/contract'
import { type ExportColumn, toCsv, toJsonLines } from '../../export/csv.ts'
import { downloadText } from '../../export/download.ts'
import { exactUsd } from '../../format/money.ts'
import { formatCount } from '../../format/number.ts'
import { formatInstant, type ZoneChoice } from '../../format/time.ts'
import { Icon } from '../../ui/icon.tsx'

/** Hands out what the list shows, as CSV for spreadsheets or as JSON Lines for programs. */
export function ExportMenu({ rows, zone }: { readonly rows: readonly Execution[]; readonly zone: ZoneChoice }) {
  const name = `executions-${formatInstant(new Date().toISOString(), zone, 'minute').replace(/[ :]/g, '-')}`
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Icon name="download" size={14} />}
          disabled={rows.length === 0}
          data-testid="export"
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>The {formatCount(rows.length)} rows shown</Menu.Label>
        <Menu.Item onClick={() => downloadText(`${name}.csv`, 'text/csv;charset=utf-8', toCsv(executionExport, rows))}>
          CSV, for spreadsheets
        </Menu.Item>
        <Menu.Item
          onClick={() => downloadText(`${name}.jsonl`, 'application/x-ndjson', toJsonLines(executionExport, rows))}
        >
          JSON Lines, for programs
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What an export holds: exact values, times in UTC, unknown left empty. */
export const executionExport: readonly ExportColumn<Execution>[] = [
  { header: 'executionId', value: ({ executionId }) => executionId },
  { header: 'agent', value: ({ agent }) => agent },
  { header: 'environment', value: ({ environment }) => environment },
  { header: 'release', value: ({ release }) => release },
  { header: 'status', value: ({ status }) => status },
  { header: 'endReason', value: ({ endReason }) => endReason },
  { header: 'flags', value: ({ flags }) => flags.join(' ') },
  { header: 'errorType', value: ({ errorType }) => errorType },
  { header: 'errorMessage', value: ({ errorMessage }) => errorMessage },
  { header: 'startedAt', value: ({ startedAt }) => startedAt },
  { header: 'endedAt', value: ({ endedAt }) => endedAt },
  { header: 'durationMs', value: ({ durationMs }) => durationMs },
  { header: 'unit', value: ({ unit }) => unit },
  { header: 'conversationId', value: ({ conversationId }) => conversationId },
  { header: 'score', value: ({ score }) => score },
  { header: 'synthetic', value: ({ synthetic }) => synthetic },
  { header: 'actions', value: ({ totals }) => totals.actions },
  { header: 'llmCalls', value: ({ totals }) => totals.llmCalls },
  { header: 'toolCalls', value: ({ totals }) => totals.toolCalls },
  { header: 'actionErrors', value: ({ totals }) => totals.actionErrors },
  { header: 'inputTokens', value: ({ totals }) => totals.inputTokens },
  { header: 'outputTokens', value: ({ totals }) => totals.outputTokens },
  {
    header: 'costUsd',
    value: ({ totals }) => (totals.costNanoUsd === null ? null : Number(exactUsd(totals.costNanoUsd))),
  },
  { header: 'unpricedCalls', value: ({ totals }) => totals.unpricedCalls },
]
