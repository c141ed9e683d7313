import type { Stage } from './stage.ts'

/** Ids of a run of a macro, of a fallback policy and of a run of an experiment. */
export interface Recovery {
  readonly macroExecutionId: string
  readonly policyId: string
  readonly runId: string
}

/** A macro with its spare, a policy between them, and a run that simulates QA failures of the macro. */
export async function makeRecovery(stage: Stage): Promise<Recovery> {
  const environment = 'staging'
  const make = async <Reply>(path: string, body: object) => {
    const reply = await stage.api<Reply>('POST', `/api/v1${path}`, body)
    if (reply.status !== 201) throw new Error(`${path} was refused: ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const tell = { name: 'tell', kind: 'journal-event', arguments: { name: 'orders' } }
  for (const name of ['refund-order', 'refund-by-hand'])
    await make('/macros', {
      name,
      enabled: true,
      environments: [environment],
      impact: 'LOW',
      definition: { steps: [tell] },
    })
  await blockMacro(stage, make)
  const byHand = { environment, reason: 'A refund hangs.' }
  const { macroExecutionId } = await make<{ macroExecutionId: string }>('/macros/refund-order/run', byHand)
  const primary = { kind: 'macro', name: 'refund-order' }
  const { policyId } = await make<{ policyId: string }>('/fallbacks', {
    name: 'Refunds by hand',
    primary,
    environment,
    fallbacks: [{ macro: 'refund-by-hand' }],
    thresholds: { failuresMax: 2 },
  })
  const { experimentId } = await make<{ experimentId: string }>('/chaos-experiments', {
    name: 'Refunds fail',
    hypothesis: 'When refunds fail, somebody refunds by hand within ten seconds.',
    target: primary,
    environment,
    injection: { kind: 'qa-failures', metric: 'refunded' },
    durationSeconds: 10,
    settleSeconds: 0,
    steadyState: [{ kind: 'open-alerts', max: 1_000 }],
    expectedFallback: { withinMs: 10_000, macro: 'refund-by-hand' },
  })
  const { runId } = await make<{ runId: string }>(`/chaos-experiments/${experimentId}/runs`, { reason: 'A game day.' })
  return { macroExecutionId, policyId, runId }
}

/** A macro whose provider publishes less than it was made for. */
async function blockMacro(stage: Stage, make: (path: string, body: object) => Promise<unknown>): Promise<void> {
  const schema = { type: 'object', properties: { orderId: { type: 'string' } } }
  const dependencies = [{ name: 'billing', direction: 'writing', range: '^2.0.0', schema }]
  const steps = [{ name: 'tell', kind: 'journal-event', arguments: { name: 'payouts' } }]
  await make('/macros', { name: 'retry-payouts', definition: { steps, dependencies } })
  const published = { version: '2.4.0', schema: { ...schema, required: ['orderId'] } }
  const reply = await stage.api('PUT', '/api/v1/macro-dependencies/billing', published)
  if (reply.status !== 200) throw new Error(`the dependency was refused: ${JSON.stringify(reply.body)}`)
}
