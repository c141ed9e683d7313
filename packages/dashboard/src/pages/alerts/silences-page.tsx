import { Button } from '@mantine/core'
import type { AlertSilence } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { NewSilence } from './new-silence.tsx'
import { AlertTabs } from './tabs.tsx'

const tones = { active: 'silent', pending: 'unknown', expired: 'unknown' } as const

/** What is muted, until when, by whom and why. */
export function SilencesPage() {
  const silences = useQuery(alertQueries.silences())
  const me = useQuery(queries.me())
  const [creating, setCreating] = useState(false)
  const mayWrite = me.data?.scopes.includes('alerts:write') === true
  return (
    <>
      <PageHead title="Silences" tab="Silences" lead="What is muted for a while, by whom and why.">
        {mayWrite ? (
          <Button
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => setCreating(true)}
            data-testid="new-silence"
          >
            New silence
          </Button>
        ) : undefined}
      </PageHead>
      <AlertTabs />
      {silences.error !== null ? (
        <ProblemPanel error={silences.error} onRetry={() => void silences.refetch()} />
      ) : silences.data === undefined ? (
        <Placeholder height={240} />
      ) : silences.data.items.length === 0 ? (
        <Empty title="Nothing is muted" actions={<LinkButton to="/alerts">To the inbox</LinkButton>}>
          Open an alert to silence its labels while you work on it, or make a silence by matchers.
        </Empty>
      ) : (
        <Panel testId="silences">
          <ul className={classes['list']}>
            {silences.data.items.map((silence) => (
              <SilenceRow key={silence.silenceId} silence={silence} />
            ))}
          </ul>
        </Panel>
      )}
      {creating ? <NewSilence onClose={() => setCreating(false)} /> : null}
    </>
  )
}

function SilenceRow({ silence }: { readonly silence: AlertSilence }) {
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => alertApi.endSilence(silence.silenceId),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  })
  return (
    <li className={classes['row']}>
      <div className={classes['line']}>
        <MarkedWord tone={tones[silence.state]} word={silence.state} />
        <span className={`${classes['labels']} ${classes['grow']}`}>
          {silence.matchers.map(({ name, operator, value }) => (
            <code key={name + operator + value}>
              {name}
              {operator}
              {value}
            </code>
          ))}
        </span>
        <span>{plural(silence.silenced, 'alert')} muted</span>
        {silence.state === 'expired' ? null : (
          <Button variant="default" size="xs" loading={end.isPending} onClick={() => end.mutate()}>
            End it now
          </Button>
        )}
      </div>
      <p className="soft">
        {silence.comment} · by <Actor name={silence.createdBy} /> · from{' '}
        <Instant at={silence.startsAt} precision="minute" /> until <Instant at={silence.endsAt} precision="minute" />
      </p>
      {end.error === null ? null : <ProblemPanel error={end.error} compact />}
    </li>
  )
}
