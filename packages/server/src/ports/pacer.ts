/** Lets work on a backlog yield to telemetry that is coming in: both share the processor and, on PGlite, one session. */
export interface Pacer {
  /**
   * Runs one step of a backlog, a transaction or a few, and returns its result. While telemetry is being stored it then
   * waits, so that steps take no more of the time than what storing leaves, and a tenth at the least. A step that fails
   * fails at once.
   */
  step<T>(work: () => Promise<T>): Promise<T>
  /** Telemetry begins to be stored; call the function when it is. */
  storing(): () => void
  /** Ends all pauses: what runs is to end soon. */
  close(): void
}
