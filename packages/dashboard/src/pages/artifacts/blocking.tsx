import { Button } from '@mantine/core'
import type { BlockingReport } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { artifactApi, artifactQueries } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { ArtifactLink, SeverityMark, typeWords } from './words.tsx'

/** What is blocked, by whom, and the fewest artifacts to take back so that nothing is. */
export function Blocking({ projectId }: { readonly projectId: string }) {
  const report = useQuery(artifactQueries.report(projectId))
  if (report.error !== null) return <ProblemPanel error={report.error} onRetry={() => void report.refetch()} />
  if (report.data === undefined) return <Placeholder height={120} />
  const { blocked, unblocking, mode, conflicts, truncated } = report.data
  if (blocked.length === 0)
    return (
      <Panel title="Nothing is blocked" testId="blocking">
        <p className="soft">
          In the mode <Mode mode={mode} /> no conflict keeps an artifact of this project from being active.
        </p>
      </Panel>
    )
  return (
    <div className={classes['columns']}>
      <Panel
        title={`${plural(blocked.length, 'artifact')} blocked`}
        note={
          <>
            {plural(conflicts, 'conflict')} in the mode <Mode mode={mode} />
            {truncated ? '; the oldest 1,000 are counted' : ''}
          </>
        }
        testId="blocking"
      >
        <Blocked blocked={blocked} />
      </Panel>
      <Panel
        title="The shortest way out"
        note={
          unblocking.exact
            ? `No smaller set ends all conflicts than ${plural(unblocking.actions.length, 'artifact')}.`
            : `At least ${plural(unblocking.lowerBound, 'artifact')}; this set has ${unblocking.actions.length}.`
        }
        testId="unblocking"
      >
        <WaysOut actions={unblocking.actions} />
      </Panel>
    </div>
  )
}

function Mode({ mode }: { readonly mode: BlockingReport['mode'] }) {
  return <Link to="/settings/governance-mode">{mode}</Link>
}

function Blocked({ blocked }: { readonly blocked: BlockingReport['blocked'] }) {
  return (
    <ul className={classes['rows']}>
      {blocked.map(({ artifact, since, conflicts }) => (
        <li key={artifact.artifactId}>
          <div className={classes['line']}>
            <ArtifactLink artifact={artifact} />
            <span className="soft">
              since <Ago at={since} />
            </span>
          </div>
          <ul className={classes['inner']}>
            {conflicts.map(({ conflictId, type, severity, subject, text, blockedBy }) => (
              <li key={conflictId}>
                <div className={classes['line']}>
                  <SeverityMark severity={severity} />
                  <Link to="/conflicts/$conflictId" params={{ conflictId }} title={typeWords[type]}>
                    {subject}
                  </Link>
                </div>
                <p className="soft">{text}</p>
                {blockedBy.map((other) => (
                  <div key={other.artifactId} className={classes['line']}>
                    <span className="soft">Blocked by</span> <ArtifactLink artifact={other} />
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}

type Action = BlockingReport['unblocking']['actions'][number]

function WaysOut({ actions }: { readonly actions: readonly Action[] }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const [asked, setAsked] = useState<Action | null>(null)
  const archive = useMutation({
    mutationFn: (artifactId: string) => artifactApi.archive(artifactId),
    onSuccess: () => setAsked(null),
    onSettled: () => client.invalidateQueries({ queryKey: ['artifacts'] }),
  })
  const mayWrite = me.data?.scopes.includes('artifacts:write') === true
  return (
    <>
      <ol className={classes['rows']}>
        {actions.map((action) => (
          <li key={action.artifact.artifactId}>
            <div className={classes['line']}>
              <ArtifactLink artifact={action.artifact} />
            </div>
            <p>{action.text}</p>
            {action.unblocks.length === 0 ? null : (
              <p className="soft">Frees {plural(action.unblocks.length, 'artifact')}.</p>
            )}
            <div className={classes['buttons']}>
              {action.conflictIds.map((conflictId, at) => (
                <Link key={conflictId} to="/conflicts/$conflictId" params={{ conflictId }}>
                  {action.conflictIds.length === 1 ? 'Resolve it otherwise' : `Conflict ${at + 1}`}
                </Link>
              ))}
              {mayWrite ? (
                <Button
                  variant="default"
                  size="xs"
                  onClick={() => setAsked(action)}
                  data-testid={`archive-${action.artifact.name}`}
                >
                  Archive it
                </Button>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
      <ConfirmDialog
        opened={asked !== null}
        title={`Archive ${asked?.artifact.name ?? ''}?`}
        word="Archive"
        error={archive.error}
        pending={archive.isPending}
        testId="confirm-archive"
        onConfirm={() => asked !== null && archive.mutate(asked.artifact.artifactId)}
        onClose={() => setAsked(null)}
      >
        It is never active again; its versions and lineage stay readable. What it blocked may become active.
      </ConfirmDialog>
    </>
  )
}
