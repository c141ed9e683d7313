import { Button, TextInput } from '@mantine/core'
import type { AccessExport } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { accessFileAddress, privacyApi, privacyQueries } from '../../api/privacy.ts'
import { plural } from '../../format/number.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import { PersonFields, usePerson } from './person-fields.tsx'
import classes from './privacy.module.css'

/** Gives a person everything that is kept of them, as one file. */
export function AccessPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const exports = useQuery(privacyQueries.accessExports())
  return (
    <Panel
      title="Give a person access"
      note="One file with everything that is kept of them. Each request and each download is an entry of the ledger."
      testId="access"
    >
      <div className={classes['form']}>
        {mayWrite ? <AskForm /> : null}
        {exports.error !== null ? (
          <ProblemPanel error={exports.error} compact onRetry={() => void exports.refetch()} />
        ) : exports.data === undefined ? (
          <Placeholder height={60} />
        ) : exports.data.length === 0 ? (
          <p className="soft">Nobody asked for access yet.</p>
        ) : (
          <ul className={classes['list']}>
            {exports.data.map((one) => (
              <ExportCard key={one.exportId} asked={one} mayWrite={mayWrite} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}

function AskForm() {
  const client = useQueryClient()
  const fields = usePerson()
  const [reason, setReason] = useState('')
  const { subject } = fields
  const ask = useMutation({
    mutationFn: privacyApi.requestAccess,
    onSuccess: async () => {
      fields.clear()
      setReason('')
      await client.invalidateQueries({ queryKey: ['privacy', 'access-exports'] })
    },
  })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        if (subject !== null) ask.mutate({ subject, reason: reason.trim() })
      }}
    >
      <PersonFields fields={fields} onChange={ask.reset} />
      <TextInput
        label="Reason"
        description="The number of the request, say. Do not name the person."
        value={reason}
        maxLength={500}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      {ask.error === null ? null : <ProblemPanel error={ask.error} compact />}
      <div className={classes['buttons']}>
        <Button
          type="submit"
          loading={ask.isPending}
          disabled={subject === null || reason.trim() === ''}
          data-testid="ask-access"
        >
          Prepare the file
        </Button>
      </div>
    </form>
  )
}

function ExportCard({ asked, mayWrite }: { readonly asked: AccessExport; readonly mayWrite: boolean }) {
  const { exportId, subject, reason, requestedAt, expiresAt, deliveredAt, executions, rows, closedAt } = asked
  return (
    <li className={classes['card']} data-testid="access-export">
      <div className={classes['card-head']}>
        <strong>
          {subject.key ?? subject.kind}:{' '}
          {subject.value ?? <Unknown why="The key of the request is destroyed: it names nobody any more." />}
        </strong>
        <span className={classes['state']} data-state={closedAt === null ? 'open' : 'closed'}>
          {closedAt === null ? 'Open' : 'Closed'}
        </span>
      </div>
      <p className="soft">
        Asked <Instant at={requestedAt} precision="minute" />
        {reason === null ? null : <> · {reason}</>}
        {closedAt === null ? (
          <>
            {' '}
            · until <Instant at={expiresAt} precision="minute" />
          </>
        ) : null}
      </p>
      <p>
        {deliveredAt === null ? (
          'Not downloaded yet.'
        ) : (
          <>
            Downloaded <Instant at={deliveredAt} precision="minute" />: {plural(rows ?? 0, 'row')} of{' '}
            {plural(executions ?? 0, 'run')}.
          </>
        )}
      </p>
      {closedAt === null && mayWrite ? (
        <div className={classes['buttons']}>
          <a href={accessFileAddress(exportId)} download={`access-${exportId}.json`}>
            Download the file
          </a>
        </div>
      ) : null}
    </li>
  )
}
