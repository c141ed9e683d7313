import { Name } from '@metaagent/contract'
import { z } from 'zod'
import type { StepExecutor } from '../../../../ports/step-executor.ts'
import { allAgents, setPaused } from '../../../observe/registry/index.ts'
import { failed, succeeded, templateOr, why } from './step-answers.ts'

const Arguments = z.strictObject({
  agent: templateOr(Name).meta({ description: 'Name of a registered agent.' }),
  reason: z.string().max(500).default(''),
})

function pausing(paused: boolean): StepExecutor {
  return {
    kind: paused ? 'pause-agent' : 'resume-agent',
    summary: paused
      ? 'Ask an agent not to run: recorded, told and shown, obeyed by agents that ask.'
      : 'Let a paused agent run again.',
    arguments: Arguments,
    timeoutMaxMs: 60_000,
    hasEffect: true,
    mode: 'apply',
    apply: async (deps, tx, step) => {
      const { agent: name, reason } = Arguments.parse(step.arguments)
      const agent = (await allAgents(deps, tx)).find((one) => one.name === name)
      if (agent === undefined) return failed(why('agent-unknown', `There is no agent named "${name}".`, name), false)
      const text = reason === '' ? `The playbook ${step.macro.name} did.` : reason
      const changed = await setPaused(deps, tx, {
        agentId: agent.agentId,
        paused,
        because: { rule: 'playbook-step', observed: step.executionId, limit: null, text },
        actor: { kind: 'system', id: 'playbooks' },
        correlationId: step.correlationId,
      })
      const state = paused ? 'paused' : 'running'
      const told = changed ? `${name} is ${state} now.` : `${name} was ${state} already.`
      return succeeded({ agentId: agent.agentId, changed }, why(changed ? 'changed' : 'unchanged', told))
    },
  }
}

export const pauseAgent = pausing(true)
export const resumeAgent = pausing(false)
