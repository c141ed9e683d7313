import { Button } from '@mantine/core'
import type { DocumentVersion, GovernedDocument } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { defined } from '../../address/search.ts'
import { amendmentApi, amendmentQueries } from '../../api/amendments.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { DiffView } from '../../ui/diff-view.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './amendments.module.css'
import { ChangeDocument } from './change-document.tsx'

/** One document: what is in force, its versions, and what changed between any two. */
export function DocumentPage() {
  const { document: name } = useParams({ from: '/inside/documents/$document' })
  const document = useQuery(amendmentQueries.document(name))
  if (document.error !== null) return <ProblemPanel error={document.error} onRetry={() => void document.refetch()} />
  if (document.data === undefined) return <Placeholder height="70vh" />
  return <Loaded key={document.data.digest} document={document.data} />
}

function Loaded({ document }: { readonly document: GovernedDocument }) {
  const { name, version, ratifiedAt, openAmendments } = document
  const me = useQuery(queries.me())
  const [changing, setChanging] = useState(false)
  const mayWrite = me.data?.scopes.includes('amendments:write') === true
  return (
    <>
      <PageHead
        title={name}
        tab={name}
        lead={
          <>
            <Link to="/documents">Documents</Link> ·{' '}
            {version === 0 ? 'Nothing is in force yet' : `Version ${version}, ratified `}
            {ratifiedAt === null ? null : <Ago at={ratifiedAt} />}
            {openAmendments === 0 ? null : (
              <>
                {' · '}
                <Link to="/amendments" search={{ document: name, state: 'open' }}>
                  {openAmendments} open
                </Link>
              </>
            )}
          </>
        }
      >
        {version === 0 ? null : (
          <Button
            component="a"
            href={amendmentApi.fileAddress(name)}
            variant="default"
            leftSection={<Icon name="download" size={14} />}
          >
            Download
          </Button>
        )}
        {mayWrite && !changing ? (
          <Button onClick={() => setChanging(true)} data-testid="change-document">
            Propose a change
          </Button>
        ) : null}
      </PageHead>
      <div className={classes['columns']}>
        {changing ? (
          <ChangeDocument document={document} onClose={() => setChanging(false)} />
        ) : (
          <Content document={document} />
        )}
        <Versions name={name} />
      </div>
    </>
  )
}

/** The text in force, or the difference that the address asks for. */
function Content({ document }: { readonly document: GovernedDocument }) {
  const { from, to } = useSearch({ from: '/inside/documents/$document' })
  if (from !== undefined && to !== undefined) return <Difference name={document.name} from={from} to={to} />
  return (
    <Panel title="In force" note={document.version === 0 ? undefined : `Version ${document.version}`}>
      {document.version === 0 ? (
        <Empty title="Nothing is in force yet">Ratify the amendment that brings its first text.</Empty>
      ) : (
        <pre className={classes['text']} data-testid="document-text">
          {document.text}
        </pre>
      )}
    </Panel>
  )
}

function Difference({ name, from, to }: { readonly name: string; readonly from: number; readonly to: number }) {
  const { view = 'unified' } = useSearch({ from: '/inside/documents/$document' })
  const navigate = useNavigate()
  const diff = useQuery(amendmentQueries.diff(name, from, to))
  const show = (search: { from?: number; to?: number; view?: 'split' }) =>
    void navigate({ to: '/documents/$document', params: { document: name }, search, replace: true })
  return (
    <Panel
      title={`Version ${from} to ${to}`}
      actions={
        <button
          type="button"
          className={classes['link']}
          onClick={() => show(defined({ view: view === 'split' ? view : undefined }))}
        >
          Back to what is in force
        </button>
      }
    >
      {diff.error !== null ? (
        <ProblemPanel error={diff.error} onRetry={() => void diff.refetch()} compact />
      ) : diff.data === undefined ? (
        <Placeholder height={320} />
      ) : (
        <DiffView
          hunks={diff.data.hunks}
          label={`${name}, version ${from} to ${to}`}
          empty="Both versions have the same text."
          shape={view}
          onShape={(next) => show({ from, to, ...(next === 'split' ? { view: next } : {}) })}
        />
      )}
    </Panel>
  )
}

function Versions({ name }: { readonly name: string }) {
  const { from, to } = useSearch({ from: '/inside/documents/$document' })
  const versions = useQuery(amendmentQueries.versions(name))
  return (
    <Panel title="Versions" flush testId="versions">
      {versions.error !== null ? (
        <ProblemPanel error={versions.error} onRetry={() => void versions.refetch()} compact />
      ) : versions.data === undefined ? (
        <Placeholder height={160} />
      ) : versions.data.length === 0 ? (
        <Empty title="No version yet" />
      ) : (
        <table className={classes['versions']}>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">By</th>
              <th scope="col">Ratified</th>
            </tr>
          </thead>
          <tbody>
            {versions.data.map((version) => (
              <Version
                key={version.version}
                name={name}
                version={version}
                isShown={to === version.version && from === version.version - 1}
              />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function Version({
  name,
  version: { version, author, ratifiedAt, changed, amendmentId },
  isShown,
}: {
  readonly name: string
  readonly version: DocumentVersion
  readonly isShown: boolean
}) {
  return (
    <tr aria-current={isShown}>
      <td>
        <Link
          to="/documents/$document"
          params={{ document: name }}
          search={{ from: version - 1, to: version }}
          title={`What version ${version} changed`}
        >
          {version}
        </Link>{' '}
        <span className="soft">
          +{changed.added} −{changed.removed}
        </span>
      </td>
      <td>
        <Actor name={author} />
        {amendmentId === null ? null : (
          <>
            {' · '}
            <Link to="/amendments/$amendmentId" params={{ amendmentId }}>
              amendment
            </Link>
          </>
        )}
      </td>
      <td>
        <Ago at={ratifiedAt} />
      </td>
    </tr>
  )
}
