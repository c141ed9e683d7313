import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'

/** Which batch: the round and the sender that sent it, and its number there, from 0. */
export interface BatchKey {
  readonly round: number
  readonly sender: number
  readonly number: number
}

/** What one round saw and found. */
export interface RoundReport {
  readonly round: number
  readonly killedAfterMs: number | null
  /** How often the server was killed while it started, before the load and in recovery. */
  readonly startsKilled: number
  readonly acknowledgedBatches: number
  /** Batches that were sent and never answered. */
  readonly unansweredBatches: number
  /** How many of those were stored all the same. */
  readonly unansweredStored: number
  /** Requests whose answer was thrown away on purpose, to be sent again. */
  readonly answersDropped: number
  readonly readyAgainMs: number
  readonly lost: number
  readonly duplicated: number
  readonly faults: readonly string[]
}

export type LogName = 'organization' | 'deployment'

type Entry =
  | { readonly kind: 'database'; readonly database: string; readonly login: string }
  | { readonly kind: 'access'; readonly access: Access }
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'round'; readonly round: number; readonly baseMs: number }
  | { readonly kind: 'killed'; readonly killedAfterMs: number; readonly answersDropped: number }
  | { readonly kind: 'start-killed' }
  | { readonly kind: 'sent' | 'stored'; readonly batch: BatchKey }
  | { readonly kind: 'asked' | 'decided' }
  | { readonly kind: 'checkpoint'; readonly log: LogName; readonly note: string }
  | { readonly kind: 'finished'; readonly report: RoundReport }

/** How the suite enters the server, and the keys of its logs as they were first seen. */
export interface Access {
  readonly organizationId: string
  readonly apiKey: string
  readonly agentId: string
  readonly verifierKeys: Readonly<Record<LogName, string>>
}

/**
 * What was done to one store, written down before or right after each step in a file that only grows, so that a suite
 * that was killed itself knows what it had been promised.
 */
export class Progress {
  readonly #file: string
  readonly reports: RoundReport[] = []
  /** When each round began, by its number: what its batches are made from. */
  readonly baseMsByRound = new Map<number, number>()
  readonly #sent = new Map<string, BatchKey>()
  readonly #stored = new Set<string>()
  readonly checkpoints: Partial<Record<LogName, string>> = {}
  database: { readonly database: string; readonly login: string } | null = null
  access: Access | null = null
  /** The last server that was started. */
  pid: number | null = null
  asked = 0
  decided = 0
  /** Of the round that is not finished. */
  killed: { readonly killedAfterMs: number; readonly answersDropped: number } | null = null
  startsKilled = 0

  constructor(file: string) {
    this.#file = file
    if (!existsSync(file)) return
    const text = readFileSync(file, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    // A line that was cut short is a step that did not happen.
    if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)))
    for (const line of text.slice(0, end).split('\n')) if (line !== '') this.#take(JSON.parse(line) as Entry)
  }

  add(entry: Entry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`)
    this.#take(entry)
  }

  /** The round that was begun and not finished; null when the next one may begin. */
  get openRound(): number | null {
    const last = Math.max(0, ...this.baseMsByRound.keys())
    return last > this.finishedRounds ? last : null
  }

  get finishedRounds(): number {
    return this.reports.length
  }

  /** Every batch that was ever sent, in its order, with whether an acknowledgement came. */
  get batches(): readonly { readonly key: BatchKey; readonly acknowledged: boolean }[] {
    return [...this.#sent].map(([text, key]) => ({ key, acknowledged: this.#stored.has(text) }))
  }

  #take(entry: Entry): void {
    switch (entry.kind) {
      case 'database':
        this.database = entry
        break
      case 'access':
        this.access = entry.access
        break
      case 'process':
        this.pid = entry.pid
        break
      case 'round':
        this.baseMsByRound.set(entry.round, entry.baseMs)
        break
      case 'killed':
        this.killed = entry
        break
      case 'start-killed':
        this.startsKilled += 1
        break
      case 'sent':
        this.#sent.set(textOf(entry.batch), entry.batch)
        break
      case 'stored':
        this.#stored.add(textOf(entry.batch))
        break
      case 'asked':
        this.asked += 1
        break
      case 'decided':
        this.decided += 1
        break
      case 'checkpoint':
        this.checkpoints[entry.log] = entry.note
        break
      case 'finished':
        this.reports.push(entry.report)
        this.killed = null
        this.startsKilled = 0
        break
    }
  }
}

function textOf({ round, sender, number }: BatchKey): string {
  return `${round}.${sender}.${number}`
}
