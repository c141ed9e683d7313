// An agent that does nothing but report, in a process of its own: what it measures is what reporting costs an agent.
import { AgentLogger } from '@metaagent/sdk'

/** What the bench asks of the agent. */
export interface AgentOrder {
  readonly url: string
  readonly key: string
  readonly executions: number
  readonly warmUp: number
  /** Time between executions; 0 goes as fast as it can. */
  readonly pauseMs: number
  readonly queueRows: number
}

export interface AgentReport {
  readonly calls: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  /** Processor time of the whole process per call, sending in the background included. */
  readonly cpuUsPerCall: number
  /** Calls that threw into the agent. */
  readonly thrown: number
  readonly reported: number
  readonly sent: number
  readonly rejected: number
  readonly dropped: number
}

/** About 1 kB each way, as prompts and answers of a small step have. */
const input = { messages: [{ role: 'user', content: 'Where is my parcel? '.repeat(48) }] }
const output = { role: 'assistant', content: 'It left the depot this morning. '.repeat(30) }
const usage = { inputTokens: 812, outputTokens: 64, cacheReadTokens: 600 }

process.once('message', (order) => {
  void runAgent(order as AgentOrder).then((report) => {
    process.send?.(report, () => process.disconnect())
  })
})

async function runAgent(order: AgentOrder): Promise<AgentReport> {
  const { url, key: apiKey, queueRows } = order
  const logger = new AgentLogger({ url, apiKey, agent: 'bench-sdk', release: 'v1', queueRows })
  await work(logger, { ...order, executions: order.warmUp })
  const cpuBefore = process.cpuUsage()
  const { timesUs, thrown } = await work(logger, order)
  await logger.close(order.pauseMs === 0 ? 100 : 30_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = timesUs.toSorted()
  const { sent, rejected, dropped } = logger.stats
  return {
    calls: sorted.length,
    p50Us: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Us: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    maxUs: sorted.at(-1) ?? Number.NaN,
    cpuUsPerCall: (user + system) / sorted.length,
    thrown,
    // Three rows an execution: running, its action, its end.
    reported: (order.executions + order.warmUp) * 3,
    sent,
    rejected,
    dropped,
  }
}

/** Reports executions of one model call each; each of the four calls is timed alone. */
async function work(logger: AgentLogger, order: Pick<AgentOrder, 'executions' | 'pauseMs'>) {
  const timesUs = new Float64Array(order.executions * 4)
  let thrown = 0
  let at = 0
  const timed = <T>(call: () => T): T | undefined => {
    const startedMs = performance.now()
    try {
      return call()
    } catch {
      thrown++
      return undefined
    } finally {
      timesUs[at++] = (performance.now() - startedMs) * 1_000
    }
  }
  for (let number = 0; number < order.executions; number++) {
    const run = timed(() => logger.startExecution({ input, conversationId: `c-${number % 100}` }))
    const call = timed(() => run?.action({ kind: 'llm', name: 'answer', provider: 'openai', model: 'gpt-4.1', input }))
    timed(() => call?.end({ output, usage }))
    timed(() => run?.end({ status: 'success', output }))
    await new Promise((resolve) => {
      if (order.pauseMs === 0) setImmediate(resolve)
      else setTimeout(resolve, order.pauseMs)
    })
  }
  return { timesUs, thrown }
}
