#!/usr/bin/env node
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { createOutput } from './commands/output.ts'
import { version } from './version.ts'

/** Errors whose message is all that a person needs; anything else is our mistake and shows its stack. */
const expectedErrors = new Set([
  'ConfigError',
  'FolderInUse',
  'UnsafeStoreSetup',
  'MigrationRefused',
  'StoreUnavailable',
  'CommandRefused',
])

const program = yargs(hideBin(process.argv))
  .scriptName('metaagent')
  .usage('$0 <command>\n\nThe control plane that keeps AI agents good.')
  .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON', global: true })
  .command(
    'start',
    'Serve the dashboard and the API',
    (command) =>
      command
        .option('port', { type: 'number', describe: 'Port (METAAGENT_PORT, default 8001)' })
        .option('host', { type: 'string', describe: 'Address to bind (METAAGENT_HOST, default 127.0.0.1)' })
        .option('data-dir', { type: 'string', describe: 'Folder of the embedded database (METAAGENT_DATA_DIR)' }),
    async ({ json, port, host, dataDir }) => {
      const { start } = await import('./commands/start.ts')
      await start({ port, host, dataDir }, createOutput(json))
    },
  )
  .command(
    'migrate',
    'Bring the database schema up to date',
    (command) => command,
    async ({ json }) => {
      const { migrateCommand } = await import('./commands/migrate.ts')
      await migrateCommand(createOutput(json))
    },
  )
  .completion('completion', 'Print a completion script for bash or zsh')
  .demandCommand(1, 'Name a command; --help lists them.')
  .strict()
  .recommendCommands()
  .version(version)
  .help()
  .wrap(100)
  .fail(false)

try {
  await program.parseAsync()
} catch (error) {
  const { message, name, stack } = error instanceof Error ? error : new Error(String(error))
  process.stderr.write(`${expectedErrors.has(name) || name === 'YError' ? message : (stack ?? message)}\n`)
  process.exitCode = name === 'YError' ? 2 : 1
}
