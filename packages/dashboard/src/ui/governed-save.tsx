import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useId, useState } from 'react'
import { ApiError } from '../api/api-error.ts'
import { api } from '../api/endpoints.ts'
import classes from './governed-save.module.css'
import { ProblemPanel } from './problem-panel.tsx'

/** What every governed change is sent with. */
export interface ChangeParticulars {
  readonly reason: string
  readonly approvalId?: string
}

/** Reason and button of a change; where it needs an approval, the way to ask for it and to come back with it. */
export function GovernedSave({
  isChanged,
  save,
  onSaved,
  extra,
  about,
  label = 'Save',
  reasonHint = 'It is kept with the change, for whoever asks in a year.',
  isGrave = false,
  asked,
}: {
  readonly isChanged: boolean
  readonly save: (particulars: ChangeParticulars) => Promise<unknown>
  readonly onSaved?: () => void
  readonly extra?: ReactNode
  /** The first key of the queries that a change makes out of date; also names the button. */
  readonly about:
    | 'anchors'
    | 'arbitration'
    | 'artifacts'
    | 'playbooks'
    | 'masking'
    | 'gateway'
    | 'retention'
    | 'privacy'
    | 'amendments'
    | 'governance'
    | 'judgments'
    | 'fallbacks'
    | 'chaos'
    | 'drift'
    | 'specialists'
  readonly label?: string
  readonly reasonHint?: string
  /** What it does cannot be undone. */
  readonly isGrave?: boolean
  /** An approval that was asked for before, and whether it was given meanwhile. */
  readonly asked?: { readonly approvalId: string; readonly isGiven: boolean }
}) {
  const client = useQueryClient()
  const note = useId()
  const [reason, setReason] = useState('')
  const [approvalId, setApprovalId] = useState(asked?.approvalId ?? '')
  const change = useMutation({
    mutationFn: () =>
      save({ reason: reason.trim(), ...(approvalId.trim() === '' ? {} : { approvalId: approvalId.trim() }) }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [about] })
      onSaved?.()
    },
  })
  const action = change.error instanceof ApiError ? change.error.action : null
  const ask = useMutation({
    mutationFn: () => api.askApproval({ ...action, reason: reason.trim() }),
    onSuccess: async (request) => {
      setApprovalId(request.approvalId)
      change.reset()
      await client.invalidateQueries({ queryKey: ['approvals'] })
    },
  })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate()
      }}
    >
      <TextInput
        label="Reason"
        description={reasonHint}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        maxLength={2000}
      />
      {approvalId === '' ? null : (
        <>
          <TextInput
            label="Approval"
            value={approvalId}
            onChange={({ currentTarget }) => setApprovalId(currentTarget.value)}
            data-testid="approval-id"
          />
          <p className="soft" id={note}>
            {asked?.isGiven === true && approvalId === asked.approvalId ? (
              'It was given for exactly this change.'
            ) : (
              <>
                Asked for. When it is given at <Link to="/approvals">Approvals</Link>, press “{label}” here again: it
                counts for exactly this change.
              </>
            )}
          </p>
        </>
      )}
      {change.error === null ? null : <ProblemPanel error={change.error} compact />}
      {ask.error === null ? null : <ProblemPanel error={ask.error} compact />}
      <div className={classes['buttons']}>
        {isChanged ? extra : null}
        {action === null ? null : (
          <Button variant="default" loading={ask.isPending} onClick={() => ask.mutate()} data-testid="ask-approval">
            Ask for the approval
          </Button>
        )}
        <Button
          type="submit"
          loading={change.isPending}
          disabled={!isChanged || reason.trim() === ''}
          data-testid={`save-${about}`}
          {...(isGrave ? { color: 'red' } : {})}
        >
          {label}
        </Button>
      </div>
    </form>
  )
}
