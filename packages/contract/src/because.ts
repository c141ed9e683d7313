import { z } from 'zod'

/** Why a decision fell: the rule that decided, what it saw, and the line it compared with (null = unknown / none). */
export const Because = z
  .object({
    rule: z.string().meta({ description: 'Name of the rule, in words: `duration-not-proven-safe`.' }),
    observed: z.union([z.number(), z.string(), z.null()]),
    limit: z.union([z.number(), z.string(), z.null()]),
    text: z.string().meta({ description: 'The same as a sentence for people.' }),
  })
  .meta({ id: 'Because' })
export type Because = z.infer<typeof Because>
