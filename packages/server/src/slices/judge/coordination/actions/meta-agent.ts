import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Subscription } from '../../../../ports/slice.ts'

/** What judges, what decides between judges, and what watches how it all changes. */
export interface Engines {
  readonly trust: QaEngine
  readonly arbitration: QaEngine
  readonly drift: QaEngine
}

/**
 * Coordinates the engines of quality: each is told of every QA event, through a cursor of its own in the journal, so that
 * one that is slow or fails delays none of the others. Engines are given to it: another model of trust, policy of
 * arbitration or detector of drift needs no change here. Seed 1, “Architecture Overview” and “Extensibility”.
 */
export class MetaAgent {
  readonly subscriptions: readonly Subscription[]

  constructor({ trust, arbitration, drift }: Engines) {
    this.subscriptions = [trust, arbitration, drift].map(subscriptionOf)
  }
}

function subscriptionOf(engine: QaEngine): Subscription {
  return {
    name: `meta-agent.${engine.name}`,
    pattern: engine.pattern,
    handle: (deps, tx, event) => engine.observe(deps, tx, [event]),
    handleBatch: (deps, tx, events) => engine.observe(deps, tx, events),
  }
}
