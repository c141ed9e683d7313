import { Button, Select, Textarea } from '@mantine/core'
import type { AlertDetail } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { LabelSet, SeverityMark, StateMark } from './faces.tsx'
import { AlertTabs } from './tabs.tsx'

/** One alert: why it fires, what became of it, and what a person can do. */
export function AlertPage() {
  const { alertId } = useParams({ from: '/inside/alerts/$alertId' })
  const one = useQuery(alertQueries.one(alertId))
  const alert = one.data
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
        </div>
      )}
    </>
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

const lengths = [
  { value: '1', label: 'One hour' },
  { value: '4', label: 'Four hours' },
  { value: '24', label: 'One day' },
  { value: '168', label: 'One week' },
]

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
        matchers: Object.entries(alert.labels).map(([name, value]) => ({ name, operator: '=', value })),
        endsAt: new Date(Date.now() + Number(hours) * 3_600_000).toISOString(),
        comment: comment.trim(),
      }),
    ...refresh,
  })
  if (alert.state === 'resolved' || me.data?.scopes.includes('alerts:respond') !== true) return null
  const error = acknowledge.error ?? silence.error
  return (
    <Panel
      title="What you can do"
      note="Who acknowledges has it in their hands: it is not repeated and goes to nobody else. A silence mutes these labels."
      testId="respond"
    >
      <div className={classes['form']}>
        <Textarea
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
            data={lengths}
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
