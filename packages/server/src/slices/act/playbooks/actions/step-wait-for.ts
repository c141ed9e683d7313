import { HealthState, HealthWindow, type JournalEvent, Json, type JsonValue, Name } from '@metaagent/contract'
import { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { StepAnswer, StepCall, StepExecutor } from '../../../../ports/step-executor.ts'
import type { Tx } from '../../../../ports/store.ts'
import { recentEvents } from '../../../govern/journal/index.ts'
import { agentHealth } from '../../../observe/health/index.ts'
import { allAgents } from '../../../observe/registry/index.ts'
import { failed, succeeded, templateOr, why } from './step-answers.ts'

const AwaitedEvent = z.strictObject({
  type: z.string().min(1).max(200).meta({ description: 'The whole type.' }),
  subject: z.string().max(300).optional(),
  correlationId: z.string().max(200).optional(),
  where: z
    .record(z.string().regex(/^\//, 'must be a JSON pointer'), Json)
    .default({})
    .meta({ description: 'Values of the payload by JSON pointer.' }),
})

const AwaitedHealth = z.strictObject({
  agent: templateOr(Name),
  environment: templateOr(Name).optional(),
  window: HealthWindow.default('5m'),
  states: z.array(HealthState).min(1).max(5),
})

// Not a union: its complaints would not say what is wrong where.
const Arguments = z
  .strictObject({ event: AwaitedEvent.optional(), health: AwaitedHealth.optional() })
  .refine(({ event, health }) => (event === undefined) !== (health === undefined), 'must name either event or health')

/** So many of the newest events of the type are looked at each time. */
const eventsLooked = 200

/**
 * Waits, up to the step's timeout, for a journal event since the step was released, or until an agent's health is in one
 * of the states.
 */
export const waitFor: StepExecutor = {
  kind: 'wait-for',
  summary: 'Wait for a journal event, or until the health of an agent is in a state.',
  arguments: Arguments,
  timeoutMaxMs: 7 * 86_400_000,
  // What is waited for follows from what a dry execution did not do.
  hasEffect: true,
  mode: 'wait',
  begin: async (_deps, _tx, step) => {
    const { event, health } = Arguments.parse(step.arguments)
    return { reference: event === undefined ? `health of ${health?.agent ?? ''}` : `event ${event.type}` }
  },
  poll: async (deps, tx, step) => {
    const { event, health } = Arguments.parse(step.arguments)
    if (event !== undefined) return await seenEvent(tx, step, event)
    return health === undefined ? null : await seenHealth(deps, tx, health)
  },
  abandon: async () => {},
}

async function seenEvent(tx: Tx, step: StepCall, asked: z.output<typeof AwaitedEvent>): Promise<StepAnswer | null> {
  const events = await recentEvents(tx, { types: [asked.type], since: step.releasedAt, limitEach: eventsLooked })
  const event = events.findLast((one) => fits(one, asked))
  if (event === undefined) return null
  const { eventId, subject, payload } = event
  return succeeded({ eventId, subject, payload }, why('event-seen', `${asked.type} came, about ${subject}.`, eventId))
}

function fits(event: JournalEvent, asked: z.output<typeof AwaitedEvent>): boolean {
  if (asked.subject !== undefined && event.subject !== asked.subject) return false
  if (asked.correlationId !== undefined && event.correlationId !== asked.correlationId) return false
  return Object.entries(asked.where).every(([pointer, value]) => {
    const found = valueAt(event.payload, pointer)
    return found !== undefined && canonicalJson(found) === canonicalJson(value)
  })
}

/** The value at a JSON pointer (RFC 6901). */
function valueAt(value: JsonValue, pointer: string): JsonValue | undefined {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<JsonValue | undefined>(
      (at, key) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, key)
          ? (at as Record<string, JsonValue>)[key]
          : undefined,
      value,
    )
}

async function seenHealth(deps: Deps, tx: Tx, asked: z.output<typeof AwaitedHealth>): Promise<StepAnswer | null> {
  const agent = (await allAgents(deps, tx)).find(({ name }) => name === asked.agent)
  if (agent === undefined)
    return failed(why('agent-unknown', `There is no agent named "${asked.agent}".`, asked.agent), false)
  const { environment, window, states } = asked
  const health = await agentHealth(deps, tx, agent.agentId, { window, environment })
  if (!health.ok) return failed(why(health.refusal.code, health.refusal.detail), false)
  const { state } = health.value
  if (!states.includes(state)) return null
  return succeeded({ state }, why('health', `${asked.agent} is ${state}.`, state, states.join(', ')))
}
