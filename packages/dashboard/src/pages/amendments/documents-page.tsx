import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { DocumentName, type DocumentSummary } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { amendmentApi, amendmentQueries } from '../../api/amendments.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Unknown } from '../../ui/value.tsx'
import classes from './amendments.module.css'
import { AmendmentTabs } from './tabs.tsx'

/** Every governed document with what is in force of it. */
export function DocumentsPage() {
  const navigate = useNavigate()
  const documents = useQuery(amendmentQueries.documents())
  const me = useQuery(queries.me())
  const [adding, setAdding] = useState(false)
  return (
    <>
      <PageHead
        title="Documents"
        tab="Documents"
        lead={
          <>
            What agents and pipelines keep to. They fetch it with <code>metaagent documents pull QA.md</code> or from
            the API.
          </>
        }
      >
        {me.data?.scopes.includes('amendments:decide') === true ? (
          <Button
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => setAdding(true)}
            data-testid="add-document"
          >
            Add a document
          </Button>
        ) : null}
      </PageHead>
      <AmendmentTabs />
      {adding ? <AddDocument onClose={() => setAdding(false)} /> : null}
      {documents.error !== null ? (
        <ProblemPanel error={documents.error} onRetry={() => void documents.refetch()} />
      ) : documents.data === undefined ? (
        <Placeholder height={240} />
      ) : (
        <Panel flush>
          <DataTable
            label="Documents"
            testId="document-table"
            columns={columns}
            rows={documents.data}
            rowId={({ name }) => name}
            onOpen={({ name }) => void navigate({ to: '/documents/$document', params: { document: name } })}
            rowHeight={42}
          />
        </Panel>
      )}
    </>
  )
}

const columns: readonly DataColumn<DocumentSummary>[] = [
  {
    id: 'name',
    header: 'Document',
    cell: ({ row: { original } }) => (
      <Link to="/documents/$document" params={{ document: original.name }}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'version',
    header: 'In force',
    cell: ({ row: { original } }) => (original.version === 0 ? 'nothing yet' : `version ${original.version}`),
    meta: { width: '8rem' },
  },
  {
    id: 'author',
    header: 'Written by',
    cell: ({ row: { original } }) =>
      original.author === null ? <Unknown why="Nothing is in force yet." /> : <Actor name={original.author} />,
    meta: { width: '12rem', priority: 3 },
  },
  {
    id: 'ratified',
    header: 'Ratified',
    cell: ({ row }) => <Ago at={row.original.ratifiedAt} why="Nothing is in force yet." />,
    meta: { width: '8rem', priority: 2 },
  },
  {
    id: 'open',
    header: 'Open amendments',
    cell: ({ row: { original } }) =>
      original.openAmendments === 0 ? (
        'none'
      ) : (
        <Link to="/amendments" search={{ document: original.name, state: 'open' }}>
          {original.openAmendments}
        </Link>
      ),
    meta: { width: '9rem', align: 'right' },
  },
]

function AddDocument({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  const fault = name === '' || DocumentName.safeParse(name).success ? null : 'Letters, digits, . - _ and .md at the end'
  const add = useMutation({
    mutationFn: () => amendmentApi.addDocument({ name, text, reason: reason.trim() }),
    onSuccess: async ({ amendmentId }) => {
      await client.invalidateQueries({ queryKey: ['amendments'] })
      await navigate({ to: '/amendments/$amendmentId', params: { amendmentId } })
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title="Add a document"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <TextInput
          label="Name"
          placeholder="SAFETY.md"
          value={name}
          error={fault}
          onChange={({ currentTarget }) => setName(currentTarget.value.trim())}
          data-autofocus
        />
        <Textarea
          label="Text"
          description="Markdown. It becomes an amendment and is in force once that is ratified."
          className={classes['source'] ?? ''}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          rows={14}
          maxLength={200_000}
        />
        <TextInput
          label="Reason"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={2000}
        />
        {add.error === null ? null : <ProblemPanel error={add.error} compact />}
        <div className={classes['buttons']}>
          <Button
            type="submit"
            loading={add.isPending}
            disabled={name === '' || fault !== null || text.trim() === '' || reason.trim() === ''}
            data-testid="save-document"
          >
            Propose it
          </Button>
        </div>
      </form>
    </Modal>
  )
}
