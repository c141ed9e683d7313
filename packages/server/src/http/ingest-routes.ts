import {
  type AccessScope,
  QaEventsBody,
  QaReceipt,
  type RefusalCode,
  TelemetryBatch,
  TelemetryReceipt,
} from '@metaagent/contract'
import { z } from 'zod'

/** A route that the hot path serves, as the OpenAPI document describes it. */
export interface DocumentedRoute {
  readonly method: 'POST'
  readonly path: string
  readonly tag: string
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly access: AccessScope
  readonly contentTypes: readonly string[]
  readonly body: z.ZodType
  readonly reply: z.ZodType
  readonly refusals: readonly RefusalCode[]
}

const ingestRefusals: readonly RefusalCode[] = [
  'bad-request',
  'invalid-body',
  'not-authenticated',
  'not-allowed',
  'payload-too-large',
  'unsupported-media-type',
  'too-many-partitions',
  'rate-limited',
  'queue-full',
  'store-unavailable',
]

/** What the routes of OTLP/HTTP have in common. */
const otlpRoute = {
  method: 'POST',
  tag: 'telemetry',
  access: 'telemetry:write',
  contentTypes: ['application/x-protobuf', 'application/json'],
  refusals: ingestRefusals,
} as const

/** What the hot path serves, for documentation: it skips the router that the other routes are described from. */
export const documentedRoutes: readonly DocumentedRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/telemetry',
    tag: 'telemetry',
    operationId: 'sendTelemetry',
    summary: 'Report executions and actions',
    description:
      'Answered when everything accepted is stored durably. Rows that do not fit are refused alone (`rejected`), rows that are there already change nothing (`duplicates`), so a batch may be sent again whole. On 429 and 503 wait for `Retry-After` and send it again. Bodies may be gzipped.',
    access: 'telemetry:write',
    contentTypes: ['application/json'],
    body: TelemetryBatch,
    reply: TelemetryReceipt,
    refusals: ingestRefusals,
  },
  {
    method: 'POST',
    path: '/api/v1/qa/events',
    tag: 'judgments',
    operationId: 'sendQaEvents',
    summary: 'Report what judges said: one QA event, or a batch',
    description:
      'A verdict, a warning, an exemption, what became of a check, or a judge’s answer as it wrote it, whose words are read by the table at `/api/v1/qa/status-words`. Answered when everything accepted is stored durably. Events of a batch that do not fit are refused alone (`rejected`); what came under its key before changes nothing (`duplicates`). Verdicts of kind `human` or `outcome` count as the truth only from a credential that has the scope `labels:write`, too. Bodies may be gzipped.',
    access: 'judgments:write',
    contentTypes: ['application/json'],
    body: QaEventsBody,
    reply: QaReceipt,
    refusals: [...ingestRefusals, 'not-processable', 'status-word-unknown'],
  },
  {
    ...otlpRoute,
    path: '/v1/traces',
    operationId: 'exportTraces',
    summary: 'Report spans by OpenTelemetry (OTLP/HTTP)',
    description:
      'An `ExportTraceServiceRequest` in protobuf or JSON, optionally gzipped; the reply is in the same encoding. Spans that cannot be used are refused alone and counted in `partialSuccess`.',
    body: z.looseObject({ resourceSpans: z.array(z.looseObject({})) }).meta({ id: 'ExportTraceServiceRequest' }),
    reply: z
      .object({ partialSuccess: z.object({ rejectedSpans: z.string(), errorMessage: z.string() }).optional() })
      .meta({ id: 'ExportTraceServiceResponse' }),
  },
  {
    ...otlpRoute,
    path: '/v1/logs',
    operationId: 'exportLogs',
    summary: 'Report events of spans by OpenTelemetry (OTLP/HTTP)',
    description:
      'An `ExportLogsServiceRequest` in protobuf or JSON, optionally gzipped. GenAI events become the input and output of their span, whichever arrives first; `gen_ai.evaluation.result` becomes a judgment. Other records are not kept: they are counted and named in `partialSuccess`.',
    body: z.looseObject({ resourceLogs: z.array(z.looseObject({})) }).meta({ id: 'ExportLogsServiceRequest' }),
    reply: z
      .object({ partialSuccess: z.object({ rejectedLogRecords: z.string(), errorMessage: z.string() }).optional() })
      .meta({ id: 'ExportLogsServiceResponse' }),
  },
  {
    ...otlpRoute,
    path: '/v1/metrics',
    operationId: 'exportMetrics',
    summary: 'Report metrics of agents by OpenTelemetry (OTLP/HTTP)',
    description:
      'An `ExportMetricsServiceRequest` in protobuf or JSON, optionally gzipped. Points of `gen_ai.*` metrics are kept and read back by `GET /api/v1/telemetry/metrics`; others are counted and named in `partialSuccess`.',
    body: z.looseObject({ resourceMetrics: z.array(z.looseObject({})) }).meta({ id: 'ExportMetricsServiceRequest' }),
    reply: z
      .object({ partialSuccess: z.object({ rejectedDataPoints: z.string(), errorMessage: z.string() }).optional() })
      .meta({ id: 'ExportMetricsServiceResponse' }),
  },
]
