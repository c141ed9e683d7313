import type { Because, ConflictResolution, Impact, ResolutionStrategy, Severity } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, appendDecision } from '../../../govern/journal/index.ts'
import { strategiesFor } from '../model/strategies.ts'
import { artifactById } from '../store/artifacts.ts'
import { conflictById, membersOf, type StoredConflict, updateConflict } from '../store/conflicts.ts'
import { lockProject } from '../store/projects.ts'
import { allOrNothing } from './all-or-nothing.ts'
import type { Done, Parties } from './resolving.ts'
import { pictureOf, shownConflicts } from './shown.ts'
import { StateManager } from './state-manager.ts'
import { carryOut } from './strategies.ts'

export const noSuchConflict = refuse(
  'not-found',
  'There is no conflict with this id. GET /api/v1/governance/conflicts lists them.',
)

export interface Asking {
  readonly caller: Caller
  readonly states: StateManager
}

export interface Asked {
  readonly strategy: ResolutionStrategy
  readonly automatic: boolean
}

/**
 * Resolves a conflict by a strategy, in one transaction with everything that this does to artifacts. Asking for the same
 * again answers the same and does nothing; another strategy for a conflict that is over is refused with `conflict`. What does
 * not fit is refused with `strategy-unfit`, texts that need a person with `merge-conflicts`, an override without the
 * approval that the rules ask for with `approval-required`.
 */
export async function resolveConflict(
  deps: Deps,
  caller: Caller,
  conflictId: string,
  strategy: ResolutionStrategy,
): Promise<Result<ConflictResolution>> {
  return await allOrNothing(deps, caller, async (tx) => {
    const seen = await conflictById(tx, conflictId)
    if (seen === null) return noSuchConflict
    await lockProject(tx, seen.projectId)
    const conflict = await conflictById(tx, conflictId)
    assertInvariant(conflict !== null, 'conflicts that wait are not deleted')
    const before = answeredBefore(conflict, strategy)
    if (before !== null) return before
    const states = await StateManager.begin(deps, tx, caller)
    return await resolveBy(deps, tx, { caller, states }, conflict, { strategy, automatic: false })
  })
}

function answeredBefore(conflict: StoredConflict, { strategy }: ResolutionStrategy): Result<ConflictResolution> | null {
  const { state, resolution, answer } = conflict
  if (state === 'gone')
    return refuse('conflict', 'What it was about has changed or ended: there is nothing to resolve.')
  const isSame = resolution?.strategy === strategy
  if (answer !== null && isSame) return ok(answer)
  if (state === 'resolved') return refuse('conflict', `It was resolved by ${resolution?.strategy} already.`)
  return null
}

/** The same inside a transaction that holds the project's lock. A refusal may leave writes behind: roll back. */
export async function resolveBy(
  deps: Deps,
  tx: Tx,
  { caller, states }: Asking,
  conflict: StoredConflict,
  { strategy, automatic }: Asked,
): Promise<Result<ConflictResolution>> {
  const parties = await partiesOf(tx, conflict)
  if (!parties.ok) return parties
  const unfit = await whyUnfit(tx, conflict, strategy)
  if (unfit !== null) return refuse('strategy-unfit', unfit)
  const done = await carryOut(deps, tx, states, { conflict, strategy, ...parties.value })
  if (!done.ok) return done
  const approval =
    strategy.strategy === 'override' ? await overrideGate(deps, tx, caller, conflict, strategy) : ok(null)
  if (!approval.ok) return approval
  const at = new Date(deps.clock.now())
  const { reason } = strategy
  const resolution = {
    strategy: strategy.strategy,
    because: done.value.because,
    reason,
    by: states.by,
    automatic,
    approvalId: approval.value,
    at: at.toISOString(),
  }
  const isEscalated = strategy.strategy === 'escalate'
  const resolved: StoredConflict = {
    ...conflict,
    state: isEscalated ? 'escalated' : 'resolved',
    isWaived: done.value.isWaived,
    resolution,
    changedAt: at,
  }
  await updateConflict(tx, resolved)
  return ok(await finish(deps, tx, { caller, states }, { conflict: resolved, done: done.value }))
}

/** Unblocks what is free now, keeps the answer, and tells. */
async function finish(
  deps: Deps,
  tx: Tx,
  { caller, states }: Asking,
  { conflict, done }: { readonly conflict: StoredConflict; readonly done: Done },
): Promise<ConflictResolution> {
  const unblocked = await states.unblockFree(conflict.projectId)
  const freed = unblocked.filter(({ artifactId }) => !done.effects.some((one) => one.artifactId === artifactId))
  const effects: ConflictResolution['effects'] = []
  for (const { artifactId, effect, text } of [
    ...done.effects,
    ...freed.map(({ artifactId }) => ({
      artifactId,
      effect: 'unblocked' as const,
      text: 'Nothing blocks it any more.',
    })),
  ]) {
    const now = await artifactById(tx, artifactId)
    assertInvariant(now !== null, 'an artifact that something was done to is there')
    const isFree = unblocked.some((one) => one.artifactId === artifactId)
    const shown = now.state === 'BLOCKED' && effect !== 'none' ? 'still-blocked' : effect
    const word = shown === 'none' && isFree ? 'unblocked' : shown
    effects.push({ artifactId, name: now.name, effect: word, state: now.state, text })
  }
  const [shown] = await shownConflicts(tx, [conflict])
  assertInvariant(shown !== undefined, 'a conflict that was resolved is shown')
  const answer = { conflict: shown, effects, because: done.because }
  await updateConflict(tx, { ...conflict, answer })
  await tell(deps, tx, caller, conflict, answer)
  return answer
}

async function partiesOf(tx: Tx, conflict: StoredConflict): Promise<Result<Parties>> {
  const members = (await membersOf(tx, [conflict.conflictId])).get(conflict.conflictId) ?? []
  const own = members.find(({ role }) => role === 'newcomer')
  const newcomer = own === undefined ? null : await artifactById(tx, own.artifactId)
  if (newcomer === null) return refuse('conflict', 'Its artifact is not there any more: there is nothing to resolve.')
  const others = members.filter(({ role }) => role === 'standing')
  const standing = await Promise.all(others.map(({ artifactId }) => artifactById(tx, artifactId)))
  return ok({ newcomer, standing: standing.filter((one) => one !== null) })
}

async function whyUnfit(tx: Tx, conflict: StoredConflict, { strategy }: ResolutionStrategy): Promise<string | null> {
  const [shown] = await shownConflicts(tx, [conflict])
  const picture = shown === undefined ? null : pictureOf(conflict, shown.members)
  const fit = picture === null ? undefined : strategiesFor(picture).find((one) => one.strategy === strategy)
  if (fit === undefined) return 'Nothing of it can be resolved.'
  return fit.fits ? null : fit.text
}

const impacts = { LOW: 'LOW', MEDIUM: 'MODERATE', HIGH: 'HIGH', CRITICAL: 'CRITICAL' } as const satisfies Record<
  Severity,
  Impact
>

/** Last of all: a refusal after it would leave a used approval behind. */
async function overrideGate(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { conflictId, projectId, fingerprint, type, subject, severity }: StoredConflict,
  { approvalId }: { readonly approvalId?: string | undefined },
): Promise<Result<string | null>> {
  const action = {
    operation: 'artifacts.override',
    subject: `conflict/${conflictId}`,
    environment: 'production',
    impact: impacts[severity],
    // Bound to the members in their versions: what is revised meanwhile needs another approval.
    parameters: { projectId, type, about: subject, severity, fingerprint },
  }
  const passed = await passGate(deps, tx, caller, action, approvalId ?? null)
  return passed.ok ? ok(passed.value.approvalId) : passed
}

async function tell(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { conflictId, projectId, type, resolution, state }: StoredConflict,
  { effects, because }: { readonly effects: ConflictResolution['effects']; readonly because: Because },
): Promise<void> {
  assertInvariant(resolution !== null, 'what was resolved says how')
  const { strategy, automatic, reason, approvalId } = resolution
  const told = effects.map(({ artifactId, effect, state: now }) => ({ artifactId, effect, state: now }))
  await appendDecision(
    deps,
    tx,
    {
      type: state === 'escalated' ? 'conflict.escalated' : 'conflict.resolved',
      subject: `conflict/${conflictId}`,
      actor: actorOf(caller),
      correlationId: conflictId,
      payload: { conflictId, projectId, type, strategy, automatic, reason, approvalId, effects: told, because },
    },
    { verdict: strategy, because },
  )
}
