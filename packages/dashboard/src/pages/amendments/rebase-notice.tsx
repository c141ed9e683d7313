import { Button } from '@mantine/core'
import type { AmendmentDetail } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { amendmentApi } from '../../api/amendments.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './amendments.module.css'

/** Says that the document moved on, and offers to put the amendment on what is in force now. */
export function RebaseNotice({
  amendment,
  mayWrite,
}: {
  readonly amendment: AmendmentDetail
  readonly mayWrite: boolean
}) {
  const client = useQueryClient()
  const rebase = useMutation({
    mutationFn: () => amendmentApi.rebase(amendment.amendmentId, amendment.revision),
    onSuccess: () => client.invalidateQueries({ queryKey: ['amendments'] }),
  })
  const merges = amendment.rebase === 'clean'
  return (
    <div className={classes['notice']} role="status" data-testid="rebase-notice">
      <p>
        <strong>
          {amendment.document} has moved on since version {amendment.baseVersion}.
        </strong>{' '}
        {merges
          ? 'The amendment merges with what is in force now, line by line.'
          : 'What is in force now changed the same lines otherwise: edit the text.'}
      </p>
      {rebase.error === null ? null : <ProblemPanel error={rebase.error} compact />}
      {merges && mayWrite ? (
        <div className={classes['buttons']}>
          <Button loading={rebase.isPending} onClick={() => rebase.mutate()} data-testid="rebase">
            Rebase
          </Button>
        </div>
      ) : null}
    </div>
  )
}
