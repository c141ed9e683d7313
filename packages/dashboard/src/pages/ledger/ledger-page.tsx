import { TextInput } from '@mantine/core'
import type { LedgerEntry, LedgerStatus } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { z } from 'zod'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { formatCount, plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant, Unknown } from '../../ui/value.tsx'
import classes from './ledger.module.css'
import { keyId } from './memory.ts'
import { MemoryLine } from './memory-line.tsx'
import { ProvenExport } from './proven-export.tsx'
import type { LedgerSearch } from './search.ts'
import { SignatureLines } from './signature-lines.tsx'
import { LedgerTabs } from './tabs.tsx'
import { useLedgerMemory } from './use-ledger-memory.ts'

/** The ledger: what it is now, whether it still holds what this browser saw, and every entry. */
export function LedgerPage() {
  const status = useQuery(queries.ledger())
  return (
    <>
      <PageHead
        title="Ledger"
        tab="Ledger"
        lead="Every decision, in an order that cannot be changed without being seen."
      />
      <LedgerTabs />
      <div className={classes['parts']}>
        {status.error !== null ? (
          <ProblemPanel error={status.error} onRetry={() => void status.refetch()} />
        ) : status.data === undefined ? (
          <Placeholder height={220} />
        ) : (
          <StatusPanel status={status.data} />
        )}
        <Entries />
      </div>
    </>
  )
}

function StatusPanel({ status }: { readonly status: z.infer<typeof LedgerStatus> }) {
  const memory = useLedgerMemory(status)
  return (
    <Panel title="State of the log" testId="ledger-status">
      {status.haltedBecause === null ? null : (
        <div className={classes['memory']} data-tone="failing" role="alert" data-testid="ledger-halted">
          <Mark tone="failing" size={16} />
          <div>
            <strong>The log does not go on</strong>: {status.haltedBecause} Entries wait until its operator looks into
            it.
          </div>
        </div>
      )}
      <MemoryLine {...memory} />
      <Facts
        items={[
          [
            'Entries',
            `${formatCount(status.treeSize)}${status.pendingEntries > 0 ? `, ${formatCount(status.pendingEntries)} on the way` : ''}`,
          ],
          ['Signed', <Ago key="at" at={status.checkpointAt} why="No checkpoint was signed yet." />],
          [
            'Root',
            status.rootHash === null ? (
              <Unknown key="root" why="The log is empty." />
            ) : (
              <span key="root">
                <code title={status.rootHash}>{status.rootHash.slice(0, 14)}…</code>{' '}
                <CopyButton text={status.rootHash} what="the root" />
              </span>
            ),
          ],
          ['Log', <code key="log">{status.origin}</code>, 'wide'],
          [
            'Key',
            <span key="key">
              <code>{keyId(status.verifierKey)}</code> <CopyButton text={status.verifierKey} what="the verifier key" />
            </span>,
            'wide',
          ],
        ]}
      />
      {status.checkpoint === null ? null : (
        <>
          <h3 className={classes['heading']}>Signatures under the newest checkpoint</h3>
          <SignatureLines checkpoint={status.checkpoint} />
        </>
      )}
    </Panel>
  )
}

const families = [
  { value: 'rollouts.*', label: 'Decisions on releases' },
  { value: 'health.*', label: 'Changes of state' },
  { value: 'approvals.*', label: 'Approvals' },
  { value: 'identity.*', label: 'People, keys, sessions' },
  { value: 'tunables.*', label: 'Changes of settings' },
  { value: 'registry.*', label: 'Changes of agents' },
  { value: 'anchors.*', label: 'Anchors and witnesses' },
  { value: 'ledger.*', label: 'Signing keys' },
]

function Entries() {
  const search = useSearch({ from: '/inside/ledger' })
  const navigate = useNavigate()
  const change = (values: { [Key in keyof LedgerSearch]?: LedgerSearch[Key] | undefined }) =>
    void navigate({ to: '/ledger', search: defined({ ...search, ...values }), replace: true })
  useShortcuts([
    {
      keys: '/',
      label: 'Filter by subject',
      group: 'Table',
      run: () => document.querySelector<HTMLElement>('[aria-label="Subject, exactly"]')?.focus(),
    },
  ])
  const list = useInfiniteQuery(queries.ledgerEntries({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel
      title="Entries"
      note={rows === undefined ? undefined : `${plural(rows.length, 'entry', 'entries')} shown, newest first`}
      flush
      actions={
        <div className={classes['filters']}>
          <Choice
            label="Kind"
            all="All kinds"
            value={search.type}
            options={families}
            onChange={(type) => change({ type })}
            width={190}
          />
          <CommitInput
            label="Subject, exactly"
            value={search.subject}
            onCommit={(subject) => change({ subject })}
            width={190}
          />
          <CommitInput label="Actor" value={search.actor} onCommit={(actor) => change({ actor })} />
          <CommitInput label="Agent" value={search.agent} onCommit={(agent) => change({ agent })} />
          <CommitInput label="Provider" value={search.provider} onCommit={(provider) => change({ provider })} />
          <DayInput label="From" value={search.from} onChange={(from) => change({ from })} />
          <DayInput label="Until" value={search.to} onChange={(to) => change({ to })} isEnd />
          <ProvenExport search={search} />
        </div>
      }
    >
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={420} />
      ) : rows.length === 0 ? (
        <Empty title={Object.keys(search).length === 0 ? 'The ledger is empty' : 'No entry fits these filters'}>
          Decisions, approvals, sign-ins and changes of settings are written here as they happen.
        </Empty>
      ) : (
        <EntryTable
          rows={rows}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

const dayMs = 86_400_000

/** A day, in UTC. The last day of a stretch counts whole, so the instant is the next midnight. */
function DayInput({
  label,
  value,
  onChange,
  isEnd = false,
}: {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (at: string | undefined) => void
  readonly isEnd?: boolean
}) {
  const shift = isEnd ? dayMs : 0
  const day = value === undefined ? '' : new Date(Date.parse(value) - shift).toISOString().slice(0, 10)
  const tell = (text: string) => {
    const at = Date.parse(`${text}T00:00:00Z`)
    onChange(Number.isNaN(at) ? undefined : new Date(at + shift).toISOString())
  }
  return (
    <TextInput
      type="date"
      aria-label={`${label} (UTC)`}
      title={`${label} this day, UTC`}
      value={day}
      onChange={(event) => tell(event.currentTarget.value)}
      leftSection={<span className="soft">{label}</span>}
      leftSectionWidth={52}
      w={190}
    />
  )
}

function EntryTable({ rows, onEnd }: { readonly rows: readonly LedgerEntry[]; readonly onEnd: () => void }) {
  const navigate = useNavigate()
  const { zone } = usePreferences()
  const columns = useMemo(() => entryColumns(zone === 'utc' ? 'Happened (UTC)' : 'Happened (local)'), [zone])
  return (
    <DataTable
      label="Ledger entries"
      testId="ledger-table"
      columns={columns}
      rows={rows}
      rowId={({ index }) => String(index)}
      onOpen={({ index }) => void navigate({ to: '/ledger/entries/$index', params: { index: String(index) } })}
      onEnd={onEnd}
    />
  )
}

function entryColumns(timeHeader: string): readonly DataColumn<LedgerEntry>[] {
  return [
    {
      id: 'index',
      header: 'Index',
      cell: ({ row: { original } }) => (
        <Link to="/ledger/entries/$index" params={{ index: String(original.index) }}>
          {formatCount(original.index)}
        </Link>
      ),
      meta: { width: '5rem' },
    },
    {
      id: 'at',
      header: timeHeader,
      cell: ({ row }) => <Instant at={row.original.occurredAt} />,
      meta: { width: '11rem', priority: 2 },
    },
    { id: 'type', header: 'What', cell: ({ row }) => row.original.type, meta: { width: '28%' } },
    {
      id: 'subject',
      header: 'About',
      cell: ({ row }) => <span title={row.original.subject}>{row.original.subject}</span>,
    },
    {
      id: 'leaf',
      header: 'Leaf hash',
      cell: ({ row }) => <code className="faint">{row.original.leafHash.slice(0, 18)}…</code>,
      meta: { width: '12rem', priority: 3 },
    },
  ]
}
