import { z } from 'zod'

/** How long the rows of one table are kept. */
export const Retention = z
  .object({
    table: z.string(),
    holds: z.string(),
    tunable: z.string().meta({ description: 'The tunable that sets it.' }),
    days: z.int(),
    keptFrom: z.iso.date().meta({ description: 'The first UTC day that is still kept.' }),
    oldestDay: z.iso.date().nullable().meta({ description: 'The oldest day with rows; null: there are none.' }),
  })
  .meta({ id: 'Retention' })
export type Retention = z.infer<typeof Retention>
export const RetentionList = z.object({ items: z.array(Retention) })
