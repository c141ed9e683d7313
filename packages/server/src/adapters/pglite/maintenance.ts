import type { Log } from '../../ports/log.ts'
import { syncDataFiles } from './data-sync.ts'
import type { EngineHolder } from './engine-holder.ts'
import type { Mutex } from './mutex.ts'
import { lsnToBigint } from './wal-sync.ts'

export interface MaintenanceParts {
  readonly engines: EngineHolder
  readonly mutex: Mutex
  readonly log: Log
  /** The folder of PostgreSQL's files, to be synced after a checkpoint; null: not synced. */
  readonly syncedDataDir: string | null
}

export interface MaintenanceSettings {
  /** How often to look for work. Default 10,000. */
  readonly everyMs?: number
  /** Checkpoint when this much has been written since the last one. Default 64 MiB. */
  readonly checkpointAfterBytes?: number
}

const defaults = { everyMs: 10_000, checkpointAfterBytes: 64 * 1024 * 1024 }

/**
 * The rule of PostgreSQL's autovacuum with its default thresholds, most urgent table first; but a table that only grows is
 * vacuumed in small steps, however large it is: each reads just what is new (6 ms for 20,000 rows), and everybody waits
 * for it.
 */
const needyTables = `
  select format('%I.%I', s.schemaname, s.relname) as name,
    s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0)
      or s.n_ins_since_vacuum > least(1000 + 0.2 * greatest(c.reltuples, 0), 20000) as vacuum,
    s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0) as "analyze"
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where c.relkind = 'r' and c.relpersistence = 'p'
  order by s.n_dead_tup + s.n_mod_since_analyze desc`

/**
 * PGlite runs no checkpointer and no autovacuum: its log grew by 1 MB per 1,000 events without end. This does their
 * work between transactions, one statement at a time, so that requests wait for no more than one of them.
 */
export class Maintenance {
  readonly #parts: MaintenanceParts
  readonly #settings: Required<MaintenanceSettings>
  readonly #timer: NodeJS.Timeout
  #lastSyncMs = 0
  #checkpointLsn = -1n
  #running = false
  #stopped = false

  constructor(parts: MaintenanceParts, settings: MaintenanceSettings) {
    this.#parts = parts
    this.#settings = { ...defaults, ...settings }
    this.#timer = setInterval(() => void this.#tick(), this.#settings.everyMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  /** Does what is due now; the timer calls this, tests and `metaagent doctor` may. Never overlaps itself. */
  async run(): Promise<void> {
    await this.#checkpointIfDue()
    // Counts reach the statistics by themselves only when a session has been idle for long.
    await this.#query('select pg_stat_force_next_flush()')
    const tables = await this.#query<{ name: string; vacuum: boolean; analyze: boolean }>(needyTables)
    // One statement each, so that requests come in between.
    for (const { name, vacuum, analyze } of tables) {
      if (vacuum) await this.#query(`vacuum ${name}`)
      if (analyze) await this.#query(`analyze ${name}`)
    }
  }

  async #tick(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      await this.run()
    } catch (error) {
      if (!this.#stopped) this.#parts.log.warn({ error: String(error) }, 'database maintenance failed')
    } finally {
      this.#running = false
    }
  }

  async #checkpointIfDue(): Promise<void> {
    const lsn = await this.#walPosition()
    if (this.#checkpointLsn < 0n) this.#checkpointLsn = lsn
    if (lsn - this.#checkpointLsn < BigInt(this.#settings.checkpointAfterBytes)) return
    const startedAtMs = Date.now()
    await this.#query('checkpoint')
    this.#checkpointLsn = lsn
    const { syncedDataDir } = this.#parts
    if (syncedDataDir !== null) await syncDataFiles(syncedDataDir, this.#lastSyncMs)
    this.#lastSyncMs = startedAtMs
  }

  async #walPosition(): Promise<bigint> {
    const rows = await this.#query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
    return lsnToBigint(rows[0]?.lsn ?? '0/0')
  }

  async #query<Row>(statement: string): Promise<readonly Row[]> {
    return await this.#parts.mutex.hold(async () => {
      const engine = await this.#parts.engines.get()
      return (await engine.call({ op: 'query', statement, parameters: [], begin: null })).rows as readonly Row[]
    })
  }
}
