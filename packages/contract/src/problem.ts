import { z } from 'zod'
import { refusalCodes } from './refusals.ts'

/** RFC 9457 problem document; the content type is `application/problem+json`. */
export const Problem = z
  .looseObject({
    type: z.string().meta({ description: 'Address of the code’s documentation, relative to the server.' }),
    title: z.string(),
    status: z.int(),
    code: z.enum(refusalCodes as [string, ...string[]]).meta({ description: 'Stable; clients may switch on it.' }),
    detail: z.string().meta({ description: 'What was wrong here and what to do.' }),
    instance: z.string().optional().meta({ description: 'The request’s id; quote it when you ask for help.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'For schema refusals: each place and what is wrong there.' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
