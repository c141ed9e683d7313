import type { Log, LogFields } from '../ports/log.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly fields: LogFields
  readonly message: string
}

/** Keeps the lines for a test to look at. */
export class MemoryLog implements Log {
  readonly lines: LogLine[] = []

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message })
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message })
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message })
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message })
  }
}
