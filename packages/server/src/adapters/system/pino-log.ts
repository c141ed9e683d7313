import { type DestinationStream, type Level, pino } from 'pino'
import type { Log } from '../../ports/log.ts'

/** JSON lines on standard output, or on `destination`. Errors in the field `error` get their stack. */
export function pinoLog(level: Level | 'silent', destination?: DestinationStream): Log {
  const options = { level, base: null, serializers: { error: serializeError } }
  const log = destination === undefined ? pino(options) : pino(options, destination)
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  }
}

function serializeError(error: unknown): unknown {
  return error instanceof Error ? pino.stdSerializers.err(error) : error
}
