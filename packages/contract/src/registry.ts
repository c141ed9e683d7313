import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Name, Uuid } from './primitives.ts'

/** An AI component that does work. Registered on first sight or by hand. */
export const Agent = z
  .object({
    agentId: Uuid,
    name: Name,
    domain: Name,
    owner: z.string().nullable(),
    description: z.string().nullable(),
    firstSeenAt: IsoInstant,
    lastSeenAt: IsoInstant.nullable(),
    archivedAt: IsoInstant.nullable(),
    pausedAt: IsoInstant.nullable().meta({ description: 'Asked not to run since then; null: it may.' }),
    pausedBecause: z.string().nullable(),
  })
  .meta({ id: 'Agent' })
export type Agent = z.infer<typeof Agent>
export const AgentPage = pageOf(Agent)
export const AgentQuery = PageQuery.extend({
  q: z.string().max(200).optional().meta({ description: 'A part of the name, in any case.' }),
  domain: Name.optional(),
  archived: z.stringbool().optional().meta({ description: 'Only archived agents, or only the others; default: both.' }),
})
const Remark = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => !text.includes('\0'), 'must not hold U+0000')
export const AgentPatch = z.strictObject({
  domain: Name.optional(),
  owner: Remark(200).nullable().optional(),
  description: Remark(2000).nullable().optional(),
  archived: z.boolean().optional(),
  paused: z.boolean().optional(),
})

export const Environment = z.object({ name: Name, firstSeenAt: IsoInstant }).meta({ id: 'Environment' })
export const EnvironmentList = z.object({ items: z.array(Environment) })

/** An immutable bundle of prompt, model, parameters and tools that an agent runs. */
export const Release = z
  .object({
    releaseId: Uuid,
    agentId: Uuid,
    name: Name,
    models: z.array(z.string()).meta({ description: 'Models seen in its LLM calls.' }),
    firstSeenAt: IsoInstant,
    lastSeenAt: IsoInstant.nullable(),
    executionCount: z.int(),
  })
  .meta({ id: 'Release' })
export type Release = z.infer<typeof Release>
export const ReleaseList = z.object({ items: z.array(Release) })
