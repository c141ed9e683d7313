const usesBeforeNaming = 3
const mostNames = 500
const mostCounted = 5_000
const longestStatement = 8_000

/**
 * Decides which statements are worth keeping prepared: those that come again and again. Statements whose text varies
 * (lists, bulk values) would only fill the server's memory with plans.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  readonly #uses = new Map<string, number>()

  /** A name that stands for exactly this text for ever, or null: send it unprepared. */
  nameOf(statement: string): string | null {
    const name = this.#names.get(statement)
    if (name !== undefined) return name
    if (statement.length > longestStatement || this.#names.size >= mostNames) return null
    const uses = (this.#uses.get(statement) ?? 0) + 1
    if (uses < usesBeforeNaming) {
      if (this.#uses.size >= mostCounted) this.#uses.clear()
      this.#uses.set(statement, uses)
      return null
    }
    this.#uses.delete(statement)
    const given = `ma_${this.#names.size}`
    this.#names.set(statement, given)
    return given
  }
}
