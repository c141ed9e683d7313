import {
  type EngineProgress,
  eventCatalogue,
  type JournalEvent,
  type QaNewsPart,
  qaNewsParts,
  type TraceStage,
  type TraceStep,
} from '@metaagent/contract'

export const engineNames = ['trust', 'arbitration', 'drift'] as const
export type EngineName = (typeof engineNames)[number]

/** Where an event stands with an engine. */
export interface Progress {
  readonly eventId: string
  readonly engine: EngineName
  readonly state: EngineProgress['state']
}

/** Longest matches first: `qa_drift` is drift's, `qa_disabled` is a judgment. */
const stages: readonly (readonly [prefix: string, stage: TraceStage])[] = [
  ['qa_arbitration', 'arbitration'],
  ['qa_drift', 'drift'],
  ['qa_', 'judgment'],
  ['judgments.', 'judgment'],
  ['trust.', 'trust'],
  ['arbitration.', 'arbitration'],
  ['drift.', 'drift'],
  ['telemetry.', 'run'],
]

/** To which part of MetaAgent an event belongs; a decision's mirror to that of its decision. */
export function stageOf(type: string): TraceStage {
  const own = type.startsWith('decision.') ? type.slice('decision.'.length) : type
  return stages.find(([prefix]) => own.startsWith(prefix))?.[1] ?? 'followed'
}

/** Whether engines are told of it: a report about quality, not what an engine made of one. */
export function isQaEvent(type: string): boolean {
  return type.startsWith('qa_') && stageOf(type) === 'judgment'
}

/**
 * The events of one story, in any order, as a trace: every event right behind its cause and its cause's earlier effects,
 * beginnings in the order of time. An event whose cause is not among them is a beginning. Causes that go round in a ring
 * cannot come from an append-only journal; such events stand at the end as beginnings, none is left out.
 */
export function traceOf(events: readonly JournalEvent[], progress: readonly Progress[]): readonly TraceStep[] {
  const byId = new Map(events.map((event) => [event.eventId, event]))
  const inOrder = [...byId.values()].sort(byTime)
  const effects = Map.groupBy(inOrder, ({ causationId }) =>
    causationId !== null && byId.has(causationId) ? causationId : null,
  )
  const told = Map.groupBy(progress, ({ eventId }) => eventId)
  const steps: TraceStep[] = []
  const placed = new Set<string>()
  // With a stack of its own: a story may be thousands of causes deep.
  const visit = (beginning: JournalEvent) => {
    const waiting: (readonly [JournalEvent, number])[] = [[beginning, 0]]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [event, depth] = next
      if (placed.has(event.eventId)) continue
      placed.add(event.eventId)
      const cause = event.causationId === null ? undefined : byId.get(event.causationId)
      steps.push(stepOf(event, depth, depth === 0 ? undefined : cause))
      const own = effects.get(event.eventId) ?? []
      for (let at = own.length - 1; at >= 0; at--) {
        const effect = own[at]
        if (effect !== undefined) waiting.push([effect, depth + 1])
      }
    }
  }
  for (const beginning of effects.get(null) ?? []) visit(beginning)
  for (const event of inOrder) visit(event)
  return withEngines(steps, told)
}

function stepOf(event: JournalEvent, depth: number, cause: JournalEvent | undefined): TraceStep {
  const { eventId, causationId, type, subject, actor, occurredAt, payload } = event
  return {
    eventId,
    causationId,
    depth,
    stage: stageOf(type),
    type,
    subject,
    actor,
    occurredAt,
    sinceCauseMs: cause === undefined ? null : Date.parse(occurredAt) - Date.parse(cause.occurredAt),
    payload,
    engines: null,
  }
}

/** A step's effects are the deeper steps that follow it up to the next one that is as deep as itself or less. */
function withEngines(
  steps: readonly TraceStep[],
  told: ReadonlyMap<string, readonly Progress[]>,
): readonly TraceStep[] {
  return steps.map((step, at) => {
    if (!isQaEvent(step.type)) return step
    const states = told.get(step.eventId) ?? []
    const end = steps.findIndex((other, later) => later > at && other.depth <= step.depth)
    const below = steps.slice(at + 1, end === -1 ? steps.length : end)
    const engines = engineNames.map((engine) => ({
      engine,
      state: states.find((one) => one.engine === engine)?.state ?? ('waiting' as const),
      effects: below.filter(({ stage }) => stage === engine).length,
    }))
    return { ...step, engines }
  })
}

function byTime(a: JournalEvent, b: JournalEvent): number {
  return a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : a.eventId < b.eventId ? -1 : 1
}

/** The types of events that are news of a part of judging; of a type in none of them nobody is told. */
export const typesOfNews: ReadonlyMap<string, QaNewsPart> = new Map(
  Object.keys(eventCatalogue).flatMap((type): (readonly [string, QaNewsPart])[] => {
    const part = partOf(type)
    return part === null ? [] : [[type, part]]
  }),
)

function partOf(type: string): QaNewsPart | null {
  if (type.startsWith('decision.')) return null
  if (type.startsWith('amendments.')) return 'amendments'
  const stage = stageOf(type)
  if (stage === 'judgment') return 'judgments'
  return stage === 'run' || stage === 'followed' ? null : stage
}

/** The newest event of each type that is there. */
export type NewestEvents = ReadonlyMap<string, string>

/** In which parts an event came since; of no earlier look, all of them. */
export function newsSince(before: NewestEvents | null, now: NewestEvents): readonly QaNewsPart[] {
  if (before === null) return qaNewsParts
  const changed = new Set([...now].flatMap(([type, id]) => (before.get(type) === id ? [] : [typesOfNews.get(type)])))
  return qaNewsParts.filter((part) => changed.has(part))
}
