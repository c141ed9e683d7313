import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf } from '../../registry/index.ts'
import { actionsWithAttribute, executionWithAttribute } from '../store/attributes.ts'

/** A step that carries an attribute. */
export interface AttributedAction {
  readonly actionId: string
  readonly value: string
  readonly startedAt: Instant
}

/** An execution that carries an attribute, with those of its actions that carry another. */
export interface AttributedExecution {
  readonly executionId: string
  readonly agent: string
  readonly environment: string
  readonly actions: readonly AttributedAction[]
}

/**
 * The newest execution that began between two times and carries an attribute with a value, and its actions that carry
 * `actionKey`, in the order of their start; null when there is none. Reads every execution of that time: keep it short.
 */
export async function findByAttribute(
  deps: Deps,
  tx: Tx,
  sought: {
    readonly key: string
    readonly value: string
    readonly from: Instant
    readonly to: Instant
    readonly actionKey: string
  },
): Promise<AttributedExecution | null> {
  const found = await executionWithAttribute(tx, sought)
  if (found === null) return null
  const { agentId, days, ...execution } = found
  const names = await namesOf(deps, tx, { agentIds: [agentId], releaseIds: [] })
  const actions = await actionsWithAttribute(tx, execution.executionId, days, sought.actionKey)
  return { ...execution, agent: names.get(agentId) ?? '', actions }
}
