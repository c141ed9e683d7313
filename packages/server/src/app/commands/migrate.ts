import { pinoLog } from '../../adapters/system/pino-log.ts'
import { readConfig } from '../config.ts'
import { migrateConfigured } from '../main.ts'
import type { Output } from './output.ts'

/** Brings the schema up to date; running it again changes nothing. */
export async function migrateCommand(output: Output): Promise<void> {
  const config = readConfig()
  const report = await migrateConfigured(config, pinoLog(config.logLevel, process.stderr))
  for (const name of report.applied) output.line(`applied ${name}`)
  if (report.applied.length === 0) output.line('The schema is up to date.')
  if (report.unknown.length > 0)
    output.complain(`A newer MetaAgent has been here; this one does not know: ${report.unknown.join(', ')}`)
  output.result(report)
}
