/** One value of a metric series, or of a rate (1 is a failure, 0 a success). `atMs`: milliseconds since 1970. */
export interface Reading {
  readonly atMs: number
  readonly value: number
}

/** What was seen against what would have alarmed. `observed` is null while too little is known. */
export interface DriftReason {
  readonly rule: string
  readonly observed: number | null
  readonly limit: number
}

export interface DriftStep<State> {
  readonly state: State
  readonly alarm: boolean
  readonly because: DriftReason
}

/**
 * A way to watch one stream. The state is plain JSON and never changed in place: the same start and the same readings
 * give the same states and alarms, bit for bit, wherever and however often they are replayed.
 */
export interface DriftMethod<State, Seen = Reading> {
  readonly start: State
  step(state: State, seen: Seen): DriftStep<State>
}
