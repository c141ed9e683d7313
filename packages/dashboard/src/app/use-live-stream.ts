import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { ApiError } from '../api/api-error.ts'
import { followStream, type LiveState } from '../api/live-stream.ts'
import type { ServerSentEvent } from '../api/sse.ts'
import { tellLiveStatus } from './live-status.ts'

/**
 * The live stream at an address while the component is shown; the shell says how it is. Another address is another stream.
 * A tab in the background holds none: a browser opens six connections to a server, and a few tabs would take them all.
 * When it is looked at again the stream begins anew, with everything.
 */
export function useLiveStream(
  address: string,
  onEvent: (event: ServerSentEvent) => void,
): { readonly state: LiveState; readonly error: ApiError | null; readonly reopen: () => void } {
  const [attempt, setAttempt] = useState(0)
  const [told, setTold] = useState<{ readonly state: LiveState; readonly error: ApiError | null }>({
    state: 'connecting',
    error: null,
  })
  const isSeen = useSyncExternalStore(onVisibility, () => document.visibilityState !== 'hidden')
  const latest = useRef(onEvent)
  useEffect(() => {
    latest.current = onEvent
  })
  useEffect(() => {
    if (!isSeen) return
    const stop = new AbortController()
    const onState = (state: LiveState, error: ApiError | null) => {
      tellLiveStatus(state)
      setTold({ state, error })
    }
    void followStream({ address, signal: stop.signal, onState, onEvent: (event) => latest.current(event) })
    return () => {
      stop.abort()
      tellLiveStatus('idle')
    }
    // `attempt` is no input: a new one opens the stream anew, on request.
  }, [address, attempt, isSeen])
  return { ...told, reopen: () => setAttempt((n) => n + 1) }
}

function onVisibility(tell: () => void): () => void {
  document.addEventListener('visibilitychange', tell)
  return () => document.removeEventListener('visibilitychange', tell)
}
