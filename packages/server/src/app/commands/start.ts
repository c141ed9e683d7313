import { pinoLog } from '../../adapters/system/pino-log.ts'
import { type Config, readConfig, type ServeOptions, withOptions } from '../config.ts'
import { usablePort } from '../free-port.ts'
import { type Running, startMetaAgent } from '../main.ts'
import { giveBackStartingMemory } from '../starting-memory.ts'
import { CommandRefused } from './api.ts'
import type { Output } from './output.ts'

/** Serves until a signal ends it; a second signal ends it at once. */
export async function start(options: ServeOptions, output: Output): Promise<void> {
  const startedMs = performance.now()
  const running = await startHere(withOptions(readConfig(), options), output.json)
  const status = await running.composed.deps.store.status()
  const readyMs = Math.round(performance.now() - startedMs)
  output.line(`MetaAgent is ready at ${running.url} (${status.kind}, ${status.location}, ${readyMs} ms)`)
  output.line(`API reference: ${running.url}/docs`)
  if (running.signInLink !== null) {
    output.line()
    output.line('First sign-in, valid once and for 24 hours:')
    output.line(`  ${running.signInLink}`)
  }
  output.result({
    url: running.url,
    store: status.kind,
    location: status.location,
    readyMs,
    signInLink: running.signInLink,
  })
  const keep = giveBackStartingMemory()
  await ended()
  keep()
  output.line('Stopping: finishing what was accepted…')
  const hurry = () => process.exit(1)
  process.once('SIGINT', hurry)
  process.once('SIGTERM', hurry)
  await running.close()
  process.off('SIGINT', hurry)
  process.off('SIGTERM', hurry)
}

async function startHere(config: Config, json: boolean): Promise<Running> {
  // With --json, standard output belongs to the one value.
  const log = pinoLog(config.logLevel, json ? process.stderr : undefined)
  try {
    // Links must name the port before it is bound, so a free one is chosen here.
    const port = config.port === 0 ? await usablePort(config.host, 0) : config.port
    return await startMetaAgent({ ...config, port }, log)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error
    const why = code === 'EADDRINUSE' ? 'something listens there already' : `it cannot be bound (${code})`
    throw new CommandRefused(
      `${config.host}:${config.port}: ${why}. Choose another with --port and --host; "metaagent doctor" says who is there.`,
    )
  }
}

function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
