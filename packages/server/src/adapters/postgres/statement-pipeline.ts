import type pg from 'pg'

export interface PipelinedStatement {
  /** The name under which the statement stays prepared; null: it does not. */
  readonly name: string | null
  readonly text: string
  readonly values: readonly unknown[]
}

/** What a statement needs of `pg`'s connection; its typings leave these out of the public ones. */
interface PgConnection {
  readonly stream: { cork?(): void; uncork?(): void }
  readonly parsedStatements: Record<string, string>
  close(target: { type: 'S'; name: string }): void
  parse(statement: { name: string; text: string; types: readonly number[] }): void
  bind(portal: { portal: string; statement: string; values: readonly unknown[]; binary: boolean }): void
  execute(portal: { portal: string; rows: string }): void
  sync(): void
}

/**
 * Several statements sent in one go and answered together, for `client.query`. Up to the first that is refused they run
 * one after the other; the rest is skipped then, and `finished` rejects. Rows that they return are thrown away.
 * (PostgreSQL 15, "Message Flow": Pipelining. `pg` itself sends a statement only after the one before was answered.)
 */
export class StatementPipeline implements pg.Submittable {
  /** The first word of each statement's command tag. */
  readonly finished: Promise<readonly string[]>
  readonly #statements: readonly PipelinedStatement[]
  readonly #commands: string[] = []
  #resolve: (commands: readonly string[]) => void = ignore
  #reject: (error: unknown) => void = ignore

  constructor(statements: readonly PipelinedStatement[]) {
    this.#statements = statements
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit(connection: pg.Connection): void {
    const target = connection as unknown as PgConnection
    target.stream.cork?.()
    for (const { name, text, values } of this.#statements) {
      const statement = name ?? ''
      if (name === null || target.parsedStatements[name] !== text) {
        // A pipeline that was refused may have left a statement of this name behind.
        if (name !== null) target.close({ type: 'S', name })
        target.parse({ name: statement, text, types: [] })
      }
      target.bind({ portal: '', statement, values, binary: false })
      target.execute({ portal: '', rows: '' })
    }
    target.sync()
    target.stream.uncork?.()
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#commands.push(text.split(' ', 1)[0] ?? '')
  }

  handleReadyForQuery(connection: pg.Connection): void {
    const { parsedStatements } = connection as unknown as PgConnection
    for (const { name, text } of this.#statements) if (name !== null) parsedStatements[name] = text
    this.#resolve(this.#commands)
  }

  handleError(error: unknown): void {
    this.#reject(error)
  }

  handleDataRow(): void {}
  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
}

function ignore(): void {}
