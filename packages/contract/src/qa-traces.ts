import { z } from 'zod'
import { EventActor } from './journal.ts'
import { IsoInstant, Json, Uuid } from './primitives.ts'

/** The part of MetaAgent that a step of a causal trace belongs to. */
export const TraceStage = z
  .enum(['run', 'judgment', 'trust', 'arbitration', 'drift', 'followed'])
  .meta({ id: 'TraceStage', description: '`followed`: what somebody or something did because of it.' })
export type TraceStage = z.infer<typeof TraceStage>

/** What became of one QA event at one engine. */
export const EngineProgress = z
  .object({
    engine: z.enum(['trust', 'arbitration', 'drift']),
    state: z.enum(['waiting', 'done', 'set-aside']).meta({
      description: '`waiting`: its turn has not come; `set-aside`: it failed five times and lies in the dead letters.',
    }),
    effects: z.int().meta({ description: 'How many steps of this trace it caused at this engine, directly or not.' }),
  })
  .meta({ id: 'EngineProgress' })
export type EngineProgress = z.infer<typeof EngineProgress>

export const TraceStep = z
  .object({
    eventId: Uuid,
    causationId: Uuid.nullable(),
    depth: z.int().meta({ description: 'How many causes stand above it in this trace; 0 is a beginning.' }),
    stage: TraceStage,
    type: z.string(),
    subject: z.string(),
    actor: EventActor,
    occurredAt: IsoInstant,
    sinceCauseMs: z.int().nullable().meta({ description: 'Null where its cause is not in this trace.' }),
    payload: Json,
    engines: z.array(EngineProgress).nullable().meta({ description: 'Null where it is no QA event.' }),
  })
  .meta({ id: 'TraceStep' })
export type TraceStep = z.infer<typeof TraceStep>

/** What one story of QA events led to: each step behind its cause, causes in the order of time. */
export const CausalTrace = z
  .object({
    correlationId: z.string(),
    steps: z.array(TraceStep),
    truncated: z.boolean().meta({ description: 'There are older steps, which are not shown.' }),
  })
  .meta({ id: 'CausalTrace' })
export type CausalTrace = z.infer<typeof CausalTrace>

export const CausalTraceQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(500).meta({ description: 'Of the newest steps, so many.' }),
})

/** The parts of judging that something can be new in. */
export const qaNewsParts = ['judgments', 'trust', 'arbitration', 'drift', 'amendments'] as const
export const QaNewsPart = z.enum(qaNewsParts).meta({ id: 'QaNewsPart' })
export type QaNewsPart = z.infer<typeof QaNewsPart>

/** An event of the live stream: in these parts something is new since the last one; the first names all of them. */
export const QaNews = z.object({ parts: z.array(QaNewsPart) }).meta({ id: 'QaNews' })
export type QaNews = z.infer<typeof QaNews>
