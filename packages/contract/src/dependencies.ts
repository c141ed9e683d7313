import { z } from 'zod'
import { IsoInstant, Name, Uuid } from './primitives.ts'

export const DependencyKind = z.enum(['agent', 'tool', 'model', 'provider']).meta({ id: 'DependencyKind' })
export type DependencyKind = z.infer<typeof DependencyKind>

const Target = z
  .string()
  .min(1)
  .max(300)
  .refine((text) => !text.includes('\0'), 'must not hold U+0000')
  .meta({ description: 'Id of the agent, else the name of the tool, model or provider.' })

/** What is needed for what: an agent or something that agents call. */
export const DependencyNode = z
  .object({
    kind: DependencyKind,
    target: Target,
    name: z.string(),
    domain: Name.nullable().meta({ description: 'Of agents.' }),
    executions: z
      .int()
      .nullable()
      .meta({ description: 'Runs in which it took part in the window; null for what has only manual edges.' }),
  })
  .meta({ id: 'DependencyNode' })
export type DependencyNode = z.infer<typeof DependencyNode>

/** One agent calls something, as traces show or as somebody wrote down. */
export const Dependency = z
  .object({
    agentId: Uuid,
    kind: DependencyKind,
    target: Target,
    source: z.enum(['learned', 'manual']),
    hidden: z.boolean().meta({ description: 'Kept and counted, but left out of the graph and of blast radii.' }),
    note: z.string().nullable(),
    executions: z.int().meta({ description: 'Runs of the agent in the window that used it.' }),
    calls: z.int(),
    errors: z.int(),
    share: z.number().nullable().meta({ description: 'Of the agent’s runs in the window; null without runs.' }),
    firstSeenAt: IsoInstant.nullable(),
    lastSeenAt: IsoInstant.nullable(),
  })
  .meta({ id: 'Dependency' })
export type Dependency = z.infer<typeof Dependency>

export const DependencyGraph = z
  .object({ days: z.int(), nodes: z.array(DependencyNode), edges: z.array(Dependency) })
  .meta({ id: 'DependencyGraph' })
export type DependencyGraph = z.infer<typeof DependencyGraph>

const Days = z.coerce.number().int().min(1).max(90).default(30)
export const DependencyQuery = z.strictObject({
  days: Days,
  hidden: z.stringbool().default(false).meta({ description: 'Show hidden edges as well.' }),
})

export const DependencyChange = z
  .strictObject({
    kind: DependencyKind,
    target: Target,
    hidden: z.boolean().default(false),
    note: z.string().max(500).nullable().default(null),
  })
  .meta({ id: 'DependencyChange' })
export const DependencyTarget = z
  .strictObject({ kind: DependencyKind, target: Target })
  .meta({ id: 'DependencyTarget' })

/** Who is affected when something fails, over any number of calls. */
export const BlastRadius = z
  .object({
    kind: DependencyKind,
    target: Target,
    days: z.int(),
    affected: z.array(
      z.object({
        agentId: Uuid,
        agent: Name,
        distance: z.int().meta({ description: 'Calls between the two; 1 calls it directly.' }),
        share: z.number().nullable().meta({
          description: 'Of its runs that reach it over the strongest path; null when a step of it is manual.',
        }),
        executions: z.int().nullable().meta({ description: 'Its runs in the window, times the share.' }),
        path: z.array(Uuid).meta({ description: 'From the affected agent to the last caller.' }),
      }),
    ),
  })
  .meta({ id: 'BlastRadius' })
export type BlastRadius = z.infer<typeof BlastRadius>
export const BlastRadiusQuery = z.strictObject({ kind: DependencyKind, target: Target, days: Days })
