import { Button, Modal, Progress, Select, TextInput } from '@mantine/core'
import type { Repricing } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { costApi, costQueries } from '../../api/costs.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Facts, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Instant, Money } from '../../ui/value.tsx'
import classes from './costs-page.module.css'

/** The last time that stored calls were priced again, how far it is, and the way to do it once more. */
export function RepricingPanel() {
  const client = useQueryClient()
  const last = useQuery(costQueries.lastRepricing())
  const [asking, setAsking] = useState(false)
  const cancel = useMutation({
    mutationFn: costApi.cancelRepricing,
    onSettled: () => client.invalidateQueries({ queryKey: ['costs'] }),
  })
  const running = last.data?.state === 'running'
  const actions = (
    <div className={classes['buttons']}>
      <Button size="xs" variant="default" onClick={() => void last.refetch()} loading={last.isFetching}>
        Look again
      </Button>
      {running && last.data ? (
        <Button size="xs" variant="default" color="red" onClick={() => cancel.mutate(last.data?.repricingId ?? '')}>
          Stop it
        </Button>
      ) : (
        <Button size="xs" onClick={() => setAsking(true)} data-testid="reprice">
          Price stored calls again
        </Button>
      )}
    </div>
  )
  return (
    <Panel title="Pricing stored calls again" note="totals and sums follow" testId="repricing" actions={actions}>
      {last.error !== null ? (
        <ProblemPanel error={last.error} compact onRetry={() => void last.refetch()} />
      ) : last.data === undefined ? (
        <Placeholder height={120} />
      ) : last.data === null ? (
        <Empty title="Never done">
          After a price was set or corrected, calls that are stored already can follow it.
        </Empty>
      ) : (
        <LastRepricing repricing={last.data} />
      )}
      {cancel.error === null ? null : <ProblemPanel error={cancel.error} compact />}
      <Ask opened={asking} onClose={() => setAsking(false)} />
    </Panel>
  )
}

const tones = { running: 'degraded', done: 'healthy', cancelled: 'unknown' } as const

function LastRepricing({ repricing }: { readonly repricing: Repricing }) {
  const { calls, expectedCalls, state } = repricing
  const share = state === 'done' ? 100 : expectedCalls === 0 ? 0 : Math.min(99, (100 * calls) / expectedCalls)
  return (
    <div className={classes['progress']}>
      <Progress value={share} aria-label={`${calls} of about ${expectedCalls} calls priced again`} />
      <Facts
        items={[
          ['State', <MarkedWord key="state" tone={tones[state]} word={state} />],
          ['Because', repricing.reason, 'wide'],
          ['Calls', <Count key="calls" count={calls} />],
          ['Changed', <Count key="changed" count={repricing.changedCalls} />],
          ['Found a price', <Count key="found" count={repricing.newlyPricedCalls} />],
          ['Lost theirs', <Count key="lost" count={repricing.noLongerPricedCalls} />],
          [
            'Before',
            <Part key="before" nanoUsd={repricing.beforeNanoUsd} unpricedCalls={repricing.newlyPricedCalls} />,
          ],
          [
            'After',
            <Part key="after" nanoUsd={repricing.afterNanoUsd} unpricedCalls={repricing.noLongerPricedCalls} />,
          ],
          ['Asked for', <Instant key="asked" at={repricing.requestedAt} precision="minute" />],
        ]}
      />
    </div>
  )
}

/** A sum beside calls that had no price: a lower bound, and unknown where there is nothing else. */
function Part({ nanoUsd, unpricedCalls }: { readonly nanoUsd: number; readonly unpricedCalls: number }) {
  return <Money nanoUsd={nanoUsd === 0 && unpricedCalls > 0 ? null : nanoUsd} unpricedCalls={unpricedCalls} />
}

const spans = [
  { value: '1', label: 'The last day' },
  { value: '7', label: 'The last 7 days' },
  { value: '30', label: 'The last 30 days' },
  { value: '365', label: 'The last year' },
]

function Ask({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const client = useQueryClient()
  const [days, setDays] = useState('30')
  const [model, setModel] = useState('')
  const [reason, setReason] = useState('')
  const ask = useMutation({
    mutationFn: () => {
      const now = Date.now()
      const from = new Date(now - Number(days) * 86_400_000).toISOString()
      const named = model.trim() === '' ? null : model.trim()
      return costApi.reprice({ from, to: new Date(now).toISOString(), model: named, reason: reason.trim() })
    },
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['costs'] })
    },
  })
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Price stored calls again"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          ask.mutate()
        }}
      >
        <Select label="Calls that began in" data={spans} value={days} onChange={(value) => setDays(value ?? '30')} />
        <TextInput
          label="Only of this model"
          description="As agents report it; empty: all."
          value={model}
          onChange={(event) => setModel(event.currentTarget.value)}
        />
        <TextInput
          label="Why"
          description="It is kept in the ledger with the sums before and after."
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          required
        />
        {ask.error === null ? null : <ProblemPanel error={ask.error} compact />}
        <div className={classes['buttons']}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={ask.isPending} disabled={reason.trim() === ''} data-testid="start-repricing">
            Begin
          </Button>
        </div>
      </form>
    </Modal>
  )
}
