import { SegmentedControl } from '@mantine/core'
import type { AgentCard, JsonValue, SpecialistDocuments } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { specialistQueries } from '../../api/specialists.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { checkSignature } from './signature-check.ts'
import classes from './specialists.module.css'

const kinds = {
  agentCard: { label: 'A2A card', missing: 'No endpoint of this version speaks A2A, so it has no card.' },
  serverJson: {
    label: 'MCP server.json',
    missing: 'No endpoint of this version speaks MCP, so it has no server.json.',
  },
  catalogEntries: { label: 'Catalog entries', missing: 'There is nothing to list.' },
} as const
type Kind = keyof typeof kinds

/** The documents of a version as the world gets them, or would. */
export function Documents({ specialistId, version }: { readonly specialistId: string; readonly version: string }) {
  const [kind, setKind] = useState<Kind>('agentCard')
  const documents = useQuery(specialistQueries.documents(specialistId, version))
  if (documents.error !== null) return <ProblemPanel error={documents.error} onRetry={() => void documents.refetch()} />
  if (documents.data === undefined) return <Placeholder height={320} />
  const shown = documents.data[kind]
  return (
    <Panel
      title="Documents"
      note={documents.data.isPublic ? 'anybody can read them now' : 'nobody outside can read them now'}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Document"
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={Object.entries(kinds).map(([value, { label }]) => ({ value, label }))}
        />
      }
      testId="documents"
    >
      <div className={classes['parts']}>
        <Address documents={documents.data} kind={kind} />
        {shown === null || (Array.isArray(shown) && shown.length === 0) ? (
          <p className="soft">{kinds[kind].missing}</p>
        ) : (
          <>
            {kind === 'agentCard' && documents.data.agentCard !== null ? (
              <Signature card={documents.data.agentCard} />
            ) : null}
            <JsonView value={shown as unknown as JsonValue} what={kinds[kind].label} />
          </>
        )}
      </div>
    </Panel>
  )
}

function Address({ documents, kind }: { readonly documents: SpecialistDocuments; readonly kind: Kind }) {
  const url = { agentCard: documents.agentCardUrl, serverJson: documents.serverJsonUrl, catalogEntries: null }[kind]
  if (url === null || !documents.isPublic) return null
  return (
    <a href={url} target="_blank" rel="noreferrer" className="mono" style={{ overflowWrap: 'anywhere' }}>
      {url}
    </a>
  )
}

/** Checked in this browser, with the keys that everybody gets. */
function Signature({ card }: { readonly card: AgentCard }) {
  const keys = useQuery(specialistQueries.cardKeys())
  const check = useQuery({
    queryKey: ['specialists', 'signature', card.signatures, keys.dataUpdatedAt],
    queryFn: () => checkSignature(card, keys.data?.keys ?? []),
    enabled: keys.data !== undefined,
  })
  if (keys.error !== null) return <ProblemPanel error={keys.error} compact />
  if (check.data === undefined) return <Placeholder height={24} />
  switch (check.data.kind) {
    case 'verified':
      return (
        <p className={classes['head']} data-testid="signature">
          <MarkedWord tone="healthy" word="signature verified" />
          <span className="soft">
            checked in this browser, {check.data.algorithm}, key <span className="mono">{check.data.keyId}</span>
          </span>
        </p>
      )
    case 'unsigned':
      return <MarkedWord tone="unknown" word="unsigned" />
    case 'failed':
      return (
        <p className={classes['head']} data-testid="signature">
          <MarkedWord tone="failing" word="signature wrong" />
          <span className="soft">{check.data.detail}</span>
        </p>
      )
  }
}
