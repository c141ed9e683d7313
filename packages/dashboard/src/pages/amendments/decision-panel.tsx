import { Button, SegmentedControl, Textarea } from '@mantine/core'
import type { AmendmentDetail } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { amendmentApi } from '../../api/amendments.ts'
import { queries } from '../../api/queries.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './amendments.module.css'

type Way = 'ratify' | 'reject' | 'withdraw'
const wayWords: Readonly<Record<Way, string>> = { ratify: 'Ratify', reject: 'Reject', withdraw: 'Take back' }

/** What may be done about an open amendment: put it in force, refuse it, or take it back. */
export function DecisionPanel({
  amendment,
  scopes,
}: {
  readonly amendment: AmendmentDetail
  readonly scopes: readonly string[]
}) {
  const me = useQuery(queries.me()).data
  const isMine = me?.user != null && amendment.openedBy === `user:${me.user.userId}`
  const ways: readonly Way[] = [
    ...(scopes.includes('amendments:decide') ? (['ratify', 'reject'] as const) : []),
    ...(isMine && scopes.includes('amendments:write') ? (['withdraw'] as const) : []),
  ]
  const [chosen, setChosen] = useState<Way | null>(null)
  const way = chosen ?? ways[0]
  return (
    <Panel title="Decide" note={`${amendment.impact.toLowerCase()} impact`} testId="amendment-decision">
      <div className={classes['form']}>
        <BecauseList lines={[amendment.impactBecause, ...(amendment.need === null ? [] : [amendment.need.because])]} />
        {way === undefined ? (
          <p className="soft">You may not decide this; an admin does.</p>
        ) : (
          <>
            {ways.length < 2 ? null : (
              <SegmentedControl
                fullWidth
                aria-label="Decision"
                value={way}
                onChange={(value) => setChosen(ways.find((known) => known === value) ?? null)}
                data={ways.map((value) => ({ value, label: wayWords[value] }))}
              />
            )}
            {way === 'ratify' ? <Ratify amendment={amendment} /> : <Refuse key={way} way={way} amendment={amendment} />}
          </>
        )}
      </div>
    </Panel>
  )
}

/** An approval that was asked for before is found again, so that whoever comes back needs no id. */
function Ratify({ amendment }: { readonly amendment: AmendmentDetail }) {
  const { amendmentId, draftDigest } = amendment
  const given = useQuery(queries.approvalsOfKind('amendments', 'approved'))
  const waiting = useQuery(queries.approvalsOfKind('amendments', 'pending'))
  const isOfThis = ({ parameters }: { readonly parameters: unknown }) =>
    Object(parameters).amendmentId === amendmentId && Object(parameters).draftDigest === draftDigest
  const approved = given.data?.items.find(isOfThis)
  const pending = waiting.data?.items.find(isOfThis)
  const found = approved ?? pending
  if (!amendment.isCurrent) return <p className="soft">The document has moved on: rebase the amendment first.</p>
  return (
    <>
      {approved === undefined ? null : <p>An approval of exactly this draft was given: it can be put in force.</p>}
      <GovernedSave
        key={found?.approvalId ?? draftDigest}
        about="amendments"
        isChanged
        label="Ratify"
        reasonHint="It stands beside the version for good."
        {...(found === undefined ? {} : { asked: { approvalId: found.approvalId, isGiven: found === approved } })}
        save={(particulars) => amendmentApi.ratify(amendmentId, { draftDigest, ...particulars })}
      />
    </>
  )
}

const alarmChoices = [
  { value: 'false', label: 'False alarm' },
  { value: 'real', label: 'Real drift' },
  { value: 'unknown', label: 'Not known' },
] as const
type Alarm = (typeof alarmChoices)[number]['value']

function Refuse({ way, amendment }: { readonly way: 'reject' | 'withdraw'; readonly amendment: AmendmentDetail }) {
  const client = useQueryClient()
  const { amendmentId } = amendment
  const [reason, setReason] = useState('')
  const [alarm, setAlarm] = useState<Alarm>('false')
  const refuse = useMutation({
    mutationFn: () =>
      way === 'withdraw'
        ? amendmentApi.withdraw(amendmentId, reason.trim())
        : amendmentApi.reject(amendmentId, { reason: reason.trim(), alarm }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['amendments'] }),
  })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        refuse.mutate()
      }}
    >
      {way === 'reject' && amendment.alarms > 0 ? (
        <div>
          <p className="soft">Was there drift at all? It counts in how right the detector is known to be.</p>
          <SegmentedControl
            fullWidth
            aria-label="Was there drift"
            value={alarm}
            onChange={(value) => setAlarm(alarmChoices.find((known) => known.value === value)?.value ?? 'unknown')}
            data={[...alarmChoices]}
          />
        </div>
      ) : null}
      <Textarea
        label="Reason"
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        maxLength={2000}
        rows={3}
      />
      {refuse.error === null ? null : <ProblemPanel error={refuse.error} compact />}
      <div className={classes['buttons']}>
        <Button
          type="submit"
          color="red"
          loading={refuse.isPending}
          disabled={reason.trim() === ''}
          data-testid={`${way}-amendment`}
        >
          {wayWords[way]}
        </Button>
      </div>
    </form>
  )
}
