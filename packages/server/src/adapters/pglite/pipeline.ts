import type { PGlite } from '@electric-sql/pglite'
import { SqlError } from '../../ports/store-errors.ts'
import type { SqlOutcome } from '../sql/session.ts'
import { StatementNames } from '../sql/statement-names.ts'
import type { EncodedParameter } from './messages.ts'
import { type Column, PipelineWriter, readAnswer, type StatementAnswer } from './protocol.ts'

export interface Step {
  readonly statement: string
  readonly parameters: readonly EncodedParameter[]
  /** Planned anew even when it comes again. */
  readonly fresh?: boolean
}

type OnNotification = (channel: string, payload: string) => void

/** The server no longer knows the statement (26000), or its result has other columns than when it was prepared (0A000). */
const staleStatement: ReadonlySet<string> = new Set(['26000', '0A000'])

/** Runs statements on PGlite in pipelines, keeping those prepared that come again. Lives in the database's thread. */
export class Pipeline {
  readonly #db: PGlite
  readonly #onNotification: OnNotification
  readonly #names = new StatementNames()
  /** The columns of what is prepared, by the statement's name. */
  readonly #prepared = new Map<string, readonly Column[]>()

  constructor(db: PGlite, onNotification: OnNotification) {
    this.#db = db
    this.#onNotification = onNotification
  }

  /**
   * Runs the steps one after the other up to the first that fails; one outcome per step. Throws SqlError, or a plain
   * Error when the database broke down.
   */
  async run(steps: readonly Step[]): Promise<readonly SqlOutcome[]> {
    const writer = new PipelineWriter()
    const names = steps.map(({ statement, fresh }) => (fresh === true ? null : this.#names.nameOf(statement)))
    const known = names.map((name) => (name === null ? null : (this.#prepared.get(name) ?? null)))
    for (const [index, step] of steps.entries()) writeStep(writer, step, names[index] ?? null, known[index] ?? null)
    const answer = readAnswer(await this.#send(writer.finish()), known)
    for (const { channel, payload } of answer.notifications) this.#onNotification(channel, payload)
    if (!answer.complete) throw new Error('the database broke down inside a statement')
    if (answer.error !== null) {
      if (staleStatement.has(answer.error.code)) this.forgetAll()
      throw new SqlError(answer.error)
    }
    for (const [index, name] of names.entries()) {
      const statement = answer.statements[index]
      if (name !== null && statement !== undefined) this.#prepared.set(name, statement.columns)
    }
    return answer.statements.map(outcomeOf)
  }

  async #send(pipeline: Uint8Array): Promise<Uint8Array> {
    // Not `execProtocolRaw`: it also parses the answer itself and keeps the results for ever.
    const chunks: Buffer[] = []
    const onRawData = (bytes: Uint8Array) => {
      chunks.push(Buffer.from(bytes)) // a copy, since the bytes lie in PGlite's own memory
    }
    await this.#db.execProtocolRawStream(pipeline, { syncToFs: false, onRawData })
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  }

  /** Prepares everything anew, as is due after a change of the schema. */
  forgetAll(): void {
    this.#prepared.clear()
  }
}

function writeStep(writer: PipelineWriter, step: Step, name: string | null, known: readonly Column[] | null): void {
  if (known === null) {
    // A failed pipeline may have left a statement of this name behind.
    if (name !== null) writer.closeStatement(name)
    writer.parse(name ?? '', step.statement)
  }
  writer.bind(name ?? '', step.parameters)
  if (known === null) writer.describePortal()
  writer.execute()
}

const countingCommands: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY'])

function outcomeOf({ rows, tag }: StatementAnswer): SqlOutcome {
  const [command = ''] = tag.split(' ', 1)
  const affectedRows = countingCommands.has(command) ? Number(tag.slice(tag.lastIndexOf(' ') + 1)) : 0
  return { rows, command, affectedRows }
}
