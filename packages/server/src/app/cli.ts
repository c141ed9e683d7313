#!/usr/bin/env node
import './compile-cache.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { createOutput } from './commands/output.ts'
import { version } from './version.ts'

// Commands are loaded when they run: help and completion must not wait for a database engine.

/** Errors whose message is all that a person needs; anything else is our mistake and shows its stack. */
const expectedErrors = new Set([
  'ConfigError',
  'FolderInUse',
  'UnsafeStoreSetup',
  'MigrationRefused',
  'StoreUnavailable',
  'CommandRefused',
  'UsageError',
])

/** The command line itself does not fit; exit code 2. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the parser complains about, in words for people. */
function usageFault(message: string): UsageError {
  const [typed = ''] = hideBin(process.argv)
  const text = message.startsWith('Did you mean')
    ? `There is no command "${typed}". ${message}`
    : message.startsWith('Not enough non-option')
      ? 'Something that this command needs is missing.'
      : message
  return new UsageError(`${text}\nAdd --help to see the commands and their options.`)
}

const portOption = {
  type: 'number',
  describe: 'Port (METAAGENT_PORT, default 8001)',
  coerce: (port: number | undefined) => {
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      throw new UsageError('--port takes a whole number from 0 to 65535.')
    return port
  },
} as const
const hostOption = { type: 'string', describe: 'Address to bind (METAAGENT_HOST, default 127.0.0.1)' } as const
const dataDirOption = { type: 'string', describe: 'Folder of the embedded database (METAAGENT_DATA_DIR)' } as const

const urlOption = { type: 'string', describe: 'Server (METAAGENT_URL, default http://localhost:8001)' } as const
const readKeyOption = { type: 'string', describe: 'Key with executions:read (METAAGENT_API_KEY)' } as const

/** What the ledger's lists and exports can be narrowed down to. */
const auditFilters = {
  type: { type: 'string', describe: 'Glob over the type: approvals.*' },
  subject: { type: 'string', describe: 'What it is about: comparison/0190…' },
  actor: { type: 'string', describe: 'Who decided: an id, or kind and id as user:0190…' },
  agent: { type: 'string', describe: 'Id or name of an agent' },
  provider: { type: 'string', describe: 'Name of a provider' },
  from: { type: 'string', describe: 'First day or time (YYYY-MM-DD or ISO 8601)' },
  to: { type: 'string', describe: 'Day or time before which (YYYY-MM-DD or ISO 8601)' },
} as const
const ledgerKeyOption = { type: 'string', describe: 'Key with ledger:read (METAAGENT_API_KEY)' } as const

const program = yargs(hideBin(process.argv))
  .scriptName('metaagent')
  .usage('$0 <command>\n\nThe control plane that keeps AI agents good.')
  // The commands speak English; their frame should not speak something else.
  .detectLocale(false)
  .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON', global: true })
  .command(
    'start',
    'Serve the dashboard and the API',
    (command) => command.option('port', portOption).option('host', hostOption).option('data-dir', dataDirOption),
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
  .command(
    'remap',
    'Read stored OpenTelemetry spans again with the mapping of this version',
    (command) =>
      command
        .option('from', { type: 'string', describe: 'First day, YYYY-MM-DD (default the first with any action)' })
        .option('to', { type: 'string', describe: 'Last day, YYYY-MM-DD (default the last with any action)' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Only count what would change' })
        .option('data-dir', dataDirOption)
        .epilog('Stopped half way, it goes on where it was when it is started again.'),
    async ({ json, from, to, dryRun, dataDir }) => {
      const { remapCommand } = await import('./commands/remap.ts')
      await remapCommand({ from, to, dryRun, dataDir }, createOutput(json))
    },
  )
  .command('import', 'Import runs that were recorded elsewhere', (command) =>
    command
      .command(
        'tau2 <files..>',
        'Import τ²-bench results files (JSON, gzipped or not) through the API of a server',
        (tau2) =>
          tau2
            .positional('files', { type: 'string', array: true, demandOption: true, describe: 'Results files' })
            .option('agent', { type: 'string', describe: 'Name of the agent (default tau2-DOMAIN)' })
            .option('release', { type: 'string', describe: 'Name of the release (default the model)' })
            .option('environment', { type: 'string', default: 'benchmark', describe: 'Environment of the runs' })
            .option('url', { type: 'string', describe: 'Server (METAAGENT_URL, default http://localhost:8001)' })
            .option('api-key', { type: 'string', describe: 'Key with telemetry:write (METAAGENT_API_KEY)' }),
        async ({ json, files, url, apiKey, agent, release, environment }) => {
          const { importTau2Command } = await import('./commands/import-tau2.ts')
          const accepted = await importTau2Command(
            { files, url, apiKey, agent, release, environment },
            createOutput(json),
          )
          if (!accepted) process.exitCode = 1
        },
      )
      .demandCommand(1, 'Name what to import: tau2.'),
  )
  .command(
    'search <words>',
    'Find ended executions by their words',
    (command) =>
      command
        .positional('words', { type: 'string', demandOption: true, describe: 'Words, "a phrase", a or b, -a, begin*' })
        .option('limit', { type: 'number', default: 20, describe: 'How many, up to 200' })
        .option('url', urlOption)
        .option('api-key', readKeyOption)
        .epilog('Exit code: 0 found, 1 nothing found.'),
    async ({ json, words, limit, url, apiKey }) => {
      const { searchCommand } = await import('./commands/search.ts')
      if ((await searchCommand({ words, limit, url, apiKey }, createOutput(json))) === 0) process.exitCode = 1
    },
  )
  .command(
    'similar <execution-id>',
    'Find executions that are like one',
    (command) =>
      command
        .positional('execution-id', { type: 'string', demandOption: true, describe: 'Id of an ended execution' })
        .option('limit', { type: 'number', default: 10, describe: 'How many, up to 100' })
        .option('agent', { type: 'string', describe: 'Only executions of this agent' })
        .option('status', { type: 'string', describe: 'Only executions of this status' })
        .option('url', urlOption)
        .option('api-key', readKeyOption)
        .epilog('Exit code: 0 compared, 1 not comparable yet.'),
    async ({ json, executionId, limit, agent, status, url, apiKey }) => {
      const { similarCommand } = await import('./commands/search.ts')
      const asked = { executionId, limit, agent, status, url, apiKey }
      if (!(await similarCommand(asked, createOutput(json)))) process.exitCode = 1
    },
  )
  .command('documents', 'Governed documents: what agents and pipelines keep to', (command) =>
    command
      .command(
        'pull <name>',
        'Print the ratified text of a governed document',
        (pull) =>
          pull
            .positional('name', { type: 'string', demandOption: true, describe: 'Name, such as QA.md or AGENTS.md' })
            .option('url', urlOption)
            .option('api-key', { type: 'string', describe: 'Key with documents:read (METAAGENT_API_KEY)' })
            .epilog('Exit code: 0 printed, 1 nothing of it is in force yet.'),
        async ({ json, name, url, apiKey }) => {
          const { pullDocumentCommand } = await import('./commands/documents.ts')
          if (!(await pullDocumentCommand({ name, url, apiKey }, createOutput(json)))) process.exitCode = 1
        },
      )
      .demandCommand(1, 'Say what to do: pull.'),
  )
  .command('macros', 'Run and check macros (playbooks)', (command) =>
    command
      .command(
        'run <name>',
        'Start a macro and wait for its end',
        (run) =>
          run
            .positional('name', { type: 'string', demandOption: true, describe: 'Name of the macro' })
            .option('input', { type: 'string', describe: 'Inputs as JSON, or @FILE (default {})' })
            .option('environment', { type: 'string', default: 'production', describe: 'Where it runs' })
            .option('reason', { type: 'string', default: 'From the command line.', describe: 'Why, for the record' })
            .option('approval', { type: 'string', describe: 'Id of the approval, when the rules ask for one' })
            .option('wait', { type: 'boolean', default: true, describe: 'Wait for the end; --no-wait only starts it' })
            .option('url', urlOption)
            .option('api-key', { type: 'string', describe: 'Key with playbooks:run (METAAGENT_API_KEY)' })
            .epilog('Exit code: 0 succeeded, 1 ended otherwise.'),
        async ({ json, name, input, environment, reason, approval, wait, url, apiKey }) => {
          const { runMacroCommand } = await import('./commands/macros.ts')
          const asked = { name, input, environment, reason, approval, wait, url, apiKey }
          if (!(await runMacroCommand(asked, createOutput(json)))) process.exitCode = 1
        },
      )
      .command(
        'validate <file>',
        'Tell every problem of a definition, with its place; nothing is saved',
        (validate) =>
          validate
            .positional('file', { type: 'string', demandOption: true, describe: 'JSON; - reads standard input' })
            .option('url', urlOption)
            .option('api-key', { type: 'string', describe: 'Key with playbooks:read (METAAGENT_API_KEY)' })
            .epilog('Exit code: 0 no problem, 1 problems.'),
        async ({ json, file, url, apiKey }) => {
          const { validateMacroCommand } = await import('./commands/macros.ts')
          // The parser hands a lone dash on as an empty text.
          const asked = { file: file === '' ? '-' : file, url, apiKey }
          if (!(await validateMacroCommand(asked, createOutput(json)))) process.exitCode = 1
        },
      )
      .demandCommand(1, 'Name what to do: run or validate.'),
  )
  .command('audit', 'The audit trail: follow it, hand it out, check it, keep it outside', (command) =>
    command
      .command(
        'tail',
        'Print the newest entries and those that come',
        (tail) =>
          tail
            .option('lines', { alias: 'n', type: 'number', default: 10, describe: 'How many at first, up to 200' })
            .option('follow', { type: 'boolean', default: true, describe: 'Wait for more; --no-follow ends at once' })
            .options(auditFilters)
            .option('url', urlOption)
            .option('api-key', ledgerKeyOption),
        async ({ json, ...options }) => {
          const { auditTailCommand } = await import('./commands/audit.ts')
          const stop = new AbortController()
          process.once('SIGINT', () => stop.abort())
          await auditTailCommand(options, createOutput(json), stop.signal)
        },
      )
      .command(
        'export',
        'Write the ledger, or a part of it, into a file that verifies offline',
        (exported) =>
          exported
            .option('out', { alias: 'o', type: 'string', describe: 'File (default standard output)' })
            .option('format', { choices: ['jsonl', 'json', 'csv'] as const, default: 'jsonl' as const })
            .option('witnessed', {
              type: 'boolean',
              default: false,
              describe: 'Up to the newest checkpoint that a witness cosigned',
            })
            .options(auditFilters)
            .option('url', urlOption)
            .option('api-key', ledgerKeyOption)
            .epilog('Beside a file stand FILE.keys.json and, for CSV, FILE.checkpoint.json.'),
        async ({ json, ...options }) => {
          const { auditExportCommand } = await import('./commands/audit.ts')
          await auditExportCommand(options, createOutput(json))
        },
      )
      .command(
        'verify <file>',
        'Check an export or a proof, offline',
        (checked) =>
          checked
            .positional('file', {
              type: 'string',
              demandOption: true,
              describe: 'Export or proof; - reads standard input',
            })
            .option('key', { type: 'string', describe: 'The log’s verifier key, which you got from its owner' })
            .option('origin', { type: 'string', describe: 'The log’s name, when it is not the name of the key' })
            .option('seen', { type: 'string', describe: 'A signed checkpoint that you saw earlier' })
            .option('witness', { type: 'string', array: true, describe: 'Key of a witness that you trust' })
            .option('quorum', { type: 'string', describe: 'How many witnesses must have cosigned (default all)' })
            .option('checkpoint', { type: 'string', describe: 'Head of a CSV (default FILE.checkpoint.json)' })
            .epilog('Exit code: 0 verified, 1 refused, 2 not checked.'),
        async ({ json, file, key, origin, seen, witness, quorum, checkpoint }) => {
          const { verifyCommand } = await import('./commands/verify.ts')
          const asked = { key, origin, seen, witness, quorum, checkpoint, json }
          // The parser hands a lone dash on as an empty text.
          process.exitCode = await verifyCommand({ file: file === '' ? '-' : file, ...asked })
        },
      )
      .command(
        'anchor',
        'Keep the newest checkpoint at every anchor now, or say how they stand',
        (anchored) =>
          anchored
            .option('name', { type: 'string', describe: 'Only this anchor' })
            .option('list', { type: 'boolean', default: false, describe: 'Only say how they stand' })
            .option('url', urlOption)
            .option('api-key', { type: 'string', describe: 'Key with ledger:write, or ledger:read for --list' })
            .epilog('Exit code: 0 all work, 1 one fails or there is none.'),
        async ({ json, name, list, url, apiKey }) => {
          const { auditAnchorCommand } = await import('./commands/audit.ts')
          if (!(await auditAnchorCommand({ name, list, url, apiKey }, createOutput(json)))) process.exitCode = 1
        },
      )
      .demandCommand(1, 'Say what to do: tail, export, verify or anchor.'),
  )
  .command('ledger', 'The ledger’s keys', (command) =>
    command
      .command(
        'rotate-key',
        'Sign checkpoints with a new key, and for a while with the old one too',
        (rotate) =>
          rotate
            .option('overlap-days', {
              type: 'number',
              default: 30,
              describe: 'Days in which both sign; 0: a stolen key',
            })
            .option('reason', { type: 'string', demandOption: true, describe: 'Why, for the record' })
            .option('approval', { type: 'string', describe: 'Id of the approval, when the rules ask for one' })
            .option('url', urlOption)
            .option('api-key', { type: 'string', describe: 'Key with ledger:write (METAAGENT_API_KEY)' }),
        async ({ json, overlapDays, reason, approval, url, apiKey }) => {
          const { rotateKeyCommand } = await import('./commands/audit.ts')
          await rotateKeyCommand({ overlapDays, reason, approval, url, apiKey }, createOutput(json))
        },
      )
      .demandCommand(1, 'Say what to do: rotate-key.'),
  )
  .command(
    'verify <file>',
    'Check a proof of the ledger, offline',
    (command) =>
      command
        .positional('file', { type: 'string', demandOption: true, describe: 'Proof or export; - reads standard input' })
        .option('key', { type: 'string', describe: 'The log’s verifier key, which you got from its owner' })
        .option('origin', { type: 'string', describe: 'The log’s name, when it is not the name of the key' })
        .option('seen', { type: 'string', describe: 'A signed checkpoint that you saw earlier' })
        .epilog('Exit code: 0 verified, 1 refused, 2 not checked.'),
    async ({ json, file, key, origin, seen }) => {
      const { verifyCommand } = await import('./commands/verify.ts')
      // The parser hands a lone dash on as an empty text.
      process.exitCode = await verifyCommand({ file: file === '' ? '-' : file, key, origin, seen, json })
    },
  )
  .command(
    'doctor',
    'Say what is configured, missing or wrong, and what to do about it',
    (command) => command.option('port', portOption).option('host', hostOption).option('data-dir', dataDirOption),
    async ({ json, port, host, dataDir }) => {
      const { doctor } = await import('./commands/doctor.ts')
      if (!(await doctor({ port, host, dataDir }, createOutput(json)))) process.exitCode = 1
    },
  )
  .command(
    'demo',
    'Show the whole line on real runs: import, health, a decision and its proof',
    (command) =>
      command
        .option('once', { type: 'boolean', default: false, describe: 'End when all was shown' })
        .option('data-dir', { type: 'string', default: '.demo', describe: 'Folder of the demo’s database' })
        .option('port', portOption),
    async ({ json, once, dataDir, port }) => {
      const { demo } = await import('./commands/demo.ts')
      await demo({ once, dataDir, port }, createOutput(json))
    },
  )
  .completion('completion', 'Print a completion script for bash or zsh')
  .demandCommand(1, 'Name a command.')
  .strict()
  .recommendCommands()
  .version(version)
  .help()
  .wrap(100)
  .fail((message, error) => {
    throw error === undefined || error.name === 'YError' ? usageFault(message ?? error.message) : error
  })

try {
  await program.parseAsync()
} catch (error) {
  const { message, name, stack } = error instanceof Error ? error : new Error(String(error))
  process.stderr.write(`${expectedErrors.has(name) ? message : (stack ?? message)}\n`)
  process.exitCode = name === 'UsageError' ? 2 : 1
}
