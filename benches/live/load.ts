import { batchTemplate, renew } from '../ingest/batches.ts'

const batchActions = 100

/** Sends realistic batches of 100 actions at a steady rate until it is stopped. */
export function startLoad({ url, key }: { url: string; key: string }, actionsPerSecond: number) {
  const templates = [0, 1, 2, 3].map((seed) =>
    batchTemplate({ actions: batchActions, actionsPerExecution: 10, reports: true }, seed, Date.now()),
  )
  const startedMs = performance.now()
  let stopped = false
  let sent = 0
  let refused = 0
  const send = async () => {
    while (!stopped) {
      const template = templates[sent % templates.length]
      if (template === undefined) return
      sent += 1
      renew(template, process.pid)
      const response = await fetch(`${url}/api/v1/telemetry`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: new Uint8Array(template.bytes),
      })
      if (response.status !== 200) refused += 1
      await response.arrayBuffer()
      // The next one goes when the rate asks for it, or at once where the server was slower.
      const dueMs = startedMs + (sent * batchActions * 1000) / actionsPerSecond
      await new Promise((resolve) => {
        setTimeout(resolve, Math.max(0, dueMs - performance.now()))
      })
    }
  }
  const sending = send()
  return {
    /** The rate that was reached and how many batches were refused. */
    stop: async () => {
      stopped = true
      await sending
      const seconds = (performance.now() - startedMs) / 1000
      return { actionsPerSecond: Math.round(((sent - refused) * batchActions) / seconds), refused }
    },
  }
}
