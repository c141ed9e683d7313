import type { JsonValue } from '@metaagent/contract'
import { addMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { StepAnswer } from '../../../../ports/step-executor.ts'
import { StoreUnavailable } from '../../../../ports/store-errors.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { maskTexts } from '../../../observe/masking/index.ts'
import { decideNext } from '../model/execution.ts'
import { leaseDue } from '../store/executions.ts'
import { type Calling, lockRunning, plan, settle, turningBack } from './plan.ts'
import { why } from './step-answers.ts'

/** Executions of one organization that are taken at once, and for how long; they are called at the same time. */
const perTurn = 20
const leaseMs = 30_000
/** How long a turn waits for calls that are under way before it looks for other work. */
const turnMs = 2_000
const inFlightMax = 100

/** Calls under way in this process; they go on over turns. */
const underWay = new WeakMap<Deps, Set<Promise<void>>>()

/**
 * Takes what is due of every organization one step on, and on until it waits. Whoever moved `due_at` has the execution
 * until then; what makes a step somebody's is its recorded release, so two that hold the same execution do nothing twice.
 */
export async function advanceDue(deps: Deps): Promise<void> {
  const running = underWay.get(deps) ?? new Set()
  underWay.set(deps, running)
  for (const organizationId of await listOrganizationIds(deps)) {
    const limit = Math.min(perTurn, inFlightMax - running.size)
    if (limit <= 0) break
    const now = deps.clock.now()
    const lease = { now, until: addMs(now, leaseMs), holder: `pid-${process.pid}`, limit }
    const leased = await deps.store.transaction({ organizationId }, (tx) => leaseDue(tx, lease))
    for (const executionId of leased) {
      const one = advance(deps, organizationId, executionId).finally(() => running.delete(one))
      running.add(one)
    }
  }
  if (running.size === 0) return
  let cancel = () => {}
  const pause = new Promise<void>((resolve) => {
    cancel = deps.clock.after(turnMs, resolve)
  })
  await Promise.race([Promise.all(running), pause])
  cancel()
}

/** Takes one execution on until it waits or ends. Never throws: what goes wrong is recorded or logged. */
async function advance(deps: Deps, organizationId: string, executionId: string): Promise<void> {
  try {
    for (;;) {
      const planned = await deps.store.transaction({ organizationId }, (tx) => plan(deps, tx, executionId))
      if (planned === 'rest') return
      if (planned === 'more') continue
      const answer = await called(deps, organizationId, planned)
      const isRecorded = await deps.store.transaction({ organizationId }, async (tx) => {
        const locked = await lockRunning(tx, executionId)
        if (locked === null) return false
        await settle(deps, tx, locked.execution, { attempt: planned.attempt, answer })
        return true
      })
      if (!isRecorded) {
        deps.log.warn({ execution: executionId, step: planned.attempt.step.name }, 'an answer came after the end')
        return
      }
    }
  } catch (error) {
    await recordFault(deps, organizationId, executionId, error)
  }
}

async function called(deps: Deps, organizationId: string, { prepared }: Calling): Promise<StepAnswer> {
  const { executor, call } = prepared
  if (executor.mode !== 'call') throw new Error('broken invariant: only calls are made outside of transactions')
  try {
    return await maskedAnswer(deps, organizationId, await executor.call(deps, call))
  } catch (error) {
    // The answer is lost with the database; the step is tried again under its key.
    if (error instanceof StoreUnavailable) throw error
    deps.log.error({ step: call.step, error: stackOf(error) }, 'a step failed in a way that nobody expected')
    return { kind: 'failed', retryable: true, because: why('step-error', messageOf(error)) }
  }
}

/** What came from outside is masked before it is kept; a secret in it is nothing for a later step either. */
async function maskedAnswer(deps: Deps, organizationId: string, answer: StepAnswer): Promise<StepAnswer> {
  const isGood = answer.kind === 'succeeded'
  const texts = [answer.because.text, ...(isGood ? textsOf(answer.output) : [])]
  const masked = await maskTexts(deps, organizationId, texts)
  if (!masked.ok) throw new StoreUnavailable(masked.refusal.detail)
  const clean = masked.value.map(({ text }) => text)
  const because = { ...answer.because, text: clean[0] ?? '' }
  if (!isGood) return { ...answer, because }
  let at = 1
  return { ...answer, because, output: withTexts(answer.output, () => clean[at++] ?? '') }
}

function textsOf(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

/** The value with its texts replaced, in the order in which `textsOf` told them. */
function withTexts(value: JsonValue, next: () => string): JsonValue {
  if (typeof value === 'string') return next()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part) => withTexts(part, next))
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withTexts(part, next)]))
}

/**
 * A step whose own work in the database failed took nothing with it: it counts as a failed attempt, and the execution goes
 * on from there. When even that cannot be written, the lease runs out and it is tried again.
 */
async function recordFault(deps: Deps, organizationId: string, executionId: string, error: unknown): Promise<void> {
  if (error instanceof StoreUnavailable) return
  deps.log.error({ execution: executionId, error: stackOf(error) }, 'an execution of a macro could not go on')
  const because = why('step-error', messageOf(error))
  try {
    await deps.store.transaction({ organizationId }, async (tx) => {
      const locked = await lockRunning(tx, executionId)
      if (locked === null) return
      const { execution, definition } = locked
      const decision = decideNext({ definition, state: execution.state, nowMs: deps.clock.now() })
      if (decision.kind !== 'act' && decision.kind !== 'compensate') return
      const compensation = decision.kind === 'compensate'
      const step = definition.steps.find(({ name }) => name === decision.release.step)
      if (step === undefined) return
      const type = compensation ? 'compensation-released' : 'released'
      await settle(deps, tx, execution, {
        attempt: { step, release: decision.release, compensation },
        answer: { kind: 'failed', retryable: true, because },
        before: [
          ...(compensation ? turningBack(execution, decision) : []),
          { event: { type, release: decision.release }, because, reference: null },
        ],
      })
    })
  } catch (again) {
    deps.log.error({ execution: executionId, error: stackOf(again) }, 'its fault could not be recorded either')
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
