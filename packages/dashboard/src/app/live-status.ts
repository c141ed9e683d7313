import { useSyncExternalStore } from 'react'
import type { LiveState } from '../api/live-stream.ts'

/** What the shell says of the live connection; `idle` where the page shown needs none. */
export type LiveStatus = LiveState | 'idle'

let status: LiveStatus = 'idle'
const listeners = new Set<() => void>()

/** Tells the shell how the live connection of the page shown is. */
export function tellLiveStatus(next: LiveStatus): void {
  if (status === next) return
  status = next
  for (const listener of listeners) listener()
}

/** The state of the live connection of the page shown. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => status,
  )
}
