import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { ExecutionId, IsoInstant, Json, Name, Uuid } from './primitives.ts'

/** What must hold of a reply. */
export const ProbeAssertion = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('status'), min: z.int().min(100).max(599), max: z.int().min(100).max(599) }),
    z.strictObject({ kind: z.literal('latency'), maxMs: z.int().min(1).max(30_000) }),
    z.strictObject({ kind: z.literal('body-contains'), text: z.string().min(1).max(1_000) }),
    z.strictObject({
      kind: z.literal('json-equals'),
      pointer: z
        .string()
        .max(300)
        .regex(/^(\/.*)?$/, 'must be a JSON pointer: empty, or beginning with /'),
      value: Json,
    }),
  ])
  .meta({ id: 'ProbeAssertion' })
export type ProbeAssertion = z.infer<typeof ProbeAssertion>

const request = {
  name: Name,
  agentId: Uuid.meta({ description: 'Whose health it checks; its results are synthetic executions of this agent.' }),
  environment: Name.default('production'),
  kind: z
    .enum(['http', 'execution'])
    .meta({ description: '`execution` sends the body to the agent’s endpoint as the input of a run.' }),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT']).default('GET'),
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  body: Json.optional(),
  schedule: z.string().max(100).meta({ description: 'Cron expression of five fields: `*/5 * * * *`.' }),
  timeZone: z.string().max(60).default('UTC'),
  timeoutMs: z.int().min(100).max(30_000).default(10_000),
  assertions: z.array(ProbeAssertion).min(1).max(20),
  enabled: z.boolean().default(true),
}
const HeaderName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be the name of a header')

export const ProbeChange = z
  .strictObject({
    ...request,
    headers: z
      .record(
        HeaderName,
        z
          .string()
          .max(2_000)
          .regex(/^[^\r\n\0]*$/, 'must be one line'),
      )
      .optional()
      .meta({ description: 'Kept sealed and never shown; left out of a change: they stay.' }),
  })
  .meta({ id: 'ProbeChange' })
export type ProbeChange = z.output<typeof ProbeChange>

export const ProbeState = z.enum(['passing', 'failing', 'unknown']).meta({ id: 'ProbeState' })
export type ProbeState = z.infer<typeof ProbeState>

export const ProbeResult = z
  .object({
    resultId: Uuid,
    probeId: Uuid,
    at: IsoInstant,
    passed: z.boolean(),
    status: z.int().nullable().meta({ description: 'HTTP status; null: no reply came.' }),
    latencyMs: z.int().nullable(),
    because: z.array(Because),
    executionId: ExecutionId.nullable().meta({ description: 'The synthetic execution that it is.' }),
  })
  .meta({ id: 'ProbeResult' })
export type ProbeResult = z.infer<typeof ProbeResult>
export const ProbeResultPage = pageOf(ProbeResult).meta({ id: 'ProbeResultPage' })
export const ProbeResultQuery = PageQuery

export const Probe = z
  .object({
    ...request,
    environment: Name,
    body: Json.nullable(),
    probeId: Uuid,
    agent: Name,
    headerNames: z.array(z.string()),
    state: ProbeState,
    failuresInRow: z.int(),
    lastResult: ProbeResult.nullable(),
    nextRunAt: IsoInstant.nullable().meta({ description: 'Null: disabled.' }),
  })
  .meta({ id: 'Probe' })
export type Probe = z.infer<typeof Probe>
export const ProbeList = z.object({ items: z.array(Probe) }).meta({ id: 'ProbeList' })
