import type { Because, JsonValue } from '@metaagent/contract'
import { z } from 'zod'
import type { StepAnswer } from '../../../../ports/step-executor.ts'

export function succeeded(output: JsonValue, because: Because): StepAnswer {
  return { kind: 'succeeded', output, because }
}

export function failed(because: Because, retryable: boolean): StepAnswer {
  return { kind: 'failed', retryable, because }
}

export function why(rule: string, text: string, observed: Because['observed'] = null, limit: Because['limit'] = null) {
  return { rule, observed, limit, text } satisfies Because
}

/** A text that fits a schema, or is a template whose values are not known yet. */
export function templateOr(schema: z.ZodType<string>) {
  return z
    .string()
    .max(4_000)
    .superRefine((text, context) => {
      if (text.includes('{{')) return
      for (const issue of schema.safeParse(text).error?.issues ?? [])
        context.addIssue({ code: 'custom', message: issue.message })
    })
}
