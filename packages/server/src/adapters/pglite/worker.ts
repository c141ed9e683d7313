import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { SqlError, type SqlErrorFields } from '../../ports/store-errors.ts'
import { mayKeepPlan, planCacheMode, type SessionSettings, type SqlOutcome } from '../sql/session.ts'
import type {
  Beginning,
  EncodedStatement,
  WalPosition,
  WorkerAnswers,
  WorkerMessage,
  WorkerOperation,
  WorkerRequest,
  WorkerStart,
} from './messages.ts'
import { Pipeline, type Step } from './pipeline.ts'

// PGlite blocks the event loop of its thread for as long as a statement runs, hence a thread of its own.

const serverSettings = [
  // Kept behind a checkpoint, so that the one before can still be recovered from while its successor is being synced.
  'wal_keep_size=128MB',
  // Bulk loads write the log in fewer and larger pieces (measured: a tenth more rows per second than with 4 MB).
  'wal_buffers=16MB',
  // All of it is touched at the start; the system's own cache stands behind it (measured: 60 MB less than with 128 MB).
  'shared_buffers=64MB',
  // Statistics of a large table are read from 7,500 rows and not from 30,000: everybody waits (59 ms and not 205).
  'default_statistics_target=25',
]
const port = parentPort
if (port === null) throw new Error('broken invariant: this file runs as a worker thread')
const post = (message: WorkerMessage) => port.postMessage(message)
const notify = (channel: string, payload: string) => post({ kind: 'notification', channel, payload })

async function open(start: WorkerStart): Promise<PGlite> {
  const startParams = [...PGlite.defaultStartParams, ...serverSettings.flatMap((setting) => ['-c', setting])]
  const db = await PGlite.create({ dataDir: start.dataDir, extensions: { vector }, startParams })
  db.onNotification(notify)
  return db
}

const none: readonly Step[] = []

const beginStatements = { fresh: beginStatement('fresh'), kept: beginStatement('kept') } as const

function beginStatement(plans: SessionSettings['plans']): string {
  return `select set_config('role', $1, true), set_config('metaagent.organization_id', $2, true),
    set_config('metaagent.scope', $3, true), set_config('plan_cache_mode', '${planCacheMode[plans]}', true)`
}

function beginning(settings: Beginning | null): readonly Step[] {
  if (settings === null) return none
  const { role, organizationId, scope, plans } = settings
  return [
    { statement: 'begin', parameters: [] },
    // PGlite's session is its superuser: without the role no policy would hold.
    { statement: beginStatements[plans], parameters: [role, organizationId, scope] },
  ]
}

const commit: readonly Step[] = [
  { statement: 'commit', parameters: [] },
  {
    statement: 'select pg_current_wal_lsn()::text as lsn, pg_walfile_name(pg_current_wal_lsn()) as segment',
    parameters: [],
  },
]

class Database {
  readonly #db: PGlite
  readonly #pipeline: Pipeline
  #plans: SessionSettings['plans'] = 'fresh'

  constructor(db: PGlite) {
    this.#db = db
    this.#pipeline = new Pipeline(db, notify)
  }

  async answer(request: WorkerOperation): Promise<WorkerAnswers[keyof WorkerAnswers]> {
    switch (request.op) {
      case 'query':
        return await this.#query(request)
      case 'exec':
        if (request.begin !== null) {
          this.#plans = request.begin.plans
          await this.#pipeline.run(beginning(request.begin))
        }
        await this.#db.exec(request.statements)
        // Several statements at once are migrations, and what was prepared may give other columns now.
        this.#pipeline.forgetAll()
        return null
      case 'copy':
        if (request.begin !== null) {
          this.#plans = request.begin.plans
          await this.#pipeline.run(beginning(request.begin))
        }
        return await this.#copy(request.statement, request.rows, request.role)
      case 'commit':
        return await this.#commit(request)
      case 'rollback':
        await this.#pipeline.run([{ statement: 'rollback', parameters: [] }])
        return null
      case 'close':
        await this.#db.close()
        return null
    }
  }

  async #query({ statement, parameters, begin }: Extract<WorkerOperation, { op: 'query' }>): Promise<SqlOutcome> {
    if (begin !== null) this.#plans = begin.plans
    const step = this.#stepOf({ statement, parameters })
    const outcome = (await this.#pipeline.run([...beginning(begin), step])).at(-1)
    if (outcome === undefined) throw new Error('the database answered fewer statements than it was given')
    return outcome
  }

  async #copy(statement: string, rows: ArrayBuffer, role: string): Promise<number> {
    await this.#pipeline.run([{ statement: 'set local role none', parameters: [] }])
    const copied = await this.#db.query(statement, [], { blob: bytesAsBlob(rows) })
    await this.#pipeline.run([{ statement: `set local role ${role}`, parameters: [] }])
    return copied.affectedRows ?? 0
  }

  #stepOf({ statement, parameters }: EncodedStatement): Step {
    return { statement, parameters, fresh: !mayKeepPlan(this.#plans, statement) }
  }

  /** The next transaction may wait behind this one already, so a refused one is undone here. */
  async #lastSteps(steps: readonly Step[]): Promise<readonly SqlOutcome[]> {
    try {
      return await this.#pipeline.run(steps)
    } catch (error) {
      await this.#pipeline.run([{ statement: 'rollback', parameters: [] }])
      throw error
    }
  }

  /** One pipeline for all, since the caller must know how much of the log has to reach the disk. */
  async #commit({ last, begin }: Extract<WorkerOperation, { op: 'commit' }>): Promise<WorkerAnswers['commit']> {
    const outcomes = await this.#lastSteps([...beginning(begin), ...last.map((step) => this.#stepOf(step)), ...commit])
    const [ended, position] = outcomes.slice(-commit.length)
    const reached = position?.rows[0] as WalPosition | undefined
    if (reached === undefined) throw new Error('the database did not say how far its log has come')
    return { lsn: reached.lsn, segment: reached.segment, committed: ended?.command === 'COMMIT' }
  }
}

/**
 * What PGlite needs of a Blob. Real ones keep their bytes outside of V8's sight until a major collection, which this
 * thread hardly ever makes: resident memory grew by 30 MB a minute.
 */
function bytesAsBlob(bytes: ArrayBuffer): Blob {
  const likeBlob: Pick<Blob, 'arrayBuffer'> = { arrayBuffer: async () => await Promise.resolve(bytes) }
  return likeBlob as Blob
}

/** An empty code says that it was not PostgreSQL who refused but the engine that failed. */
function fieldsOf(error: unknown): SqlErrorFields {
  if (error instanceof SqlError) return error.fields
  const from = error as Partial<Record<keyof SqlErrorFields, string>>
  const { severity, detail, hint, where, schema, table, column, constraint } = from
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: from.code ?? '', severity, detail, hint, where, schema, table, column, constraint }
}

try {
  const database = new Database(await open(workerData as WorkerStart))
  let last: Promise<void> = Promise.resolve()
  port.on('message', (request: WorkerRequest) => {
    last = last.then(async () => {
      try {
        post({ kind: 'answer', id: request.id, value: await database.answer(request) })
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
