import { Overview, type OverviewWindow } from '@metaagent/contract'
import { useState } from 'react'
import { addressOf } from '../../api/request.ts'
import type { ServerSentEvent } from '../../api/sse.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'

/** The home page's picture, kept up to date by the server. Null until it comes; a picture of another window is not shown. */
export function useLiveOverview(window: OverviewWindow) {
  const [held, setHeld] = useState<Overview | null>(null)
  const [unreadable, setUnreadable] = useState(false)
  const stream = useLiveStream(addressOf('/overview/stream', { window }), (event) => {
    if (event.event !== 'overview') return
    const read = readOverview(event)
    if (read === null) setUnreadable(true)
    else setHeld(read)
  })
  return { ...stream, overview: held?.window === window ? held : null, unreadable }
}

function readOverview({ data }: ServerSentEvent): Overview | null {
  try {
    const parsed = Overview.safeParse(JSON.parse(data))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
