import { Button, Progress } from '@mantine/core'
import type { Deletion } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { isAtWork, privacyApi } from '../../api/privacy.ts'
import { downloadText } from '../../export/download.ts'
import { plural } from '../../format/number.ts'
import { Icon } from '../../ui/icon.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import classes from './privacy.module.css'
import { TableCounts } from './table-counts.tsx'

const words = {
  finding: 'Looking for runs',
  erasing: 'Erasing',
  done: 'Erased',
  closed: 'Closed',
} as const satisfies Record<Deletion['state'], string>

/** One request: how far it is, what went, and its certificate. */
export function DeletionCard({ deletion }: { readonly deletion: Deletion }) {
  const { deletionId, subject, reason, state, requestedAt, completedAt, watchedUntil, eventId, tables } = deletion
  const certificate = useMutation({
    mutationFn: () => privacyApi.certificate(deletionId),
    onSuccess: (file) =>
      downloadText(`deletion-${deletionId}.json`, 'application/json', `${JSON.stringify(file, null, 2)}\n`),
  })
  return (
    <li className={classes['card']} data-testid="deletion">
      <div className={classes['card-head']}>
        <strong>
          {subject.key === null ? subject.kind : subject.key}:{' '}
          {subject.value ?? <Unknown why="The key of the request is destroyed: it names nobody any more." />}
        </strong>
        <span className={classes['state']} data-state={state}>
          {words[state]}
        </span>
      </div>
      <p className="soft">
        Asked <Instant at={requestedAt} precision="minute" />
        {reason === null ? null : <> · {reason}</>}
        {completedAt === null ? null : (
          <>
            {' '}
            · erased <Instant at={completedAt} precision="minute" />
          </>
        )}
      </p>
      {isAtWork(deletion) ? <Work deletion={deletion} /> : <Result deletion={deletion} />}
      <TableCounts tables={tables} />
      {state === 'done' && watchedUntil !== null ? (
        <p className="soft">
          What began before the request and arrives late goes, too, until{' '}
          <Instant at={watchedUntil} precision="minute" />.
        </p>
      ) : null}
      {certificate.error === null ? null : <ProblemPanel error={certificate.error} compact />}
      {completedAt === null ? null : (
        <div className={classes['buttons']}>
          {eventId === null ? null : (
            <Link to="/ledger/events/$eventId" params={{ eventId }}>
              In the ledger
            </Link>
          )}
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="download" size={14} />}
            loading={certificate.isPending}
            onClick={() => certificate.mutate()}
          >
            Certificate
          </Button>
        </div>
      )}
    </li>
  )
}

function Work({ deletion }: { readonly deletion: Deletion }) {
  const { state, searchedUpTo, executions, erasedExecutions } = deletion
  const share = executions === 0 ? 0 : (erasedExecutions / executions) * 100
  return (
    <div aria-live="polite">
      <Progress
        value={state === 'finding' ? 100 : share}
        animated={state === 'finding'}
        aria-label={words[state]}
        size="sm"
      />
      {deletion.isOnLegalHold ? (
        <p>
          <strong>Rests:</strong> a legal hold keeps this person’s data.
        </p>
      ) : deletion.heldExecutions > 0 ? (
        <p>
          <strong>{plural(deletion.heldExecutions, 'run')} on legal hold</strong> stay until the hold is lifted.
        </p>
      ) : null}
      <p className="soft">
        {state === 'finding'
          ? `${plural(executions, 'run')} found${searchedUpTo === null ? '' : `, looked up to ${searchedUpTo}`}`
          : `${erasedExecutions} of ${plural(executions, 'run')} erased`}
      </p>
    </div>
  )
}

function Result({ deletion }: { readonly deletion: Deletion }) {
  const { executions, lateExecutions, tokens } = deletion
  return (
    <p>
      {plural(executions, 'run')} erased
      {lateExecutions > 0 ? `, ${lateExecutions} of them reported late` : ''}
      {tokens > 0 ? `; ${plural(tokens, 'key')} of tokens destroyed` : ''}.
    </p>
  )
}
