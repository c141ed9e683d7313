import { z } from 'zod'
import { CostNanoUsd, ExecutionId, IsoInstant, Name } from './primitives.ts'
import { ExecutionStatus } from './telemetry.ts'

/** What made vectors of executions. Those of different embedders are never compared. */
export const EmbedderInfo = z
  .object({
    name: z.string().meta({
      description: 'Host of the endpoint, or `lexical-384-v1`: words and pairs of words, hashed; no model reads them.',
    }),
    model: z.string(),
    dimensions: z.int().nullable().meta({ description: 'Null: not known before the first vector.' }),
  })
  .meta({ id: 'EmbedderInfo' })
export type EmbedderInfo = z.infer<typeof EmbedderInfo>

export const SimilarQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(10),
  agent: Name.optional().meta({ description: 'Name of an agent: only its executions.' }),
  status: ExecutionStatus.optional(),
})
export type SimilarQuery = z.infer<typeof SimilarQuery>

export const SimilarExecution = z
  .object({
    executionId: ExecutionId,
    agent: Name,
    status: ExecutionStatus,
    startedAt: IsoInstant,
    costNanoUsd: CostNanoUsd,
    similarity: z.number().min(-1).max(1).meta({ description: 'Cosine of the two vectors; 1 is the same text.' }),
  })
  .meta({ id: 'SimilarExecution' })
export type SimilarExecution = z.infer<typeof SimilarExecution>

export const SimilarExecutions = z
  .object({
    embedder: EmbedderInfo,
    state: z.enum(['ready', 'pending', 'running', 'refused']).meta({
      description:
        '`ready`: compared. Otherwise `items` is empty: `pending`, its vector is still to be computed; `running`, it has not ended; `refused`, the embedder does not take its text.',
    }),
    detail: z.string().nullable().meta({ description: 'What to do or to expect when it is not ready.' }),
    items: z.array(SimilarExecution).meta({ description: 'The most similar first.' }),
  })
  .meta({ id: 'SimilarExecutions' })
export type SimilarExecutions = z.infer<typeof SimilarExecutions>

/** What a day of vectors cost; computed here they cost nothing and are not counted. */
export const EmbeddingUsage = z
  .object({
    day: z.iso.date(),
    name: z.string(),
    model: z.string(),
    calls: z.int(),
    executions: z.int(),
    inputTokens: z.int().nullable(),
    costNanoUsd: CostNanoUsd,
    unpricedCalls: z.int(),
  })
  .meta({ id: 'EmbeddingUsage' })

export const SearchState = z
  .object({
    embedder: EmbedderInfo,
    waitingForWords: z.int().meta({ description: 'Ended executions whose words are still to be read.' }),
    waitingForVectors: z
      .int()
      .meta({ description: 'Executions without a vector of this embedder; counted to 10,000.' }),
    usage: z.array(EmbeddingUsage).meta({ description: 'The last 31 days on which an endpoint was asked.' }),
  })
  .meta({ id: 'SearchState' })
