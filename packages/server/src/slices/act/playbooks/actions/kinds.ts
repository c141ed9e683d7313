import type { JsonValue, MacroStepKindList } from '@metaagent/contract'
import { z } from 'zod'
import { ok, type Result } from '../../../../kernel/result.ts'
import { allExecutors } from './executors.ts'

/** The registered kinds of steps, with the JSON Schema of their arguments. */
export function stepKinds(): Result<z.input<typeof MacroStepKindList>> {
  return ok({
    items: allExecutors().map(({ kind, summary, mode, timeoutMaxMs, arguments: schema }) => ({
      kind,
      summary,
      mode,
      timeoutMaxMs,
      arguments: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, JsonValue>,
    })),
  })
}
