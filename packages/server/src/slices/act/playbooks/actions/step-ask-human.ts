import { Impact } from '@metaagent/contract'
import { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Caller } from '../../../../ports/slice.ts'
import type { StepCall, StepExecutor } from '../../../../ports/step-executor.ts'
import { approvalById, consume, requestApproval } from '../../../govern/approvals/index.ts'
import { failed, succeeded, why } from './step-answers.ts'

const Arguments = z.strictObject({
  question: z.string().min(1).max(2_000),
  impact: Impact.default('HIGH').meta({
    description: 'Who must agree, by the governance rules; HIGH is never by itself.',
  }),
})

const dayMs = 86_400_000

/**
 * Asks for an approval and goes on when it is given; ends the step when it is rejected or expires. Whoever started the
 * execution is the author, and no author approves.
 */
export const askHuman: StepExecutor = {
  kind: 'ask-human',
  summary: 'Ask people by the governance rules, and go on when they approve.',
  arguments: Arguments,
  timeoutMaxMs: 7 * dayMs,
  hasEffect: true,
  mode: 'wait',
  begin: async (deps, tx, step) => {
    const { question, impact } = Arguments.parse(step.arguments)
    const seconds = Math.floor((step.deadlineAt - step.releasedAt) / 1_000)
    const asked = await requestApproval(deps, tx, callerOf(step), {
      operation: 'playbooks.step.confirm',
      subject: `macro-execution/${step.executionId}`,
      environment: step.environment,
      impact,
      parameters: { macro: step.macro.name, version: step.macro.version, step: step.step, question },
      reason: question,
      expiresInSeconds: Math.min(2_592_000, Math.max(60, seconds)),
    })
    return asked.ok
      ? { reference: asked.value.approvalId }
      : failed(why(asked.refusal.code, asked.refusal.detail), false)
  },
  poll: async (deps, tx, step) => {
    assertInvariant(step.reference !== null, 'a step that asks has a request')
    const request = await approvalById(tx, step.reference, false)
    assertInvariant(request !== null, 'a request is never removed')
    const { approvalId, state, actionDigest, because } = request
    if (state === 'pending') return null
    if (state !== 'approved') return failed(because, false)
    const used = await consume(deps, tx, { approvalId, actionDigest })
    if (!used.ok) return failed(why(used.refusal.code, used.refusal.detail), false)
    const approvers = request.votes.map(({ userId }) => userId)
    return succeeded({ approvalId, approvers }, because)
  },
  // The request expires by itself; what it asks for can no longer be used.
  abandon: async () => {},
}

/** In the name of whoever started the execution: separation of duties is judged by it. */
function callerOf({ organizationId, startedBy }: StepCall): Caller {
  const none = { organizationId, role: null, scopes: new Set<never>() }
  if (startedBy.kind === 'user') return { ...none, actor: { kind: 'user', userId: startedBy.id, sessionId: null } }
  if (startedBy.kind === 'api_key') return { ...none, actor: { kind: 'api_key', apiKeyId: startedBy.id } }
  return { ...none, actor: { kind: 'system', component: startedBy.id } }
}
