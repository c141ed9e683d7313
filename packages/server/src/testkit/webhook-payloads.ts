/**
 * What a LangGraph Server posted at the end of three runs, recorded from `@langchain/langgraph-cli` (its development server
 * of JavaScript, `langgraphjs dev`) with a graph of two nodes and no model; the run's `config`, which repeats the ids, is left
 * out. It posts as text/plain. That server says `success` of a run that was interrupted; others say `interrupted`.
 */
export const langGraphRuns = {
  succeeded: {
    run_id: '548b9c85-4dc5-410b-ae21-cbfd4aeeeeae',
    thread_id: '0a6326be-e8f2-438c-995b-97810f34277d',
    assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    metadata: {
      created_by: 'system',
      graph_id: 'writer',
      assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    },
    status: 'success',
    kwargs: {
      input: {
        topic: 'rain',
      },
      context: {},
      stream_mode: ['values'],
      webhook: 'https://metaagent.example/api/v1/webhooks/\u2026',
      temporary: false,
      subgraphs: false,
      resumable: false,
    },
    multitask_strategy: 'reject',
    created_at: '2026-11-21T14:41:53.083Z',
    updated_at: '2026-11-21T14:41:53.247Z',
    run_started_at: '2026-11-21T14:41:53.123Z',
    run_ended_at: '2026-11-21T14:41:53.247Z',
    webhook_sent_at: '2026-11-21T14:41:53.248Z',
    values: {
      topic: 'rain',
      draft: 'A note on rain',
      approved: true,
    },
  },
  interrupted: {
    run_id: 'ad6b39fb-77dc-4dd6-8e95-e4d1c3b7c1ae',
    thread_id: '0b2af700-2457-4d24-ad98-62ef705a0b24',
    assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    metadata: {
      created_by: 'system',
      graph_id: 'writer',
      assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    },
    status: 'success',
    kwargs: {
      input: {
        topic: 'ask',
      },
      context: {},
      stream_mode: ['values'],
      webhook: 'https://metaagent.example/api/v1/webhooks/\u2026',
      temporary: false,
      subgraphs: false,
      resumable: false,
    },
    multitask_strategy: 'reject',
    created_at: '2026-11-21T14:41:55.607Z',
    updated_at: '2026-11-21T14:41:55.653Z',
    run_started_at: '2026-11-21T14:41:55.639Z',
    run_ended_at: '2026-11-21T14:41:55.653Z',
    webhook_sent_at: '2026-11-21T14:41:55.653Z',
    values: {
      topic: 'ask',
      draft: 'A note on ask',
    },
  },
  failed: {
    run_id: '2f6327f4-e5d2-45c3-9246-739e70f32065',
    thread_id: '384f8c3d-bdfe-444f-8f9b-22abaab1f738',
    assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    metadata: {
      created_by: 'system',
      graph_id: 'writer',
      assistant_id: 'b4a486dd-d043-5b64-b6e1-20bae3a982fb',
    },
    status: 'error',
    kwargs: {
      input: {
        topic: 'fail',
      },
      context: {},
      stream_mode: ['values'],
      webhook: 'https://metaagent.example/api/v1/webhooks/\u2026',
      temporary: false,
      subgraphs: false,
      resumable: false,
    },
    multitask_strategy: 'reject',
    created_at: '2026-11-21T14:41:58.118Z',
    updated_at: '2026-11-21T14:41:58.129Z',
    run_started_at: '2026-11-21T14:41:58.120Z',
    run_ended_at: '2026-11-21T14:41:58.128Z',
    webhook_sent_at: '2026-11-21T14:41:58.129Z',
    values: {
      topic: 'fail',
    },
    error: 'no draft for this topic',
  },
} as const

/** Error Trigger payloads in the two forms that n8n's documentation of the node shows. */
export const n8nErrors = {
  ofExecution: {
    execution: {
      id: '231',
      url: 'https://n8n.example.com/execution/231',
      retryOf: '34',
      error: { message: 'Example Error Message', stack: 'Stacktrace' },
      lastNodeExecuted: 'Node With Error',
      mode: 'manual',
    },
    workflow: { id: '1', name: 'Example Workflow' },
  },
  ofTrigger: {
    trigger: {
      error: {
        context: {},
        name: 'WorkflowActivationError',
        cause: { message: 'The mailbox refused the login', stack: 'Stacktrace' },
        timestamp: 1654609328787,
        message: 'The trigger could not be started',
        node: { name: 'Mail Trigger', type: 'n8n-nodes-base.emailReadImap' },
      },
      mode: 'trigger',
    },
    workflow: { id: '2', name: 'Mailbox' },
  },
} as const

/**
 * An execution of n8n with an agent that called its model twice and a tool once, built after the published types of
 * `n8n-workflow` (`ITaskData`, `ISourceData`) and what the tracing of `@n8n/ai-utilities` writes.
 */
export function n8nExecution(
  id: number,
  startedMs: number,
  change: object = {},
  estimate = { promptTokens: 50, completionTokens: 10 },
) {
  const source = [{ previousNode: 'AI Agent', previousNodeRun: 0 }]
  const call = (offsetMs: number, usage: object) => ({
    startTime: startedMs + offsetMs,
    executionIndex: 2,
    executionTime: 800,
    executionStatus: 'success',
    source,
    data: { ai_languageModel: [[{ json: { response: { generations: [] }, ...usage } }]] },
    inputOverride: {
      ai_languageModel: [[{ json: { messages: ['…'], estimatedTokens: 9, options: { model: 'gpt-4o-mini' } } }]],
    },
  })
  return {
    id,
    finished: true,
    mode: 'webhook',
    status: 'success',
    startedAt: new Date(startedMs).toISOString(),
    stoppedAt: new Date(startedMs + 4_000).toISOString(),
    workflowId: 'wf1',
    workflowData: {
      id: 'wf1',
      name: 'Answer mail',
      nodes: [
        { name: 'Webhook', type: 'n8n-nodes-base.webhook', parameters: {} },
        { name: 'AI Agent', type: '@n8n/n8n-nodes-langchain.agent', parameters: {} },
        {
          name: 'OpenAI Chat Model',
          type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
          parameters: { model: { __rl: true, value: 'gpt-4o-mini', mode: 'list' } },
        },
        { name: 'Find order', type: '@n8n/n8n-nodes-langchain.toolHttpRequest', parameters: {} },
      ],
    },
    data: {
      resultData: {
        lastNodeExecuted: 'AI Agent',
        runData: {
          Webhook: [
            {
              startTime: startedMs,
              executionIndex: 0,
              executionTime: 1,
              executionStatus: 'success',
              source: [],
              data: { main: [[{ json: {} }]] },
            },
          ],
          'OpenAI Chat Model': [
            call(100, { tokenUsage: { promptTokens: 100, completionTokens: 20, totalTokens: 120 } }),
            call(2_000, { tokenUsageEstimate: estimate }),
          ],
          'Find order': [
            {
              startTime: startedMs + 1_000,
              executionIndex: 3,
              executionTime: 500,
              executionStatus: 'error',
              error: { message: 'no such order', name: 'NodeApiError' },
              source,
              data: { ai_tool: [[{ json: {} }]] },
            },
          ],
          'AI Agent': [
            {
              startTime: startedMs + 50,
              executionIndex: 1,
              executionTime: 3_900,
              executionStatus: 'success',
              source: [{ previousNode: 'Webhook' }],
              data: { main: [[{ json: {} }]] },
            },
          ],
        },
      },
    },
    ...change,
  }
}
