import type { ResolutionStrategy } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { leadsTo } from '../model/detect-cycles.ts'
import { calledOf, listed } from '../model/finding.ts'
import { renamedOrder, requiringWitness } from '../model/mended-order.ts'
import { winnerOf } from '../model/strategies.ts'
import { addDependency, edgesOf } from '../store/dependencies.ts'
import { merge } from './merge.ts'
import { type Done, type Parties, type Resolving, reasonOf, replaced } from './resolving.ts'
import type { StateManager } from './state-manager.ts'
import { orderOf } from './versions.ts'

type Of<Name extends ResolutionStrategy['strategy']> = Resolving<Extract<ResolutionStrategy, { strategy: Name }>>

/** Does what a strategy that fits means. Refuses what turns out not to work; the caller rolls back. */
export async function carryOut(deps: Deps, tx: Tx, states: StateManager, asked: Resolving): Promise<Result<Done>> {
  states.resolving = asked.conflict.conflictId
  const { strategy } = asked
  switch (strategy.strategy) {
    case 'serialise':
      return await serialise(tx, asked)
    case 'keep-first':
      return await keepFirst(states, asked)
    case 'priority':
      return await byPriority(states, asked)
    case 'merge':
      return await merge(tx, states, { ...asked, strategy })
    case 'upgrade-to-witness':
      return await upgrade(tx, states, asked)
    case 'rename':
      return await rename(tx, states, { ...asked, strategy })
    case 'escalate':
      return ok({ ...nothingDone(asked), because: reasonOf(asked, 'waits-for-people', 'It waits for people.') })
    case 'override':
      return ok({
        ...nothingDone(asked),
        isWaived: true,
        because: reasonOf(asked, 'overridden', 'Both stand as they are, on somebody’s word.'),
      })
  }
}

function nothingDone({ newcomer, standing }: Parties): Omit<Done, 'because'> {
  const effects = [newcomer, ...standing].map(({ artifactId }) => ({
    artifactId,
    effect: 'none' as const,
    text: 'It stays as it is.',
  }))
  return { isWaived: false, effects }
}

async function serialise(tx: Tx, asked: Resolving): Promise<Result<Done>> {
  const { newcomer, standing } = asked
  const edges = (await edgesOf(tx, newcomer.projectId)).map(({ fromKind, fromId, toKind, toId }) => ({
    from: { kind: fromKind, id: fromId },
    to: { kind: toKind, id: toId },
  }))
  const own = { kind: 'artifact' as const, id: newcomer.artifactId }
  const circular = standing.find(({ artifactId }) => leadsTo({ kind: 'artifact', id: artifactId }, own, edges))
  if (circular !== undefined)
    return refuse('strategy-unfit', `${calledOf(circular)} rests on it already: it cannot come after that one.`)
  for (const { artifactId } of standing)
    await addDependency(
      tx,
      { kind: 'artifact', id: newcomer.artifactId, projectId: newcomer.projectId },
      { kind: 'artifact', id: artifactId },
      'serialised',
    )
  const text = `It comes after ${listed(standing.map(calledOf))}.`
  return ok({
    isWaived: true,
    because: reasonOf(
      asked,
      'one-after-the-other',
      `${calledOf(newcomer)} comes after ${listed(standing.map(calledOf))}.`,
    ),
    effects: [
      { artifactId: newcomer.artifactId, effect: 'ordered', text },
      ...standing.map(({ artifactId }) => ({ artifactId, effect: 'none' as const, text: 'It comes first.' })),
    ],
  })
}

async function keepFirst(states: StateManager, asked: Resolving): Promise<Result<Done>> {
  const { newcomer, standing } = asked
  const text = `${listed(standing.map(calledOf))} came first.`
  const because = reasonOf(asked, 'first-come', text)
  const archived = await states.archive(newcomer, because)
  if (!archived.ok) return archived
  return ok({
    isWaived: false,
    because,
    effects: [
      { artifactId: newcomer.artifactId, effect: 'archived', text },
      ...standing.map(({ artifactId }) => ({ artifactId, effect: 'none' as const, text: 'It stays.' })),
    ],
  })
}

async function byPriority(states: StateManager, asked: Resolving): Promise<Result<Done>> {
  const { newcomer, standing } = asked
  const winner = winnerOf(asked)
  const told = `Priority ${newcomer.priority} against ${listed(standing.map(({ priority }) => String(priority)))}: `
  if (winner.artifactId !== newcomer.artifactId) {
    const kept = await keepFirst(states, asked)
    const because = reasonOf(asked, 'higher-priority', `${told}${calledOf(winner)} stays.`)
    return kept.ok ? ok({ ...kept.value, because }) : kept
  }
  for (const before of standing) {
    const moved = await states.supersede(before, newcomer)
    if (!moved.ok) return moved
  }
  const examined = await states.examine(newcomer)
  if (!examined.ok) return examined
  const settled = await states.settle(examined.value, 'activate')
  if (!settled.ok) return settled
  if (settled.value.state !== 'ACTIVE')
    return refuse(
      'strategy-unfit',
      `${calledOf(newcomer)} would win, and is blocked by something else: ${settled.value.because?.text ?? ''} Resolve that first.`,
    )
  return ok({
    isWaived: false,
    because: reasonOf(asked, 'higher-priority', `${told}${calledOf(newcomer)} takes the place.`),
    effects: [
      { artifactId: newcomer.artifactId, effect: 'activated', text: 'It has the higher priority.' },
      ...standing.map(({ artifactId }) => ({ artifactId, effect: 'superseded' as const, text: 'It gave way.' })),
    ],
  })
}

async function upgrade(tx: Tx, states: StateManager, asked: Resolving): Promise<Result<Done>> {
  const { conflict, newcomer } = asked
  const { witness, subject } = conflict
  if (witness === null) return refuse('strategy-unfit', 'No version is known that all others accept.')
  const order = requiringWitness(await orderOf(tx, newcomer), subject, witness)
  if (!order.ok) return order
  const text = `It requires ${subject} at ${witness}.`
  const because = reasonOf(asked, 'witness-version', `${calledOf(newcomer)} requires ${subject} at ${witness}.`)
  return await replaced(states, asked, { order: order.value, origin: 'witness', text, because })
}

async function rename(tx: Tx, states: StateManager, asked: Of<'rename'>): Promise<Result<Done>> {
  const { conflict, newcomer, strategy } = asked
  const order = renamedOrder(newcomer.type, await orderOf(tx, newcomer), conflict.subject, strategy.to)
  if (!order.ok) return order
  const text = `It writes to ${strategy.to} in place of ${conflict.subject}.`
  const because = reasonOf(asked, 'another-path', `${calledOf(newcomer)} writes to ${strategy.to}.`)
  return await replaced(states, asked, { order: order.value, origin: 'renamed', text, because })
}
