import type { NewRepricing, PageQuery, Repricing, RepricingPage } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { repriceNext } from '../../telemetry/index.ts'
import { advanced } from '../model/repricing.ts'
import { totalCosts } from '../store/reading.ts'
import {
  insertRepricing,
  listRepricings,
  lockRunning,
  type RepricingRow,
  saveRepricing,
  selectRepricing,
} from '../store/repricings.ts'

/** Asks for stored calls to be priced again; the job begins within seconds. One at a time. */
export async function requestRepricing(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  input: z.output<typeof NewRepricing>,
): Promise<Result<Repricing>> {
  const from = instantFromEpochMs(Date.parse(input.from))
  const until = instantFromEpochMs(Date.parse(input.to))
  if (until <= from) return refuse('not-processable', '`to` must be later than `from`.')
  const { provider, model, reason } = input
  const filter = { from, until, agentId: null, environment: null, releaseId: null, provider, model }
  const { pricedCalls, unpricedCalls } = await totalCosts(tx, filter)
  const actor = actorOf(caller)
  const row: RepricingRow = {
    repricingId: deps.ids.uuid(),
    state: 'running',
    from,
    until,
    provider,
    model,
    reason,
    positionDay: null,
    positionExecutionId: null,
    expectedCalls: pricedCalls + unpricedCalls,
    calls: 0,
    changedCalls: 0,
    newlyPricedCalls: 0,
    noLongerPricedCalls: 0,
    beforeNanoUsd: 0,
    afterNanoUsd: 0,
    requestedBy: `${actor.kind}:${actor.id}`,
    requestedAt: deps.clock.now(),
    finishedAt: null,
  }
  if (!(await insertRepricing(tx, row)))
    return refuse('conflict', 'A re-pricing is running already. Wait until it is done, or cancel it.')
  const payload = { repricingId: row.repricingId, from: toIso(from), to: toIso(until), provider, model, reason }
  const subject = `repricing/${row.repricingId}`
  await append(deps, tx, [{ type: 'costs.repricing.requested', subject, actor, payload }])
  return ok(shown(row))
}

/** Stops a re-pricing where it is; what was priced again stays so. */
export async function cancelRepricing(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  repricingId: string,
): Promise<Result<Repricing>> {
  const running = await lockRunning(tx)
  if (running?.repricingId === repricingId) {
    const row = { ...running, state: 'cancelled' as const, finishedAt: deps.clock.now() }
    await finish(deps, tx, row, actorOf(caller))
    return ok(shown(row))
  }
  return (await selectRepricing(tx, repricingId)) === null
    ? noSuchRepricing
    : refuse('conflict', 'This re-pricing has ended already.')
}

const noSuchRepricing = refuse(
  'not-found',
  'There is no re-pricing with this id. GET /api/v1/costs/repricings lists them.',
)

export async function readRepricing(deps: Deps, caller: Caller, repricingId: string): Promise<Result<Repricing>> {
  const { organizationId } = caller
  const row = await deps.store.transaction({ organizationId }, (tx) => selectRepricing(tx, repricingId))
  return row === null ? noSuchRepricing : ok(shown(row))
}

/** Re-pricings, the newest first. */
export async function readRepricings(
  deps: Deps,
  caller: Caller,
  { cursor, limit }: z.output<typeof PageQuery>,
): Promise<Result<RepricingPage>> {
  const list = 'costs.repricings'
  const after = cursor === undefined ? ok([]) : decodePageCursor(list, {}, cursor, 1)
  if (!after.ok) return after
  const below = after.value[0] ?? null
  if (below !== null && !/^[0-9a-f-]{36}$/.test(below))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => listRepricings(tx, below, limit + 1))
  const last = rows[limit - 1]
  const more = rows.length > limit && last !== undefined
  return ok({
    items: rows.slice(0, limit).map(shown),
    nextCursor: more ? encodePageCursor(list, {}, [last.repricingId]) : null,
  })
}

const stepsPerRun = 500

/** Carries on with every organization's running re-pricing; each step is a transaction, so a crash repeats none. */
export async function continueRepricings(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    let more = true
    for (let steps = 0; more && steps < stepsPerRun; steps++)
      more = await deps.store.transaction({ organizationId }, (tx) => takeStep(deps, tx))
  }
}

/** False when nothing is left to do. */
async function takeStep(deps: Deps, tx: Tx): Promise<boolean> {
  const running = await lockRunning(tx)
  if (running === null) return false
  const { positionDay: day, positionExecutionId: executionId } = running
  const step = await repriceNext(deps, tx, running, day === null ? null : { day, executionId })
  const row = advanced(running, step, deps.clock.now())
  if (row.state === 'running') await saveRepricing(tx, row)
  else await finish(deps, tx, row, { kind: 'system', id: 'costs' })
  return row.state === 'running'
}

async function finish(
  deps: Deps,
  tx: Tx,
  row: RepricingRow & { readonly state: 'done' | 'cancelled' },
  actor: ReturnType<typeof actorOf>,
): Promise<void> {
  await saveRepricing(tx, row)
  const { repricingId, state, calls, changedCalls, newlyPricedCalls, noLongerPricedCalls } = row
  const payload = {
    repricingId,
    state,
    calls,
    changedCalls,
    newlyPricedCalls,
    noLongerPricedCalls,
    beforeNanoUsd: row.beforeNanoUsd,
    afterNanoUsd: row.afterNanoUsd,
  }
  const subject = `repricing/${repricingId}`
  await append(deps, tx, [{ type: 'costs.repricing.finished', subject, actor, payload }])
}

const isoOf = (at: Instant | null) => (at === null ? null : toIso(at))

function shown({ positionDay: _, positionExecutionId: __, until, ...row }: RepricingRow): Repricing {
  return {
    ...row,
    from: toIso(row.from),
    to: toIso(until),
    requestedAt: toIso(row.requestedAt),
    finishedAt: isoOf(row.finishedAt),
  }
}
