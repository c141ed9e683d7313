// The sender, in a process of its own: HTTP/1.1 on bare sockets, so that it costs the machine as little as it can.
import { connect, type Socket } from 'node:net'
import { spanTemplate } from '../otlp/spans.ts'
import { type BatchShape, batchTemplate, renew } from './batches.ts'

export interface LoadOrder {
  readonly port: number
  readonly key: string
  readonly connections: number
  readonly shape: BatchShape
  readonly seconds: number
  /** Sends the same work as OTLP spans in protobuf in place of our own JSON. */
  readonly otlp?: boolean
}

/** A request that is sent again and again, with new ids each time. */
interface Template {
  readonly path: string
  readonly contentType: string
  readonly bytes: Buffer
  readonly renew: () => void
}

function templateOf({ otlp = false, shape }: LoadOrder, number: number): Template {
  if (otlp) {
    const template = spanTemplate(shape, number, Date.now())
    return { path: '/v1/traces', contentType: 'application/x-protobuf', ...template }
  }
  const template = batchTemplate(shape, number, Date.now())
  const { bytes } = template
  return {
    path: '/api/v1/telemetry',
    contentType: 'application/json',
    bytes,
    renew: () => renew(template, process.pid),
  }
}

export interface LoadReport {
  readonly seconds: number
  readonly actions: number
  readonly batches: number
  readonly latencyP50Ms: number
  readonly latencyP99Ms: number
  readonly refused: Readonly<Record<string, number>>
}

process.on('message', (order: LoadOrder) => {
  void sendFor(order).then((report) => process.send?.(report))
})

async function sendFor(order: LoadOrder): Promise<LoadReport> {
  // Before the clock starts: making them takes a second and more where the machine is busy.
  const templates = Array.from({ length: order.connections }, (_, number) => templateOf(order, number))
  const startedMs = performance.now()
  const untilMs = startedMs + order.seconds * 1_000
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  let actions = 0
  const senders = templates.map(async (template) => {
    const connection = new Connection(order, template)
    await connection.open()
    while (performance.now() < untilMs) {
      const sentMs = performance.now()
      const status = await connection.send()
      if (status === 200) {
        latencies.push(performance.now() - sentMs)
        actions += order.shape.actions
      } else refused[status] = (refused[status] ?? 0) + 1
    }
    connection.close()
  })
  await Promise.all(senders)
  latencies.sort((a, b) => a - b)
  const quantile = (q: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? Number.NaN
  return {
    seconds: (performance.now() - startedMs) / 1_000,
    actions,
    batches: latencies.length,
    latencyP50Ms: quantile(0.5),
    latencyP99Ms: quantile(0.99),
    refused,
  }
}

class Connection {
  readonly #socket: Socket
  readonly #head: Buffer
  readonly #template: Template
  #answer: ((status: number) => void) | null = null
  #received = ''

  constructor(order: LoadOrder, template: Template) {
    this.#template = template
    this.#head = Buffer.from(
      `POST ${template.path} HTTP/1.1\r\nhost: 127.0.0.1:${order.port}\r\nauthorization: Bearer ${order.key}\r\n` +
        `content-type: ${template.contentType}\r\ncontent-length: ${template.bytes.length}\r\n\r\n`,
    )
    this.#socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    this.#socket.on('error', () => this.#answer?.(0))
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.once('connect', () => resolve()))
  }

  async send(): Promise<number> {
    this.#template.renew()
    return await new Promise((resolve) => {
      this.#answer = resolve
      this.#socket.cork()
      this.#socket.write(this.#head)
      this.#socket.write(this.#template.bytes)
      this.#socket.uncork()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: string): void {
    this.#received += chunk
    const bodyAt = this.#received.indexOf('\r\n\r\n') + 4
    if (bodyAt < 4) return
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, bodyAt))?.[1] ?? 0)
    if (this.#received.length < bodyAt + length) return
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#answer?.(status)
  }
}
