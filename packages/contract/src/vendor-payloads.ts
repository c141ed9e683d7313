import { z } from 'zod'
import { Json } from './primitives.ts'

// Messages of other systems, as far as they are read here. Their senders may add what they like.

/** What a LangGraph Server posts when a run ends: the run, its status and times, the state's values, perhaps an error. */
export const LangGraphRunWebhook = z.looseObject({
  run_id: z.uuid(),
  thread_id: z.string().nullish(),
  assistant_id: z.string().nullish(),
  graph_id: z.string().nullish(),
  status: z.string(),
  created_at: z.string().nullish(),
  run_started_at: z.string().nullish(),
  run_ended_at: z.string().nullish(),
  metadata: z.record(z.string(), Json).nullish(),
  kwargs: z.looseObject({ input: Json.optional() }).nullish(),
  values: Json.optional(),
  error: z.unknown().optional(),
})

const ErrorTold = z.looseObject({ message: z.string().nullish(), name: z.string().nullish() })
const Workflow = z.looseObject({ id: z.coerce.string().nullish(), name: z.string().nullish() })

/** What n8n's Error Trigger hands on when a node failed; `id` and `url` are there only if executions are saved. */
export const N8nErrorOfExecution = z.looseObject({
  execution: z.looseObject({
    id: z.coerce.string().nullish(),
    url: z.string().nullish(),
    retryOf: z.coerce.string().nullish(),
    error: ErrorTold.nullish(),
    lastNodeExecuted: z.string().nullish(),
    mode: z.string().nullish(),
  }),
  workflow: Workflow,
})

/** And when the trigger itself failed, before there was an execution. */
export const N8nErrorOfTrigger = z.looseObject({
  trigger: z.looseObject({ error: ErrorTold.nullish(), mode: z.string().nullish() }),
  workflow: Workflow,
})

export const N8nTokenUsage = z.looseObject({
  promptTokens: z.number().nullish(),
  completionTokens: z.number().nullish(),
})
const Items = z.array(z.array(z.looseObject({ json: z.looseObject({}).nullish() })).nullable()).nullish()

/** One run of one node: n8n-workflow's `ITaskData`. */
export const N8nTaskData = z.looseObject({
  startTime: z.number(),
  executionTime: z.number().nullish(),
  executionStatus: z.string().nullish(),
  error: z.looseObject({ message: z.string().nullish(), name: z.string().nullish() }).nullish(),
  source: z
    .array(z.looseObject({ previousNode: z.string(), previousNodeRun: z.number().nullish() }).nullable())
    .nullish(),
  data: z.record(z.string(), Items).nullish(),
  inputOverride: z.record(z.string(), Items).nullish(),
})
export type N8nTaskData = z.output<typeof N8nTaskData>

/** An execution as the public API of n8n tells it with `includeData=true`. */
export const N8nExecution = z.looseObject({
  id: z.coerce.string(),
  mode: z.string().nullish(),
  status: z.string().nullish(),
  finished: z.boolean().nullish(),
  startedAt: z.iso.datetime({ offset: true }),
  stoppedAt: z.iso.datetime({ offset: true }).nullish(),
  workflowId: z.coerce.string().nullish(),
  workflowData: z
    .looseObject({
      name: z.string().nullish(),
      nodes: z
        .array(z.looseObject({ name: z.string(), type: z.string(), parameters: z.looseObject({}).nullish() }))
        .nullish(),
    })
    .nullish(),
  data: z
    .looseObject({
      resultData: z
        .looseObject({
          error: z.looseObject({ message: z.string().nullish(), name: z.string().nullish() }).nullish(),
          lastNodeExecuted: z.string().nullish(),
          runData: z.record(z.string(), z.array(N8nTaskData)).nullish(),
        })
        .nullish(),
    })
    .nullish(),
})
export type N8nExecution = z.output<typeof N8nExecution>
