import { Button, Select, Textarea } from '@mantine/core'
import type { AlertDetail } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { LabelSet, SeverityMark, StateMark } from './faces.tsx'
import { useLiveInbox } from './live-inbox.ts'
import { endsIn, matchersOf, silenceLengths } from './silencing.ts'
import { AlertTabs } from './tabs.tsx'

/** One alert: why it fires, what became of it now and earlier, and what a person can do. It follows the live stream. */
export function AlertPage() {
  const { alertId } = useParams({ from: '/inside/alerts/$alertId' })
  const one = useQuery(alertQueries.one(alertId))
  const alert = one.data
  useLiveInbox()
  return (
    <>
      <PageHead
        title={alert?.annotations['summary'] ?? alert?.rule ?? 'Alert'}
        tab={alert?.rule ?? 'Alert'}
        lead={alert === undefined ? undefined : <LabelSet labels={alert.labels} />}
      />
      <AlertTabs />
      {one.error !== null ? (
        <ProblemPanel error={one.error} onRetry={() => void one.refetch()} />
      ) : alert === undefined ? (
        <Placeholder height={320} />
      ) : (
        <div className={classes['stack']}>
          <Panel title="Because" actions={<StateMark state={alert.state} filled />} testId="alert">
            <div className={classes['stack']}>
              <BecauseList lines={[alert.because]} />
              <FactsOf alert={alert} />
            </div>
          </Panel>
          <Response alert={alert} />
          <Panel title="History" testId="alert-history">
            <ol className={classes['list']}>
              {alert.history.map((step) => (
                <li key={`${step.at} ${step.to}`} className={classes['row']}>
                  <span className={classes['line']}>
                    <StateMark state={step.to} /> <Instant at={step.at} /> by <Actor name={step.actor} />
                  </span>
                  <span className="soft">
                    {step.comment === null || step.comment === '' ? step.because.text : step.comment}
                  </span>
                </li>
              ))}
            </ol>
          </Panel>
          <Earlier alert={alert} />
        </div>
      )}
    </>
  )
}

/** Other times that the same labels were an alert. */
function Earlier({ alert }: { readonly alert: AlertDetail }) {
  const list = useInfiniteQuery(alertQueries.list({ fingerprint: alert.fingerprint, limit: 20 }))
  const others = list.data?.pages.flatMap(({ items }) => items).filter(({ alertId }) => alertId !== alert.alertId)
  return (
    <Panel title="Other times" note="When the same labels were an alert" testId="alert-earlier">
      {list.error !== null ? (
        <ProblemPanel error={list.error} compact onRetry={() => void list.refetch()} />
      ) : others === undefined ? (
        <Placeholder height={60} />
      ) : others.length === 0 ? (
        <p className="soft">This is the first time.</p>
      ) : (
        <ol className={classes['list']}>
          {others.map((other) => (
            <li key={other.alertId} className={classes['row']}>
              <span className={classes['line']}>
                <StateMark state={other.state} />
                <Link to="/alerts/$alertId" params={{ alertId: other.alertId }}>
                  <Instant at={other.firedAt ?? other.pendingAt} precision="minute" />
                </Link>
                {other.resolvedAt === null ? null : (
                  <span>
                    until <Instant at={other.resolvedAt} precision="minute" />
                  </span>
                )}
              </span>
              <span className="soft">{other.comment ?? other.because.text}</span>
            </li>
          ))}
        </ol>
      )}
      {list.hasNextPage ? (
        <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
          Show more
        </Button>
      ) : null}
    </Panel>
  )
}

function FactsOf({ alert }: { readonly alert: AlertDetail }) {
  return (
    <Facts
      items={[
        ['Rule', alert.rule],
        ['Severity', <SeverityMark key="severity" severity={alert.severity} />],
        ['First seen', <Instant key="pending" at={alert.pendingAt} />],
        ['Fired', <Instant key="fired" at={alert.firedAt} why="Its condition has not held long enough." />],
        ['Over', <Instant key="over" at={alert.resolvedAt} why="It still holds." />],
        ['Muted by', alert.mutedBy ?? 'nothing'],
        ['Fingerprint', <code key="print">{alert.fingerprint}</code>],
      ]}
    />
  )
}

function Response({ alert }: { readonly alert: AlertDetail }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const [comment, setComment] = useState('')
  const [hours, setHours] = useState('4')
  const refresh = { onSuccess: () => client.invalidateQueries({ queryKey: ['alerts'] }) }
  const acknowledge = useMutation({ mutationFn: () => alertApi.acknowledge(alert.alertId, comment.trim()), ...refresh })
  const silence = useMutation({
    mutationFn: () =>
      alertApi.silence({
        matchers: matchersOf(alert.labels),
        endsAt: endsIn(Number(hours)),
        comment: comment.trim(),
      }),
    ...refresh,
  })
  const field = useRef<HTMLTextAreaElement>(null)
  const respond = alert.state !== 'resolved' && me.data?.scopes.includes('alerts:respond') === true
  const write = () => field.current?.focus()
  useShortcuts(
    respond
      ? [
          { keys: 'c', label: 'Write a comment', group: 'Alert', run: write },
          {
            keys: 'a',
            label: 'Acknowledge',
            group: 'Alert',
            run: () => alert.state === 'firing' && acknowledge.mutate(),
          },
          // A silence needs its reason, so without one the key leads to where it is written.
          {
            keys: 's',
            label: 'Silence',
            group: 'Alert',
            run: () => (comment.trim() === '' ? write() : silence.mutate()),
          },
        ]
      : [],
  )
  if (!respond) return null
  const error = acknowledge.error ?? silence.error
  return (
    <Panel
      title="What you can do"
      note="Who acknowledges has it in their hands: it is not repeated and goes to nobody else. A silence mutes these labels."
      testId="respond"
    >
      <div className={classes['form']}>
        <Textarea
          ref={field}
          label="Comment"
          placeholder="What you know, for those who come after you"
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          maxLength={2000}
          rows={2}
        />
        {error === null ? null : <ProblemPanel error={error} compact />}
        <div className={classes['buttons']}>
          <Select
            aria-label="Silence for"
            data={silenceLengths}
            value={hours}
            onChange={(value) => setHours(value ?? '4')}
            w={140}
          />
          <Button
            variant="default"
            disabled={comment.trim() === ''}
            loading={silence.isPending}
            onClick={() => silence.mutate()}
            data-testid="silence"
          >
            Silence
          </Button>
          <Button
            disabled={alert.state !== 'firing'}
            loading={acknowledge.isPending}
            onClick={() => acknowledge.mutate()}
            data-testid="acknowledge"
          >
            Acknowledge
          </Button>
        </div>
        {silence.data === undefined ? null : (
          <p className="soft" role="status">
            Silenced until <Instant at={silence.data.endsAt} precision="minute" />.{' '}
            <LinkButton to="/alerts/silences" variant="subtle" size="compact-xs">
              All silences
            </LinkButton>
          </p>
        )}
        {alert.acknowledgedAt === null ? null : (
          <p className="soft">
            Acknowledged <Ago at={alert.acknowledgedAt} /> by <Actor name={alert.acknowledgedBy ?? 'somebody'} />.
          </p>
        )}
      </div>
    </Panel>
  )
}
