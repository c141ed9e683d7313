import type { AmendmentDetail, AmendmentEvidence } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { amendmentQueries } from '../../api/amendments.ts'
import { queries } from '../../api/queries.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { DiffView } from '../../ui/diff-view.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ServerLink } from '../../ui/server-link.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './amendments.module.css'
import { DecisionPanel } from './decision-panel.tsx'
import { DraftEditor } from './draft-editor.tsx'
import { RebaseNotice } from './rebase-notice.tsx'
import { AmendmentMark, failureWords, originWords, SeverityMark } from './words.tsx'

/** One amendment: what it changes, what it rests on, and what may be done about it. */
export function AmendmentPage() {
  useJudgingNews('amendments')
  const { amendmentId } = useParams({ from: '/inside/amendments/$amendmentId' })
  const amendment = useQuery(amendmentQueries.one(amendmentId))
  if (amendment.error !== null) return <ProblemPanel error={amendment.error} onRetry={() => void amendment.refetch()} />
  if (amendment.data === undefined) return <Placeholder height="70vh" />
  return <Loaded amendment={amendment.data} />
}

function Loaded({ amendment }: { readonly amendment: AmendmentDetail }) {
  const me = useQuery(queries.me())
  const [editing, setEditing] = useState(false)
  const scopes = me.data?.scopes ?? []
  const isOpen = amendment.state === 'open'
  return (
    <>
      <PageHead
        title={amendment.title}
        tab={amendment.title}
        lead={
          <>
            <AmendmentMark state={amendment.state} /> <SeverityMark severity={amendment.severity} /> ·{' '}
            <Link to="/documents/$document" params={{ document: amendment.document }}>
              {amendment.document}
            </Link>
            {amendment.section === null ? null : ` · section “${amendment.section}”`} · proposed by{' '}
            {originWords[amendment.origin]}
          </>
        }
      />
      <div className={classes['columns']}>
        <div className={classes['parts']}>
          {isOpen && !amendment.isCurrent ? (
            <RebaseNotice amendment={amendment} mayWrite={scopes.includes('amendments:write')} />
          ) : null}
          {editing ? (
            <DraftEditor amendment={amendment} onClose={() => setEditing(false)} />
          ) : (
            <Difference
              amendment={amendment}
              onEdit={isOpen && scopes.includes('amendments:write') ? () => setEditing(true) : null}
            />
          )}
        </div>
        <div className={classes['parts']}>
          {isOpen ? <DecisionPanel amendment={amendment} scopes={scopes} /> : <Outcome amendment={amendment} />}
          <Reasons amendment={amendment} />
          <Evidence items={amendment.evidence} />
          <Revisions amendment={amendment} />
        </div>
      </div>
    </>
  )
}

function Difference({
  amendment,
  onEdit,
}: {
  readonly amendment: AmendmentDetail
  readonly onEdit: (() => void) | null
}) {
  const { view = 'unified' } = useSearch({ from: '/inside/amendments/$amendmentId' })
  const navigate = useNavigate()
  const { amendmentId } = amendment
  return (
    <Panel
      title="What changes"
      note={`Against version ${amendment.baseVersion} of ${amendment.document}`}
      actions={
        onEdit === null ? null : (
          <button type="button" className={classes['link']} onClick={onEdit} data-testid="edit-draft">
            Edit the text
          </button>
        )
      }
      testId="amendment-diff"
    >
      <DiffView
        hunks={amendment.diff.hunks}
        label={`What changes in ${amendment.document}`}
        shape={view}
        onShape={(next) =>
          void navigate({
            to: '/amendments/$amendmentId',
            params: { amendmentId },
            search: next === 'unified' ? {} : { view: next },
            replace: true,
          })
        }
      />
    </Panel>
  )
}

function Reasons({ amendment }: { readonly amendment: AmendmentDetail }) {
  const { origin, reason, because, failures, alarms, openedBy, openedAt, expiresAt, state } = amendment
  return (
    <Panel title="Why" testId="amendment-why">
      <div className={classes['parts']}>
        {origin === 'person' ? <p className={classes['prose']}>{reason}</p> : <BecauseList lines={[because]} />}
        <Facts
          items={[
            ['Failures', failureWords(failures) ?? 'not counted'],
            ['Alarms', alarms === 0 ? 'none' : String(alarms)],
            ['Opened', <Ago key="at" at={openedAt} />],
            ['By', <Actor key="by" name={openedBy} />],
            ...(state === 'open'
              ? ([['Expires', <Instant key="until" at={expiresAt} precision="minute" />]] as const)
              : []),
          ]}
        />
      </div>
    </Panel>
  )
}

function Evidence({ items }: { readonly items: readonly AmendmentEvidence[] }) {
  if (items.length === 0) return null
  return (
    <Panel title="Evidence" note={plural(items.length, 'link')} testId="amendment-evidence">
      <ul className={classes['evidence']}>
        {items.map(({ kind, id }) => (
          <li key={`${kind} ${id}`}>
            <span className="soft">{kind}</span> <ServerLink link={addresses[kind](id)}>{short(id)}</ServerLink>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const addresses: Readonly<Record<AmendmentEvidence['kind'], (id: string) => string>> = {
  alarm: () => '/drift',
  stream: (id) => `/drift/${id}`,
  judgment: (id) => `/judgments/${id}`,
  execution: (id) => `/executions/${id}`,
}

const short = (id: string) => (id.length <= 20 ? id : `${id.slice(0, 8)}…${id.slice(-6)}`)

function Outcome({ amendment }: { readonly amendment: AmendmentDetail }) {
  const { state, decidedBy, decidedAt, decisionReason, approvalId } = amendment
  return (
    <Panel title="Decision" testId="amendment-outcome">
      <Facts
        items={[
          ['It is', <AmendmentMark key="state" state={state} />],
          ['By', decidedBy === null ? 'nobody' : <Actor key="by" name={decidedBy} />],
          ['When', <Instant key="at" at={decidedAt} precision="minute" why="It is not decided." />],
          ...(approvalId === null ? [] : ([['Approval', <code key="approval">{short(approvalId)}</code>]] as const)),
          ['Reason', decisionReason ?? 'none was given', 'wide'],
        ]}
      />
    </Panel>
  )
}

function Revisions({ amendment }: { readonly amendment: AmendmentDetail }) {
  return (
    <Panel title="Drafts" note={plural(amendment.revisions.length, 'revision')} testId="amendment-revisions">
      <ol className={classes['revisions']}>
        {amendment.revisions.map(({ revision, author, at, note, baseVersion }) => (
          <li key={revision}>
            <strong>{revision}</strong> <Actor name={author} />, <Ago at={at} />{' '}
            <span className="soft">on version {baseVersion}</span>
            <p className={classes['prose']}>{note}</p>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
