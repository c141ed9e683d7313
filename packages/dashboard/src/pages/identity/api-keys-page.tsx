import { Button } from '@mantine/core'
import type { ApiKey } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { z } from 'zod'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { NewApiKey } from './new-api-key.tsx'

type Key = z.infer<typeof ApiKey>

/** The keys with which agents and scripts come in: make one, see when it was used, take it back. */
export function ApiKeysPage() {
  const keys = useQuery(queries.apiKeys())
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<Key | null>(null)
  const columns = useMemo(() => columnsOf(setRevoking), [])
  const start = (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)} data-testid="new-key">
      New key
    </Button>
  )
  return (
    <>
      <PageHead title="API keys" tab="API keys" lead="Agents and scripts come in with a key; people sign in.">
        {start}
      </PageHead>
      {keys.error !== null ? (
        <ProblemPanel error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data === undefined ? (
        <Placeholder height={240} />
      ) : (
        <Panel flush>
          {keys.data.items.length === 0 ? (
            <Empty title="No keys yet" actions={start}>
              Make one with the scope <code>telemetry:write</code> and give it to your agent as{' '}
              <code>METAAGENT_API_KEY</code>.
            </Empty>
          ) : (
            <DataTable
              label="API keys"
              testId="api-keys"
              columns={columns}
              rows={keys.data.items}
              rowId={({ apiKeyId }) => apiKeyId}
              rowHeight={44}
            />
          )}
        </Panel>
      )}
      <NewApiKey opened={creating} onClose={() => setCreating(false)} />
      <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />
    </>
  )
}

function columnsOf(onRevoke: (key: Key) => void): readonly DataColumn<Key>[] {
  return [
    { id: 'name', header: 'Name', accessorFn: ({ name }) => name, meta: { width: '26%' } },
    {
      id: 'prefix',
      header: 'Begins with',
      cell: ({ row }) => <code>{row.original.prefix}…</code>,
      meta: { width: '14%', priority: 2 },
    },
    { id: 'state', header: 'State', cell: ({ row }) => <KeyState apiKey={row.original} />, meta: { width: '11%' } },
    {
      id: 'scopes',
      header: 'May',
      cell: ({ row }) => <span title={row.original.scopes.join(', ')}>{row.original.scopes.join(', ')}</span>,
      meta: { width: '21%', priority: 3 },
    },
    {
      id: 'created',
      header: 'Made',
      cell: ({ row }) => <Instant at={row.original.createdAt} precision="minute" />,
      meta: { width: '14%', priority: 4 },
    },
    {
      id: 'used',
      header: 'Last used',
      cell: ({ row }) => <Ago at={row.original.lastUsedAt} why="It was never used." />,
      meta: { width: '11%', priority: 2 },
    },
    {
      id: 'actions',
      header: () => <span className="visually-hidden">Actions</span>,
      cell: ({ row }) =>
        row.original.revokedAt === null ? (
          <Button variant="subtle" color="red" size="compact-xs" onClick={() => onRevoke(row.original)}>
            Revoke
          </Button>
        ) : null,
      meta: { width: '5.5rem', align: 'right' },
    },
  ]
}

function KeyState({ apiKey }: { readonly apiKey: Key }) {
  if (apiKey.revokedAt !== null) return <MarkedWord tone="unknown" word="revoked" />
  if (apiKey.expiresAt !== null && Date.parse(apiKey.expiresAt) < Date.now())
    return <MarkedWord tone="silent" word="expired" />
  return <MarkedWord tone="healthy" word="in use" />
}

function RevokeKey({ apiKey, onClose }: { readonly apiKey: Key | null; readonly onClose: () => void }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: (apiKeyId: string) => api.revokeApiKey(apiKeyId),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['api-keys'] })
    },
  })
  return (
    <ConfirmDialog
      opened={apiKey !== null}
      title="Revoke this key?"
      word="Revoke"
      error={revoke.error}
      pending={revoke.isPending}
      testId="revoke-key"
      onConfirm={() => apiKey !== null && revoke.mutate(apiKey.apiKeyId)}
      onClose={onClose}
    >
      Whatever uses <strong>{apiKey?.name}</strong> is locked out at once, and this cannot be undone.
    </ConfirmDialog>
  )
}
