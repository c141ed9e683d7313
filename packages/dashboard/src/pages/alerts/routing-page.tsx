import { Button, JsonInput, MultiSelect } from '@mantine/core'
import { AlertPolicy, type AlertPolicyState } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { AlertTabs } from './tabs.tsx'

/** Who is told what and when: the channels of everything, and the whole policy as it is. */
export function RoutingPage() {
  const policy = useQuery(alertQueries.policy())
  return (
    <>
      <PageHead
        title="Routing"
        tab="Routing"
        lead="Routes, groups, inhibition and time intervals mean what they mean in Alertmanager."
      />
      <AlertTabs />
      {policy.error !== null ? (
        <ProblemPanel error={policy.error} onRetry={() => void policy.refetch()} />
      ) : policy.data === undefined ? (
        <Placeholder height={320} />
      ) : (
        <PolicyForm key={policy.data.version} state={policy.data} />
      )}
    </>
  )
}

function PolicyForm({ state }: { readonly state: AlertPolicyState }) {
  const client = useQueryClient()
  const channels = useQuery(alertQueries.channels())
  const me = useQuery(queries.me())
  const [text, setText] = useState(() => JSON.stringify(state.policy, null, 2))
  const checked = policyOf(text)
  const mayWrite = me.data?.scopes.includes('alerts:write') === true
  const save = useMutation({
    mutationFn: (policy: AlertPolicy) => alertApi.changePolicy({ policy, expectedVersion: state.version }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  })
  const named = (channels.data?.items ?? []).filter(({ settings }) => settings.kind !== 'alertmanager')
  return (
    <Panel
      title={state.version === 0 ? 'The default policy' : `Version ${state.version}`}
      note={
        state.changedAt === null ? (
          'Nobody has changed it.'
        ) : (
          <>
            <Ago at={state.changedAt} /> by <Actor name={state.changedBy ?? 'nobody'} />
          </>
        )
      }
      testId="policy"
    >
      <div className={classes['form']}>
        <MultiSelect
          label="Told of everything that no route takes elsewhere"
          placeholder={named.length === 0 ? 'Make a channel first' : ''}
          data={named.map(({ channelId, name }) => ({ value: channelId, label: name }))}
          value={[...(checked.policy?.route.channels ?? [])]}
          disabled={checked.policy === null || !mayWrite}
          onChange={(chosen) => {
            if (checked.policy === null) return
            const route = { ...checked.policy.route, channels: chosen }
            setText(JSON.stringify({ ...checked.policy, route }, null, 2))
          }}
        />
        <JsonInput
          className={classes['mono'] ?? ''}
          label="Policy"
          value={text}
          onChange={setText}
          error={checked.fault}
          rows={24}
          disabled={!mayWrite}
        />
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        {mayWrite ? (
          <div className={classes['buttons']}>
            <Button
              disabled={checked.policy === null}
              loading={save.isPending}
              onClick={() => checked.policy !== null && save.mutate(checked.policy)}
              data-testid="save-policy"
            >
              Save
            </Button>
          </div>
        ) : null}
      </div>
    </Panel>
  )
}

function policyOf(text: string): { readonly policy: AlertPolicy | null; readonly fault: string | null } {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return { policy: null, fault: 'This is no JSON.' }
  }
  const parsed = AlertPolicy.safeParse(read)
  if (parsed.success) return { policy: parsed.data, fault: null }
  const [issue] = parsed.error.issues
  return { policy: null, fault: issue === undefined ? 'It does not fit.' : `${issue.path.join('.')}: ${issue.message}` }
}
