import { z } from 'zod'
import { Impact } from './approvals.ts'
import { Because } from './because.ts'
import { IsoInstant } from './primitives.ts'

/** How long one part of what is kept stays, and what the last run found of it. */
export const Retention = z
  .object({
    table: z.string().meta({ description: 'The table, or the part of one that has a time of its own.' }),
    holds: z.string(),
    lost: z.string().meta({ description: 'What can no longer be answered once the rows are gone.' }),
    tunable: z.string().meta({ description: 'The tunable that sets it.' }),
    version: z.int().meta({ description: 'Of the tunable, for `expectedVersion`.' }),
    days: z.int(),
    defaultDays: z.int(),
    minimumDays: z.int(),
    maximumDays: z.int(),
    dropsDays: z
      .boolean()
      .meta({ description: 'Whether whole days are dropped, which costs nothing, or rows deleted.' }),
    keptFrom: z.iso.date().meta({ description: 'The first UTC day that is still kept.' }),
    oldestDay: z.iso.date().nullable().meta({ description: 'The oldest day with rows at the last run; null: none.' }),
    rows: z.int().nullable(),
    rowsEstimated: z.boolean().meta({ description: 'Above a million rows the planner’s estimate is told.' }),
    bytes: z.int().nullable().meta({ description: 'On disk with indexes; the organization’s share by its rows.' }),
    lastRunAt: IsoInstant.nullable(),
    lastDeletedRows: z.int().nullable(),
    nextRunAt: IsoInstant.nullable().meta({ description: 'Null: the first run follows soon.' }),
  })
  .meta({ id: 'Retention' })
export type Retention = z.infer<typeof Retention>
export const RetentionList = z.object({ items: z.array(Retention) })

export const RetentionPreviewQuery = z.object({ days: z.coerce.number().int().min(0).max(100_000) })

export const RetentionPreview = z
  .object({
    table: z.string(),
    lost: z.string(),
    fromDays: z.int(),
    toDays: z.int(),
    keptFrom: z.iso.date(),
    oldestDay: z.iso.date().nullable(),
    rows: z.int().meta({ description: 'Rows that the next run would delete.' }),
    rowsAtLeast: z.boolean().meta({ description: 'There are more than `rows`; counting stopped.' }),
    days: z.int().meta({ description: 'UTC days on which those rows lie.' }),
    impact: Impact.nullable().meta({ description: 'Null: nothing would change.' }),
    because: Because,
  })
  .meta({ id: 'RetentionPreview' })
export type RetentionPreview = z.infer<typeof RetentionPreview>
