// People at the dashboard, in a process of their own: open live streams that are read and thrown away, and a steady load
// of reports beside them.
import { startLoad } from '../live/load.ts'

export interface UsersOrder {
  readonly url: string
  readonly key: string
  readonly streams: number
  readonly actionsPerSecond: number
}

/** What the people saw. */
export interface UsersReport {
  /** Chunks of all streams together. */
  readonly chunks: number
  readonly actionsPerSecond: number
  readonly refused: number
}

const senders = 4

process.on('message', (order: UsersOrder | 'stop') => {
  if (order !== 'stop') void begin(order)
})

async function begin({ url, key, streams, actionsPerSecond }: UsersOrder): Promise<void> {
  const abort = new AbortController()
  let chunks = 0
  await Promise.all(
    Array.from({ length: streams }, async () => {
      const headers = { authorization: `Bearer ${key}` }
      const response = await fetch(`${url}/api/v1/fleet/stream?window=24h`, { headers, signal: abort.signal })
      if (response.status !== 200 || response.body === null) throw new Error(`a stream was refused: ${response.status}`)
      void drain(response.body).catch(() => undefined)
    }),
  )
  async function drain(body: ReadableStream<Uint8Array>) {
    for await (const chunk of body) if (chunk.length > 0) chunks += 1
  }
  const loads = Array.from({ length: senders }, () => startLoad({ url, key }, actionsPerSecond / senders))
  process.send?.('running')
  process.on('message', (message) => {
    if (message === 'stop')
      void Promise.all(loads.map(async (load) => await load.stop())).then((stopped) => {
        abort.abort()
        const sum = (of: (one: (typeof stopped)[number]) => number) => stopped.reduce((all, one) => all + of(one), 0)
        const report: UsersReport = {
          chunks,
          actionsPerSecond: sum((one) => one.actionsPerSecond),
          refused: sum((one) => one.refused),
        }
        process.send?.(report)
      })
  })
}
