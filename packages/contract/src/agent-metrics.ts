import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, IsoInstantInput, Json } from './primitives.ts'

/** A point of a metric that an agent or its model client reported over OTLP, as it came. */
export const AgentMetricPoint = z
  .object({
    name: z.string().meta({ description: 'As OpenTelemetry names it: `gen_ai.client.operation.duration`.' }),
    kind: z.enum(['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']),
    unit: z.string().meta({ description: 'UCUM, as sent: `s`, `{token}`.' }),
    temporality: z.enum(['delta', 'cumulative']).nullable().meta({
      description: 'Whether the figures count since the point before or since `startedAt`.',
    }),
    monotonic: z.boolean().nullable(),
    startedAt: IsoInstant.nullable(),
    observedAt: IsoInstant,
    attributes: z.record(z.string(), Json),
    resource: z.record(z.string(), Json),
    value: z.number().nullable(),
    count: z.number().nullable(),
    sum: z.number().nullable(),
    min: z.number().nullable(),
    max: z.number().nullable(),
    buckets: Json.meta({
      description:
        'Histograms: `{bounds, counts}`; exponential ones `{scale, zeroCount, positive, negative}`; summaries `{quantiles}`; else null.',
    }),
  })
  .meta({ id: 'AgentMetricPoint' })
export type AgentMetricPoint = z.infer<typeof AgentMetricPoint>
export const AgentMetricPage = pageOf(AgentMetricPoint).meta({ id: 'AgentMetricPage' })
export const AgentMetricQuery = PageQuery.extend({
  name: z.string().max(200).optional(),
  from: IsoInstantInput.optional(),
  to: IsoInstantInput.optional(),
})
