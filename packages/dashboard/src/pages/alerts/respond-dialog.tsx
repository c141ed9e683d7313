import { Button, Modal, Select, Textarea } from '@mantine/core'
import type { Alert } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi } from '../../api/alerts.ts'
import { plural } from '../../format/number.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { titleOf } from './live-inbox.ts'
import { endsIn, matchersOf, silenceLengths } from './silencing.ts'

/** What is done with the chosen alerts. */
export type Deed = 'acknowledge' | 'silence'

const words: Readonly<Record<Deed, { readonly title: string; readonly button: string; readonly note: string }>> = {
  acknowledge: {
    title: 'Acknowledge',
    button: 'Acknowledge',
    note: 'Who acknowledges has it in their hands: it is not repeated and goes to nobody else.',
  },
  silence: {
    title: 'Silence',
    button: 'Silence',
    note: 'Nobody is told of alerts with exactly these labels for a while. They stay in the inbox.',
  },
}

/** Asks for the reason and does it, for one alert or for several. Ctrl and Enter send it, Escape leaves it. */
export function RespondDialog({
  deed,
  alerts,
  onDone,
}: {
  readonly deed: Deed
  readonly alerts: readonly Alert[]
  /** Called with what is to be told, or null when it was left. */
  readonly onDone: (told: string | null) => void
}) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const [hours, setHours] = useState('4')
  const act = useMutation({
    mutationFn: () => (deed === 'acknowledge' ? takeAll(alerts, reason) : silenceAll(alerts, reason, Number(hours))),
    onSuccess: (told) => {
      void client.invalidateQueries({ queryKey: ['alerts'] })
      onDone(told)
    },
  })
  const blocked = deed === 'silence' && reason.trim() === ''
  const send = () => {
    if (!blocked && !act.isPending) act.mutate()
  }
  const { title, button, note } = words[deed]
  const [only] = alerts
  return (
    <Modal
      opened
      onClose={() => onDone(null)}
      title={`${title} ${alerts.length === 1 && only !== undefined ? titleOf(only) : plural(alerts.length, 'alert')}`}
    >
      <form
        className={classes['form']}
        data-testid="respond-dialog"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <p className="soft">{note}</p>
        <Textarea
          label={blocked || deed === 'silence' ? 'Reason' : 'Reason (optional)'}
          placeholder="What you know, for those who come after you"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
          }}
          maxLength={2000}
          rows={3}
          data-autofocus
        />
        {deed === 'silence' ? (
          <Select label="For" data={silenceLengths} value={hours} onChange={(value) => setHours(value ?? '4')} />
        ) : null}
        {act.error === null ? null : <ProblemPanel error={act.error} compact />}
        <div className={classes['buttons']}>
          <Button variant="default" onClick={() => onDone(null)}>
            Leave it
          </Button>
          <Button type="submit" disabled={blocked} loading={act.isPending} data-testid="respond-send">
            {button}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

async function takeAll(alerts: readonly Alert[], reason: string): Promise<string> {
  const { acknowledged, left } = await alertApi.acknowledgeMany(
    alerts.map(({ alertId }) => alertId),
    reason.trim(),
  )
  const taken = `${plural(acknowledged.length, 'alert')} acknowledged.`
  return left.length === 0 ? taken : `${taken} ${left.length} left: ${left[0]?.reason ?? ''}`
}

async function silenceAll(alerts: readonly Alert[], reason: string, hours: number): Promise<string> {
  const endsAt = endsIn(hours)
  for (const { labels } of alerts)
    await alertApi.silence({ matchers: matchersOf(labels), endsAt, comment: reason.trim() })
  return `${plural(alerts.length, 'alert')} silenced.`
}
