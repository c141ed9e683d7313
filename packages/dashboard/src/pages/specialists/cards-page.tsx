import { Button, Textarea, TextInput } from '@mantine/core'
import type { ForeignCardSummary } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { specialistApi, specialistQueries } from '../../api/specialists.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { importOrderOf } from './import-order.ts'
import type { CardsSearch } from './search.ts'
import classes from './specialists.module.css'
import { SpecialistTabs } from './tabs.tsx'
import { CardMark, SignatureMark } from './words.tsx'

/** Cards of agents of others: which are found, and which have changed since they were approved. */
export function CardsPage() {
  const search = useSearch({ from: '/inside/specialists/cards' })
  const navigate = useNavigate()
  const [importing, setImporting] = useState(false)
  return (
    <>
      <PageHead
        title="Cards of others"
        tab="Cards of others"
        lead="Agents outside, by their A2A cards. Each is found only as it was approved: one that changes is not, until somebody has looked."
      >
        <Choice
          label="State"
          all="All states"
          value={search.state}
          options={[
            { value: 'needs-approval', label: 'Needs approval' },
            { value: 'approved', label: 'Approved' },
          ]}
          onChange={(state) =>
            void navigate({
              to: '/specialists/cards',
              search: state === 'approved' || state === 'needs-approval' ? { state } : {},
              replace: true,
            })
          }
        />
        <Button
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => setImporting(!importing)}
          aria-expanded={importing}
          data-testid="import-card"
        >
          Take in a card
        </Button>
      </PageHead>
      <SpecialistTabs />
      <div className={classes['parts']}>
        {importing ? <ImportCard /> : null}
        <Cards search={search} />
      </div>
    </>
  )
}

function ImportCard() {
  const navigate = useNavigate()
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  const [source, setSource] = useState('')
  const [jwksUrl, setJwksUrl] = useState('')
  const [pinnedKey, setPinnedKey] = useState('')
  const read = importOrderOf({ source, jwksUrl, pinnedKey })
  return (
    <Panel title="Take in a card" note="Nobody finds it before it is approved.">
      <div className={classes['form']}>
        <Textarea
          label="Its address, or the card itself"
          description="https://agents.example.com/.well-known/agent-card.json, or JSON. An address is looked at again."
          value={source}
          onChange={({ currentTarget }) => setSource(currentTarget.value)}
          className={classes['code'] ?? ''}
          autosize
          minRows={2}
          maxRows={16}
          spellCheck={false}
          required
        />
        <div className={classes['fields']}>
          <TextInput
            label="Keys of its signer"
            description="Address of a key set; empty: what the card names, if it is of its own origin."
            value={jwksUrl}
            onChange={({ currentTarget }) => setJwksUrl(currentTarget.value)}
          />
          <TextInput
            label="The only key that may sign it"
            description="A public JWK; may stay empty."
            value={pinnedKey}
            onChange={({ currentTarget }) => setPinnedKey(currentTarget.value)}
          />
        </div>
        {read.kind === 'fault' && source.trim() !== '' ? <p className="soft">{read.fault}</p> : null}
        <GovernedSave
          isChanged={read.kind === 'ready'}
          about="specialists"
          label="Take it in"
          save={async ({ reason }) => {
            if (read.kind !== 'ready') return
            const card = await specialistApi.importCard({ ...read.order, reason }, idempotencyKey)
            await navigate({ to: '/specialists/cards/$cardId', params: { cardId: card.cardId } })
          }}
        />
      </div>
    </Panel>
  )
}

function Cards({ search }: { readonly search: CardsSearch }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(specialistQueries.cards({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={280} />
  return (
    <Panel flush>
      {rows.length === 0 ? (
        <Empty title={search.state === undefined ? 'No card of others yet' : 'No card is in this state'}>
          Take in the card of an agent that somebody else runs, so that yours can find it.
        </Empty>
      ) : (
        <DataTable
          label="Cards of others"
          testId="card-table"
          columns={columns}
          rows={rows}
          rowId={({ cardId }) => cardId}
          onOpen={({ cardId }) => void navigate({ to: '/specialists/cards/$cardId', params: { cardId } })}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
          rowHeight={42}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<ForeignCardSummary>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <CardMark state={row.original.state} />,
    meta: { width: '9.5rem' },
  },
  {
    id: 'name',
    header: 'Agent',
    cell: ({ row: { original } }) => (
      <Link to="/specialists/cards/$cardId" params={{ cardId: original.cardId }} title={original.description}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'signature',
    header: 'Signature',
    cell: ({ row }) => <SignatureMark state={row.original.signature} />,
    meta: { width: '8.5rem', priority: 2 },
  },
  {
    id: 'why',
    header: 'Why',
    cell: ({ row: { original } }) => <span title={original.because.text}>{original.because.text}</span>,
    meta: { width: '32%', priority: 3 },
  },
  {
    id: 'ceiling',
    header: 'Data up to',
    cell: ({ row: { original } }) => original.sensitivityCeiling ?? 'none',
    meta: { width: '7.5rem', priority: 4 },
  },
  {
    id: 'checked',
    header: 'Looked at',
    cell: ({ row: { original } }) => <Ago at={original.lastCheckedAt} />,
    meta: { width: '7rem', priority: 4 },
  },
]
