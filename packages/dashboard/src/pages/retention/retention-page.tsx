import { Button } from '@mantine/core'
import type { Retention } from '@metaagent/contract'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { privacyQueries } from '../../api/privacy.ts'
import { queries } from '../../api/queries.ts'
import { formatBytes, plural } from '../../format/number.ts'
import { DataTabs } from '../../ui/data-tabs.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Explained, Instant, Unknown } from '../../ui/value.tsx'
import { EditRetention } from './edit-retention.tsx'
import classes from './retention.module.css'

/** How long everything that grows is kept, what lies there, and what a change would delete. */
export function RetentionPage() {
  const retention = useQuery(privacyQueries.retention())
  const [edited, setEdited] = useState<Retention | null>(null)
  return (
    <>
      <PageHead title="Retention" tab="Retention" lead={leadOf(retention.data)} />
      <DataTabs />
      {retention.error !== null ? (
        <ProblemPanel error={retention.error} onRetry={() => void retention.refetch()} />
      ) : retention.data === undefined ? (
        <Placeholder height={720} />
      ) : (
        <Panel flush title="What is kept" note={<LastRun items={retention.data} />} testId="retention">
          <Table items={retention.data} onEdit={setEdited} />
        </Panel>
      )}
      <EditRetention retention={edited} onClose={() => setEdited(null)} />
    </>
  )
}

function leadOf(items: readonly Retention[] | undefined): string {
  const bytes = items?.reduce((sum, one) => sum + (one.bytes ?? 0), 0) ?? 0
  const all = bytes === 0 ? '' : ` Your organization takes about ${formatBytes(bytes)}.`
  return `Everything that grows ends after a time that you set. The journal and the ledger are never shortened.${all}`
}

function LastRun({ items }: { readonly items: readonly Retention[] }) {
  const runs = items.flatMap(({ lastRunAt, nextRunAt }) => (lastRunAt === null ? [] : [{ lastRunAt, nextRunAt }]))
  const [run] = runs.toSorted((a, b) => (a.lastRunAt < b.lastRunAt ? 1 : -1))
  if (run === undefined) return <>Nothing was looked at yet: the first run follows within a quarter of an hour.</>
  return (
    <>
      Figures of the last run, <Ago at={run.lastRunAt} />. Next run <Instant at={run.nextRunAt} precision="minute" />.
    </>
  )
}

function Table({
  items,
  onEdit,
}: {
  readonly items: readonly Retention[]
  readonly onEdit: (item: Retention) => void
}) {
  const { data: me } = useSuspenseQuery(queries.me())
  const mayEdit = me.scopes.includes('tunables:write')
  return (
    <table className={classes['table']}>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Kept for</th>
          <th scope="col">Rows</th>
          <th scope="col">On disk</th>
          <th scope="col">Oldest day</th>
          <th scope="col">Last run</th>
          {mayEdit ? <th scope="col" aria-label="Change" /> : null}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <Row key={item.table} item={item} onEdit={mayEdit ? onEdit : null} />
        ))}
      </tbody>
    </table>
  )
}

const notYet = 'The first run has not looked at it yet.'

function Row({ item, onEdit }: { readonly item: Retention; readonly onEdit: ((item: Retention) => void) | null }) {
  const { table, holds, days, defaultDays, rows, rowsEstimated, bytes, oldestDay, lastRunAt, lastDeletedRows } = item
  return (
    <tr data-testid={`retention-${table}`}>
      <th scope="row">
        {holds}
        <code>{table}</code>
      </th>
      <td data-label="Kept for">
        <Explained tip={days === defaultDays ? 'The default.' : `The default is ${plural(defaultDays, 'day')}.`}>
          {plural(days, 'day')}
        </Explained>
      </td>
      <td data-label="Rows">
        {rowsEstimated ? '~ ' : ''}
        <Count count={rows} why={notYet} />
      </td>
      <td data-label="On disk">{bytes === null ? <Unknown why={notYet} /> : formatBytes(bytes)}</td>
      <td data-label="Oldest day">
        {oldestDay ?? <Unknown why={lastRunAt === null ? notYet : 'There are no rows.'} />}
      </td>
      <td data-label="Last run">
        {lastDeletedRows === null ? (
          <Unknown why={notYet} />
        ) : lastDeletedRows === 0 ? (
          <span className="soft">nothing due</span>
        ) : (
          `${plural(lastDeletedRows, 'row')} deleted`
        )}
      </td>
      {onEdit === null ? null : (
        <td>
          <Button variant="subtle" size="compact-xs" aria-label={`Change ${table}`} onClick={() => onEdit(item)}>
            Change
          </Button>
        </td>
      )}
    </tr>
  )
}
