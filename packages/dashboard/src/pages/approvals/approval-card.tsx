import { Button, Textarea } from '@mantine/core'
import type { ApprovalRequest } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { About, Parameters } from './about.tsx'
import classes from './approvals.module.css'

const impactTones: Readonly<Record<ApprovalRequest['impact'], Tone>> = {
  MINIMAL: 'unknown',
  LOW: 'unknown',
  MODERATE: 'silent',
  HIGH: 'degraded',
  CRITICAL: 'failing',
}

/** One request: what exactly would be done, why it needs a word, who may say it, and the two buttons. */
export function ApprovalCard({ request }: { readonly request: ApprovalRequest }) {
  const approved = request.votes.filter(({ verdict }) => verdict === 'approve').length
  return (
    <Panel
      title={request.operation}
      note={`${request.subject} · ${request.environment}`}
      actions={<MarkedWord tone={impactTones[request.impact]} word={`${request.impact.toLowerCase()} impact`} filled />}
      testId="approval"
    >
      <div className={classes['card']}>
        <div className={classes['what']}>
          <About request={request} />
          <p className="soft">“{request.reason}”</p>
          <BecauseList lines={[request.because]} />
          <Facts
            items={[
              ['Asked by', <Actor key="by" name={request.requestedBy} />],
              ['Asked', <Ago key="at" at={request.createdAt} />],
              ['Expires', <Instant key="until" at={request.expiresAt} precision="minute" />],
              ['Approved', `${approved} of ${plural(request.requiredApprovers, request.approverRole)}`],
              ['Action digest', <code key="digest">{request.actionDigest.slice(0, 15)}…</code>],
            ]}
          />
          <Votes votes={request.votes} />
          {request.state === 'pending' ? (
            <VoteForm request={request} />
          ) : (
            <p className="soft">This request is {request.state}.</p>
          )}
        </div>
        <Parameters request={request} />
      </div>
    </Panel>
  )
}

function Votes({ votes }: { readonly votes: ApprovalRequest['votes'] }) {
  if (votes.length === 0) return null
  return (
    <ul className={classes['votes']}>
      {votes.map((vote) => (
        <li key={`${vote.by} ${vote.at}`}>
          <MarkedWord tone={vote.verdict === 'approve' ? 'healthy' : 'failing'} word={vote.verdict} /> by{' '}
          <Actor name={vote.by} />, <Ago at={vote.at} />
          {vote.review === null ? null : <p className="soft">{vote.review}</p>}
        </li>
      ))}
    </ul>
  )
}

function VoteForm({ request }: { readonly request: ApprovalRequest }) {
  const me = useQuery(queries.me())
  const client = useQueryClient()
  const [review, setReview] = useState('')
  const vote = useMutation({
    mutationFn: (verdict: 'approve' | 'reject') =>
      api.vote(request.approvalId, {
        verdict,
        actionDigest: request.actionDigest,
        ...(review.trim() === '' ? {} : { review: review.trim() }),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['approvals'] }),
  })
  const who = `${plural(request.requiredApprovers, request.approverRole)} must agree; the author cannot.`
  if (me.data?.scopes.includes('approvals:decide') !== true)
    return <p className="soft">You may not decide this: {who}</p>
  return (
    <div className={classes['vote']}>
      <p className="soft">{who}</p>
      <Textarea
        label={request.requireReview ? 'Review (required)' : 'Review'}
        placeholder="What you checked, for those who read the ledger later"
        value={review}
        onChange={(event) => setReview(event.currentTarget.value)}
        maxLength={5000}
        rows={3}
      />
      {vote.error === null ? null : <ProblemPanel error={vote.error} compact />}
      <div className={classes['buttons']}>
        <Button
          variant="default"
          color="red"
          loading={vote.isPending}
          onClick={() => vote.mutate('reject')}
          data-testid="reject"
        >
          Reject
        </Button>
        <Button
          loading={vote.isPending}
          disabled={request.requireReview && review.trim() === ''}
          onClick={() => vote.mutate('approve')}
          data-testid="approve"
        >
          Approve exactly this
        </Button>
      </div>
    </div>
  )
}
