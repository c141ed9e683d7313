import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite, type Results } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import type { SqlErrorFields } from '../../ports/store-errors.ts'
import { decoders } from '../sql/decode.ts'
import { byteaText } from '../sql/parameters.ts'
import type { SqlOutcome } from '../sql/session.ts'
import type { WorkerAnswers, WorkerMessage, WorkerOperation, WorkerRequest, WorkerStart } from './messages.ts'

// PGlite blocks the event loop of its thread for as long as a statement runs, hence a thread of its own.

/** Log kept behind a checkpoint, so that the one before can still be recovered from while its successor is being synced. */
const keptLogMegabytes = 128
const port = parentPort
if (port === null) throw new Error('broken invariant: this file runs as a worker thread')
const post = (message: WorkerMessage) => port.postMessage(message)

async function open(start: WorkerStart): Promise<PGlite> {
  const seed = start.seedFile === null ? {} : { loadDataDir: new Blob([await readFile(start.seedFile)]) }
  const startParams = [...PGlite.defaultStartParams, '-c', `wal_keep_size=${keptLogMegabytes}`]
  const db = await PGlite.create({ dataDir: start.dataDir, extensions: { vector }, startParams, ...seed })
  // Set after `create`, which fills in its own array parsers last.
  for (const [oid, decode] of decoders) db.parsers[oid] = decode
  // Parameters arrive encoded, and PostgreSQL shall be the one to refuse them.
  for (const oid of Object.keys(db.serializers)) db.serializers[oid] = asParameterText
  db.onNotification((channel, payload) => post({ kind: 'notification', channel, payload }))
  return db
}

function asParameterText(value: unknown): string {
  return value instanceof Uint8Array ? byteaText(value) : String(value)
}

async function answer(db: PGlite, request: WorkerOperation): Promise<WorkerAnswers[keyof WorkerAnswers]> {
  switch (request.op) {
    case 'query':
      return outcomeOf(await db.query(request.statement, [...request.parameters]))
    case 'exec':
      await db.exec(request.statements)
      return null
    case 'copy':
      return await copy(db, request.statement, request.rows, request.role)
    case 'commit':
      return await commit(db)
    case 'dump':
      return new Uint8Array(await (await db.dumpDataDir('none')).arrayBuffer())
    case 'close':
      await db.close()
      return null
  }
}

async function copy(db: PGlite, statement: string, rows: Blob, role: string): Promise<number> {
  await db.exec('set local role none')
  const copied = await db.query(statement, [], { blob: rows })
  await db.exec(`set local role ${role}`)
  return copied.affectedRows ?? 0
}

/** One message for both, since the caller must know how much of the log has to reach the disk. */
async function commit(db: PGlite): Promise<WorkerAnswers['commit']> {
  const [ended, position] = await db.exec(
    'commit; select pg_current_wal_lsn()::text as lsn, pg_walfile_name(pg_current_wal_lsn()) as segment',
  )
  const { lsn, segment } = position?.rows[0] as { lsn: string; segment: string }
  return { lsn, segment, committed: commandOf(ended) !== 'ROLLBACK' }
}

function outcomeOf(results: Results): SqlOutcome {
  return {
    rows: results.rows as SqlOutcome['rows'],
    command: commandOf(results),
    affectedRows: results.affectedRows ?? 0,
  }
}

/** The command tag, which PGlite 0.5 returns but does not declare. */
function commandOf(results: (Results & { readonly command?: string }) | undefined): string {
  return results?.command ?? ''
}

function fieldsOf(error: unknown): SqlErrorFields {
  const from = error as Partial<Record<keyof SqlErrorFields, string>>
  const { severity, detail, hint, where, schema, table, column, constraint } = from
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: from.code ?? '', severity, detail, hint, where, schema, table, column, constraint }
}

try {
  const db = await open(workerData as WorkerStart)
  let last: Promise<void> = Promise.resolve()
  port.on('message', (request: WorkerRequest) => {
    last = last.then(async () => {
      try {
        post({ kind: 'answer', id: request.id, value: await answer(db, request) })
      } catch (error) {
        post({ kind: 'refused', id: request.id, error: fieldsOf(error) })
      }
      if (request.op === 'close') port.close()
    })
  })
  post({ kind: 'ready' })
} catch (error) {
  post({ kind: 'failed', error: fieldsOf(error) })
}
