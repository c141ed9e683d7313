import { Alert, AlertCounts, type AlertPage } from '@metaagent/contract'
import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { z } from 'zod'
import { alertQueries } from '../../api/alerts.ts'
import { addressOf } from '../../api/request.ts'
import type { ServerSentEvent } from '../../api/sse.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'

type Page = z.infer<typeof AlertPage>
/** The pages of the inbox that were read so far. */
export type InboxPages = InfiniteData<Page, string | null>

/** What an inbox is narrowed to, as its address and its question say it. */
export interface InboxFilter {
  readonly state?: string | undefined
  readonly severity?: string | undefined
  readonly agent?: string | undefined
  readonly fingerprint?: string | undefined
}

/** Whether an alert belongs into a list: as the API filters it. */
export function fits(alert: Alert, { state, severity, agent, fingerprint }: InboxFilter): boolean {
  return (
    (state === undefined || (state === 'active' ? alert.state !== 'resolved' : alert.state === state)) &&
    (severity === undefined || alert.severity === severity) &&
    (agent === undefined || alert.labels['agent'] === agent) &&
    (fingerprint === undefined || alert.fingerprint === fingerprint)
  )
}

/**
 * The pages after news of one alert: changed where it stands, gone when it fits no more, at its place by age when it is new. An
 * alert that lies beyond the pages that were read comes with the next of them.
 */
export function applyAlert(data: InboxPages, alert: Alert, filter: InboxFilter): InboxPages {
  const belongs = fits(alert, filter)
  let known = false
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((item) => {
      if (item.alertId !== alert.alertId) return [item]
      known = true
      return belongs ? [alert] : []
    }),
  }))
  const [first, ...rest] = pages
  if (known || !belongs || first === undefined) return { ...data, pages }
  const at = first.items.findIndex(({ alertId }) => alertId < alert.alertId)
  if (at < 0 && first.nextCursor !== null) return data
  return {
    ...data,
    pages: [{ ...first, items: first.items.toSpliced(at < 0 ? first.items.length : at, 0, alert) }, ...rest],
  }
}

/** What happened last, for those who do not look at the table. */
export interface InboxNews {
  readonly alertId: string
  readonly text: string
}

const stateWords: Readonly<Record<Alert['state'], string>> = {
  pending: 'may fire soon',
  firing: 'fires',
  acknowledged: 'is in somebody’s hands',
  resolved: 'is over',
}

/** Keeps the inbox up to date by the live stream; nothing is polled. Answers how the stream is and the last news. */
export function useLiveInbox() {
  const client = useQueryClient()
  const [news, setNews] = useState<InboxNews | null>(null)
  const readAgain = () => void client.invalidateQueries({ queryKey: ['alerts'] })
  const stream = useLiveStream(addressOf('/alert-stream', {}), (event) => {
    if (event.event === 'many') return readAgain()
    const read = readEvent(event)
    if (read === null) return
    if ('counts' in read) {
      client.setQueryData(alertQueries.counts().queryKey, read.counts)
      for (const query of client.getQueryCache().findAll({ queryKey: ['alerts', 'list'] }))
        client.setQueryData<InboxPages>(query.queryKey, (data) => data && withCounts(data, read.counts))
      return
    }
    const { alert } = read
    for (const query of client.getQueryCache().findAll({ queryKey: ['alerts', 'list'] }))
      client.setQueryData<InboxPages>(
        query.queryKey,
        (data) => data && applyAlert(data, alert, Object(query.queryKey[2])),
      )
    void client.invalidateQueries({ queryKey: alertQueries.one(alert.alertId).queryKey })
    setNews({ alertId: alert.alertId, text: `${titleOf(alert)} ${stateWords[alert.state]}.` })
  })
  // What happened while the connection was away was not told.
  const wasAway = useRef(false)
  useEffect(() => {
    if (stream.state === 'reconnecting') wasAway.current = true
    if (stream.state === 'live' && wasAway.current) {
      wasAway.current = false
      void client.invalidateQueries({ queryKey: ['alerts'] })
    }
  }, [client, stream.state])
  return { ...stream, news }
}

/** What an alert is called. */
export function titleOf({ annotations, rule }: Alert): string {
  return annotations['summary'] ?? rule
}

function withCounts(data: InboxPages, { pending, firing, acknowledged }: AlertCounts): InboxPages {
  return { ...data, pages: data.pages.map((page) => ({ ...page, counts: { pending, firing, acknowledged } })) }
}

function readEvent({
  event,
  data,
}: ServerSentEvent): { readonly counts: AlertCounts } | { readonly alert: Alert } | null {
  try {
    const json: unknown = JSON.parse(data)
    if (event === 'counts') {
      const counts = AlertCounts.safeParse(json)
      return counts.success ? { counts: counts.data } : null
    }
    const alert = event === 'alert' ? Alert.safeParse(json) : null
    return alert?.success === true ? { alert: alert.data } : null
  } catch {
    return null
  }
}
