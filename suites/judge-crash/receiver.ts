import { createServer, type Server } from 'node:http'
import { chance } from '../crash/chance.ts'

/** One request that a step made, as it came in. */
export interface Call {
  readonly executionId: string
  readonly path: string
  readonly key: string
}

/**
 * What the steps of macros call: it remembers every request, takes its time, and fails now and then, as the seed says for
 * that key and attempt.
 */
export class Receiver {
  readonly calls: Call[] = []
  readonly #server: Server
  readonly #seed: string

  private constructor(seed: string) {
    this.#seed = seed
    this.#server = createServer((request, response) => {
      const { headers, url: path = '' } = request
      const key = String(headers['idempotency-key'] ?? '')
      this.calls.push({ executionId: String(headers['x-metaagent-execution'] ?? ''), path, key })
      const attempt = this.calls.filter((call) => call.key === key && call.path === path).length
      const label = `${path}|${key.slice(key.indexOf('/'))}|${attempt}`
      request.resume()
      const fails = chance(this.#seed, label, 'fails')
      // A step that fails for good turns its execution back, so that compensations are killed as well.
      const status = path.endsWith('/third') && fails < 0.3 ? 400 : fails < 0.2 ? 503 : 200
      setTimeout(() => response.writeHead(status).end('{"ok":true}'), 150 * chance(this.#seed, label, 'delay'))
    })
  }

  static async listen(seed: string): Promise<Receiver> {
    const receiver = new Receiver(seed)
    await new Promise<void>((done) => receiver.#server.listen(0, '127.0.0.1', done))
    return receiver
  }

  get url(): string {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
