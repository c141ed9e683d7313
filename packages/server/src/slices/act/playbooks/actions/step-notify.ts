import { Name } from '@metaagent/contract'
import { z } from 'zod'
import type { StepExecutor } from '../../../../ports/step-executor.ts'
import { queueNotice } from '../../../observe/alerts/index.ts'
import { failed, succeeded, templateOr, why } from './step-answers.ts'

const Arguments = z.strictObject({
  channel: templateOr(Name).meta({ description: 'Name of an alert channel.' }),
  title: z.string().min(1).max(300),
  text: z.string().max(4_000).default(''),
  severity: z.enum(['info', 'warning', 'critical']).default('warning'),
})

/** Puts a message into the outbox of alerts, which sends it and tries again. */
export const notify: StepExecutor = {
  kind: 'notify',
  summary: 'Send a message through an alert channel; it is queued with the step and sent as alerts are.',
  arguments: Arguments,
  timeoutMaxMs: 60_000,
  hasEffect: true,
  mode: 'apply',
  apply: async (deps, tx, step) => {
    const { channel, title, text, severity } = Arguments.parse(step.arguments)
    const queued = await queueNotice(deps, tx, {
      channel,
      idempotencyKey: `playbook|${step.idempotencyKey}`.slice(0, 500),
      purpose: 'recovery',
      severity,
      title: step.synthetic ? `[simulated] ${title}` : title,
      why: text === '' ? `The playbook ${step.macro.name} tells this.` : text,
      path: `/playbooks/executions/${step.executionId}`,
    })
    if (!queued.ok) return failed(why(queued.refusal.code, queued.refusal.detail), false)
    return succeeded({ channelId: queued.value.channelId }, why('queued', `Queued for the channel ${channel}.`))
  },
}
