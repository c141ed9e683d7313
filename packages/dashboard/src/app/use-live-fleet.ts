import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ApiError } from '../api/api-error.ts'
import { applyEvent, emptyLiveFleet, type FleetFilter, type LiveFleet } from '../api/fleet-live.ts'
import { followStream, type LiveState } from '../api/live-stream.ts'
import { addressOf } from '../api/request.ts'
import type { ServerSentEvent } from '../api/sse.ts'
import { tellLiveStatus } from './live-status.ts'

// Events are drawn together at most this often; a reader sees no difference, a table of 500 agents does.
const DRAW_EVERY_MS = 200

interface LiveView {
  readonly live: LiveFleet
  readonly state: LiveState
  readonly error: ApiError | null
  /** Opens the stream anew after it was refused. */
  readonly reopen: () => void
}

/** The fleet under a filter, kept up to date by the server's stream. Nothing is polled: every request follows an event. */
export function useLiveFleet({ window, environment, domain }: FleetFilter): LiveView {
  const client = useQueryClient()
  const [attempt, setAttempt] = useState(0)
  const key = JSON.stringify([window, environment ?? null, domain ?? null])
  const [held, setHeld] = useState<Held>(() => startOf(key, client.getQueryData(['fleet', key])))
  // Another filter is another picture: the old one must not be shown under the new filter's name.
  const shown = held.key === key ? held : startOf(key, client.getQueryData(['fleet', key]))

  useEffect(() => {
    const filter: FleetFilter = { window, ...(environment && { environment }), ...(domain && { domain }) }
    const change = (apply: (live: LiveFleet) => LiveFleet) =>
      setHeld((before) => {
        const from = before.key === key ? before : startOf(key, client.getQueryData(['fleet', key]))
        return { ...from, live: apply(from.live) }
      })
    const tell = (state: LiveState, error: ApiError | null) => {
      tellLiveStatus(state)
      setHeld((before) => ({ ...(before.key === key ? before : startOf(key, undefined)), state, error }))
    }
    const stop = new AbortController()
    const queue = drawTogether((events) =>
      change((live) => events.reduce((l, event) => applyEvent(l, event, filter), live)),
    )
    const address = addressOf('/fleet/stream', { ...filter })
    void followStream({ address, signal: stop.signal, onState: tell, onEvent: queue.push })
    return () => {
      stop.abort()
      queue.stop()
      tellLiveStatus('idle')
    }
    // `attempt` is no input: a new one opens the stream anew, on request.
  }, [client, key, window, environment, domain, attempt])

  useEffect(() => {
    if (shown.live.fleet !== null) client.setQueryData(['fleet', key], shown.live.fleet)
  }, [client, key, shown.live.fleet])
  return { live: shown.live, state: shown.state, error: shown.error, reopen: () => setAttempt((n) => n + 1) }
}

interface Held {
  readonly key: string
  readonly live: LiveFleet
  readonly state: LiveState
  readonly error: ApiError | null
}

function startOf(key: string, fleet: LiveFleet['fleet'] | undefined): Held {
  return { key, live: { ...emptyLiveFleet, fleet: fleet ?? null }, state: 'connecting', error: null }
}

function drawTogether(draw: (events: readonly ServerSentEvent[]) => void) {
  let waiting: ServerSentEvent[] = []
  let timer: ReturnType<typeof setTimeout> | null = null
  const flush = () => {
    timer = null
    const events = waiting
    waiting = []
    draw(events)
  }
  return {
    push: (event: ServerSentEvent) => {
      waiting.push(event)
      if (event.event === 'fleet') {
        if (timer !== null) clearTimeout(timer)
        flush()
      } else timer ??= setTimeout(flush, DRAW_EVERY_MS)
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
