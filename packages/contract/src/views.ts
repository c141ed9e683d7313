import { z } from 'zod'
import { AlertQuery } from './alerts.ts'
import { IsoInstant, Name, Uuid } from './primitives.ts'
import { AgentQuery } from './registry.ts'
import { SessionQuery } from './sessions.ts'
import { ExecutionQuery } from './telemetry.ts'

/** The lists whose filters can be kept. */
export const ViewPage = z.enum(['executions', 'sessions', 'agents', 'alerts']).meta({ id: 'ViewPage' })
export type ViewPage = z.infer<typeof ViewPage>

const notFilters = { cursor: true, limit: true } as const

/** The filters that each list takes: the query of its address in the API. */
export const viewFilters = {
  executions: ExecutionQuery.omit(notFilters),
  sessions: SessionQuery.omit(notFilters),
  agents: AgentQuery.omit(notFilters),
  alerts: AlertQuery.omit(notFilters),
} as const satisfies Record<ViewPage, z.ZodObject>

/** Filters as they stand in an address: flat, every value a text. */
export const ViewFilters = z
  .record(z.string().min(1).max(220), z.string().min(1).max(500))
  .meta({ description: 'As in the query of the list: `{"status":"failure","attribute.customer":"42"}`.' })
export type ViewFilters = z.infer<typeof ViewFilters>

const settings = {
  name: Name.max(80),
  shared: z.boolean().meta({ description: 'True: everybody in the organization sees it.' }),
  filters: ViewFilters,
}

export const NewSavedView = z
  .strictObject({ page: ViewPage, ...settings, shared: settings.shared.default(false) })
  .meta({ id: 'NewSavedView' })
export type NewSavedView = z.input<typeof NewSavedView>

export const SavedViewPatch = z
  .strictObject({
    version: z.int().min(1).optional().meta({
      description:
        'The version that you read; asked for with `filters`, so that nobody overwrites what they never saw.',
    }),
    name: settings.name.optional(),
    shared: settings.shared.optional(),
    filters: ViewFilters.optional(),
  })
  .meta({ id: 'SavedViewPatch' })
export type SavedViewPatch = z.input<typeof SavedViewPatch>

/** Filters of a list that somebody kept under a name. */
export const SavedView = z
  .object({
    viewId: Uuid,
    page: ViewPage,
    ...settings,
    version: z.int().meta({ description: 'Rises when the filters change; a new name or sharing leaves it.' }),
    mine: z.boolean().meta({ description: 'Whether the caller made it, and so may change it.' }),
    createdAt: IsoInstant,
    updatedAt: IsoInstant,
  })
  .meta({ id: 'SavedView' })
export type SavedView = z.infer<typeof SavedView>
export const SavedViewList = z.object({ items: z.array(SavedView) }).meta({ id: 'SavedViewList' })
export const SavedViewQuery = z.strictObject({ page: ViewPage.optional() })
