import { eventCatalogue } from '@metaagent/contract'
import type { Subscription } from '../../../../ports/slice.ts'
import { markAgentDue } from '../store/risks.ts'

/** How many of an agent's latest runs are scored again when its domain changes. */
const rescored = 1_000

/** Peers are agents of the same domain: who moves to another one gets others. */
export const subscriptions: readonly Subscription[] = [
  {
    name: 'risk.follow-domain',
    pattern: 'registry.agent.changed',
    handle: async (_deps, tx, { payload }) => {
      const { agentId, changed } = eventCatalogue['registry.agent.changed'].payload.parse(payload)
      if (changed.includes('domain')) await markAgentDue(tx, agentId, rescored)
    },
  },
]
