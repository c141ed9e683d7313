import { dayOf } from './days.ts'
import { afterAction, afterReport, type ExecutionState, impliedBy, reportedBy, withActionOn } from './executions.ts'
import type { ActionRow, ExecutionRow, TelemetryRows } from './rows.ts'

/** One execution among the rows that a transaction stores, with everything that they say of it. */
export interface GatheredExecution {
  readonly executionId: string
  /** Each report with the number of the request that brought it. */
  readonly reports: { readonly row: ExecutionRow; readonly request: number }[]
  /** Actions without repetition. */
  readonly actions: GatheredAction[]
  /** Keys of those actions: the id, behind the day where that is not the first action's. */
  readonly keys: Set<string>
  /** First and last day of its rows. */
  firstDay: string
  lastDay: string
}

export interface GatheredAction {
  readonly row: ActionRow
  readonly startedOn: string
  readonly request: number
}

export interface Gathered {
  /** Sorted by id: the order in which locks are taken. */
  readonly executions: readonly GatheredExecution[]
  /** Per request, actions that stood twice among these rows. */
  readonly repeated: readonly number[]
}

/** Groups the rows of several requests by execution, and drops actions that stand there twice. */
export function gather(requests: readonly TelemetryRows[]): Gathered {
  const byId = new Map<string, GatheredExecution>()
  const repeated = requests.map(() => 0)
  requests.forEach(({ executions, actions }, request) => {
    for (const row of executions)
      executionOf(byId, row.executionId, dayOf(row.startedAt)).reports.push({ row, request })
    for (const row of actions) {
      const startedOn = dayOf(row.startedAt)
      const { actions: gathered, keys } = executionOf(byId, row.executionId, startedOn)
      const sameDay = gathered[0] === undefined || gathered[0].startedOn === startedOn
      const before = keys.size
      if (keys.add(sameDay ? row.actionId : `${startedOn}${row.actionId}`).size > before)
        gathered.push({ row, startedOn, request })
      else repeated[request] = (repeated[request] ?? 0) + 1
    }
  })
  const executions = [...byId.values()].sort((a, b) => (a.executionId < b.executionId ? -1 : 1))
  return { executions, repeated }
}

function executionOf(byId: Map<string, GatheredExecution>, executionId: string, day: string): GatheredExecution {
  const known = byId.get(executionId)
  if (known === undefined) {
    const made: GatheredExecution = {
      executionId,
      reports: [],
      actions: [],
      keys: new Set(),
      firstDay: day,
      lastDay: day,
    }
    byId.set(executionId, made)
    return made
  }
  if (day < known.firstDay) known.firstDay = day
  if (day > known.lastDay) known.lastDay = day
  return known
}

export interface FoldedExecution {
  readonly state: ExecutionState
  /** Per report, in the order of `reports`: whether it said anything new. */
  readonly news: readonly boolean[]
}

/** Takes everything that the rows say of an execution into what is stored of it (null: nothing yet). */
export function foldExecution(before: ExecutionState | null, gathered: GatheredExecution): FoldedExecution {
  let state = before
  const news: boolean[] = []
  for (const { row } of gathered.reports) {
    const next: ExecutionState = state === null ? reportedBy(row) : afterReport(state, row)
    news.push(next !== state)
    state = next
  }
  for (const { row, startedOn } of gathered.actions) {
    state = state === null ? impliedBy(row) : afterAction(state, row)
    state = withActionOn(state, startedOn)
  }
  if (state === null) throw new Error('broken invariant: an execution is gathered from at least one row')
  return { state, news }
}
