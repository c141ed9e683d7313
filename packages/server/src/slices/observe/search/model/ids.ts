const dayMs = 86_400_000

/** 32 lower-case hex digits. */
export function hexOfUuid(uuid: string): string {
  return uuid.replaceAll('-', '')
}

/** An execution's key as 40 hex digits: its id and its day, counted from 1970. */
export function keyOf({
  startedOn,
  executionId,
}: {
  readonly startedOn: string
  readonly executionId: string
}): string {
  const day = Math.round(Date.parse(`${startedOn}T00:00:00Z`) / dayMs)
  return executionId + day.toString(16).padStart(8, '0')
}

/** The execution that `keyOf` made 40 hex digits of. */
export function refOf(key: string): { readonly startedOn: string; readonly executionId: string } {
  const day = Number.parseInt(key.slice(32), 16)
  return { executionId: key.slice(0, 32), startedOn: new Date(day * dayMs).toISOString().slice(0, 10) }
}
