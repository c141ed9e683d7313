import { expect, test } from 'vitest'
import { z } from 'zod'
import { api } from '../api/endpoints.ts'
import { executionOf, LARGE_EXECUTION } from './executions.ts'
import { uuid } from './random.ts'
import { createWire } from './wire.ts'

const now = Date.UTC(2026, 10, 21, 9)

test('every reply of the fixture server fits the contract, so that tests see what the real one sends', async () => {
  const wire = await createWire({ nowMs: now })
  const before = globalThis.fetch
  globalThis.fetch = wire.fetch
  try {
    const execution = executionOf(0, now)
    const { actions } = await api.trace(execution.executionId)
    const replies = await Promise.all([
      api.me(),
      api.fleet({ window: '7d', domain: 'infra' }),
      api.environments(),
      api.agents({}),
      api.agent(uuid(1)),
      api.agentHealth(uuid(1), {}),
      api.agentSeries(uuid(1), {}),
      api.releases(uuid(2)),
      api.executions({ flagged: true }),
      api.trace(LARGE_EXECUTION),
      api.action(execution.executionId, actions[0]?.actionId ?? ''),
      api.comparisons({}),
      api.comparison(uuid(300)),
      api.compare(uuid(1), { controlRelease: 'a', candidateRelease: 'b' }),
      api.ledger(),
      api.ledgerEntries({ type: 'rollouts.*' }),
      api.ledgerEntry(0),
      api.entryProof(0),
      api.eventProof(uuid(5000)),
      api.consistency(3, 9),
      api.approvals({}),
      api.apiKeys(),
      api.createApiKey({ name: 'x', scopes: ['fleet:read'] }),
      api.revokeApiKey(uuid(800)),
      api.signIn({ linkToken: 'a-link-token-of-some-length' }),
    ])
    expect(replies.every((reply) => z.object({}).safeParse(reply).success)).toBe(true)
    expect((await api.trace(LARGE_EXECUTION)).actions).toHaveLength(3000)
  } finally {
    globalThis.fetch = before
  }
})
