import { Button, Modal } from '@mantine/core'
import type { AlertDelivery, DeliveryAttempt } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './alerts.module.css'

/** One message with every attempt at it; one that ended can be sent again. */
export function ChannelMessage({
  deliveryId,
  onShow,
}: {
  readonly deliveryId: string
  /** Shows another message, or none. */
  readonly onShow: (deliveryId: string | undefined) => void
}) {
  const found = useQuery(alertQueries.delivery(deliveryId))
  return (
    <Modal
      opened
      onClose={() => onShow(undefined)}
      title={found.data?.title ?? 'Message'}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {found.error !== null ? (
        <ProblemPanel error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Placeholder height={160} />
      ) : (
        <Message message={found.data} onShow={onShow} />
      )}
    </Modal>
  )
}

function Message({
  message,
  onShow,
}: {
  readonly message: AlertDelivery
  readonly onShow: (deliveryId: string) => void
}) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const again = useMutation({
    mutationFn: () => alertApi.sendAgain(message.deliveryId),
    onSuccess: async ({ deliveryId }) => {
      await client.invalidateQueries({ queryKey: ['alerts', 'deliveries'] })
      onShow(deliveryId)
    },
  })
  const ended = message.state === 'delivered' || message.state === 'dead'
  const repeats = ended && message.purpose !== 'test' && me.data?.scopes.includes('channels:write') === true
  return (
    <div className={classes['stack']} data-testid="message">
      <p className="soft">
        {message.purpose} to {message.channel}, decided <Instant at={message.createdAt} precision="second" />
        {message.nextAttemptAt === null ? null : (
          <>
            {' '}
            · next try <Instant at={message.nextAttemptAt} precision="second" />
          </>
        )}
      </p>
      {message.againOf === null ? null : <SentAgain of={message.againOf} onShow={onShow} />}
      {message.log.length === 0 ? (
        <Empty title="Not tried yet">It goes out within seconds, unless its channel is off or rests.</Empty>
      ) : (
        <ol className={classes['list']}>
          {message.log.map((attempt, index) => (
            <Attempt key={attempt.at + String(index)} attempt={attempt} />
          ))}
        </ol>
      )}
      {again.error === null ? null : <ProblemPanel error={again.error} compact />}
      {repeats ? (
        <div className={classes['buttons']}>
          <Button loading={again.isPending} onClick={() => again.mutate()} data-testid="send-again">
            Send again
          </Button>
        </div>
      ) : null}
    </div>
  )
}

function SentAgain({ of, onShow }: { readonly of: string; readonly onShow: (deliveryId: string) => void }) {
  return (
    <p className="soft">
      Somebody had this sent again.{' '}
      <Button variant="subtle" size="compact-xs" onClick={() => onShow(of)}>
        Show the first one
      </Button>
    </p>
  )
}

const outcomes = {
  delivered: { tone: 'healthy', word: 'delivered' },
  failed: { tone: 'degraded', word: 'failed' },
  refused: { tone: 'failing', word: 'refused for good' },
} as const

function Attempt({ attempt }: { readonly attempt: DeliveryAttempt }) {
  const { at, outcome, status, latencyMs, detail, response } = attempt
  return (
    <li className={classes['row']}>
      <div className={classes['line']}>
        <MarkedWord {...outcomes[outcome]} />
        <span className={classes['grow']}>{status === null ? 'no answer' : `status ${status}`}</span>
        <span>{latencyMs} ms</span>
        <Instant at={at} precision="second" />
      </div>
      {outcome === 'delivered' ? null : <p>{detail}</p>}
      {response === null || (outcome !== 'delivered' && detail.includes(response)) ? null : (
        <code className={classes['answer']}>{response}</code>
      )}
    </li>
  )
}
