import type { QaEngine } from '../../../../ports/qa-engine.ts'
import type { Subscription } from '../../../../ports/slice.ts'
import { type EngineName, engineNames } from '../model.ts'

/** What judges, what decides between judges, and what watches how it all changes. */
export type Engines = Readonly<Record<EngineName, QaEngine>>

const prefix = 'meta-agent.'

/**
 * Coordinates the engines of quality: each is told of every QA event, through a cursor of its own in the journal, so that
 * one that is slow or fails delays none of the others. Engines are given to it: another model of trust, policy of
 * arbitration or detector of drift needs no change here. Seed 1, “Architecture Overview” and “Extensibility”.
 */
export class MetaAgent {
  readonly subscriptions: readonly Subscription[]

  constructor(engines: Engines) {
    this.subscriptions = engineNames.map((name) => subscriptionOf(name, engines[name]))
  }
}

function subscriptionOf(name: EngineName, engine: QaEngine): Subscription {
  return {
    name: `${prefix}${name}`,
    pattern: engine.pattern,
    handle: (deps, tx, event) => engine.observe(deps, tx, [event]),
    handleBatch: (deps, tx, events) => engine.observe(deps, tx, events),
  }
}

/** The engine whose place in the journal this subscriber keeps; null where it is none of ours. */
export function engineOfCursor(subscriber: string): EngineName | null {
  return engineNames.find((name) => subscriber === `${prefix}${name}`) ?? null
}
