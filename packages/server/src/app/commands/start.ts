import { readConfig } from '../config.ts'
import { startMetaAgent } from '../main.ts'
import type { Output } from './output.ts'

export interface StartOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly dataDir?: string | undefined
}

/** Serves until a signal ends it; a second signal ends it at once. */
export async function start(options: StartOptions, output: Output): Promise<void> {
  const startedMs = performance.now()
  const environment = readConfig()
  const config = {
    ...environment,
    port: options.port ?? environment.port,
    host: options.host ?? environment.host,
    dataDir: options.dataDir ?? environment.dataDir,
  }
  const running = await startMetaAgent(config)
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
  await ended()
  output.line('Stopping: finishing what was accepted…')
  const hurry = () => process.exit(1)
  process.once('SIGINT', hurry)
  process.once('SIGTERM', hurry)
  await running.close()
  process.off('SIGINT', hurry)
  process.off('SIGTERM', hurry)
}

function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
