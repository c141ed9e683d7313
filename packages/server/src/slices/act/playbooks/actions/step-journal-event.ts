import { Json } from '@metaagent/contract'
import { z } from 'zod'
import type { StepExecutor } from '../../../../ports/step-executor.ts'
import { append } from '../../../govern/journal/index.ts'
import { succeeded, templateOr, why } from './step-answers.ts'

const Arguments = z.strictObject({
  name: templateOr(z.string().regex(/^[a-z][a-z0-9_.-]{0,99}$/, 'must be lower case words')),
  data: Json.default({}),
})

/** Journals `recovery.signal` with a name and data of one's own. */
export const journalEvent: StepExecutor = {
  kind: 'journal-event',
  summary: 'Journal the event recovery.signal with a name and data, for whoever subscribes.',
  arguments: Arguments,
  timeoutMaxMs: 60_000,
  // Marked as simulated where it is.
  hasEffect: false,
  mode: 'apply',
  apply: async (deps, tx, step) => {
    const { name, data } = Arguments.parse(step.arguments)
    const { executionId: macroExecutionId, macro, environment, synthetic } = step
    const [event] = await append(deps, tx, [
      {
        type: 'recovery.signal',
        subject: `macro-execution/${macroExecutionId}`,
        actor: { kind: 'system', id: 'playbooks' },
        correlationId: step.correlationId,
        payload: {
          macroExecutionId,
          macro: macro.name,
          version: macro.version,
          environment,
          synthetic,
          step: step.step,
          name,
          data,
        },
      },
    ])
    return succeeded({ eventId: event?.eventId ?? null }, why('journaled', `Journaled ${name}.`))
  },
}
