import type { Action, Execution, ExecutionStatus, JsonValue } from '@metaagent/contract'
import { agentSeeds } from './agent-seeds.ts'

import { hexId, iso, seeded, uuid } from './random.ts'

const units = [
  '[mobile_data_issue]airplane_mode_on|data_saver_mode_on[PERSONA:Hard]',
  '[service_issue]lock_sim_card_pin|unseat_sim_card[PERSONA:None]',
  '[mms_issue]break_apn_mms_setting|data_mode_off[PERSONA:Easy]',
  'task-17',
  'task-4',
]

/** How many executions the fixture holds. */
export const EXECUTIONS = 420

/** The id of the execution with 3,000 steps. */
export const LARGE_EXECUTION = hexId(2, 32)

/** The execution of a number, newest first. */
export function executionOf(number: number, nowMs: number): Execution {
  const random = seeded(number * 31 + 5)
  const agentIndex = number === 2 ? 7 : number < 2 ? 0 : Math.floor(random() * 8)
  const seed = agentSeeds[agentIndex] ?? agentSeeds[0]
  if (seed === undefined) throw new RangeError('the fixture has no agents')
  const status = statusOf(number, random(), seed.rate)
  const startedMs = nowMs - 20_000 - number * 97_000 - Math.floor(random() * 60_000)
  const durationMs = number === 2 ? 754_000 : Math.round(seed.p95Ms * (0.25 + random() * 0.8))
  const open = status === 'running' || status === 'waiting'
  const llmCalls = number === 2 ? 1100 : 4 + Math.floor(random() * 9)
  const costly = seed.costUsd !== null && !open
  return {
    executionId: hexId(number, 32),
    agentId: uuid(agentIndex + 1),
    agent: seed.name,
    environment: number % 11 === 6 ? 'staging' : 'production',
    release: seed.releases[0] ?? null,
    status,
    endReason: open ? null : status === 'failure' ? (number % 3 === 0 ? 'max_steps' : 'agent_error') : 'user_stop',
    flags: status === 'failure' ? [number % 3 === 0 ? 'max_steps' : 'agent_error'] : [],
    errorType: status === 'failure' && number % 3 !== 0 ? 'ToolTimeout' : null,
    errorMessage: status === 'failure' && number % 3 !== 0 ? 'get_customer_by_phone did not answer within 10 s' : null,
    startedAt: iso(startedMs),
    endedAt: open ? null : iso(startedMs + durationMs),
    durationMs: open ? null : durationMs,
    conversationId: `conversation-${number}`,
    unit:
      agentIndex < 2
        ? (units[number % units.length] ?? null)
        : number % 4 === 0
          ? '=HYPERLINK("http://evil.example","bonus")'
          : null,
    score: agentIndex < 2 && !open ? (status === 'success' ? 1 : 0) : null,
    outcome: null,
    synthetic: number % 37 === 9,
    totals: {
      actions: number === 2 ? 3000 : llmCalls * 2 + 3,
      llmCalls,
      toolCalls: number === 2 ? 1900 : llmCalls + 2,
      actionErrors: status === 'failure' ? 1 : 0,
      inputTokens: open ? null : llmCalls * 6400,
      outputTokens: open ? null : llmCalls * 85,
      costNanoUsd: costly ? Math.round(llmCalls * 6_400_000 * (0.6 + random())) : null,
      unpricedCalls: seed.costUsd === null ? llmCalls : seed.unpriced > 0 && number % 5 === 0 ? 2 : 0,
      reportedCostNanoUsd: agentIndex < 2 && costly ? Math.round(llmCalls * 6_300_000) : null,
    },
  }
}

/** The steps of an execution: model and tool calls in turns, some inside a sub-agent; one names a parent that never came. */
export function actionsOf(execution: Execution): readonly Action[] {
  if (execution.executionId === LARGE_EXECUTION) return manyActions(execution, 3000)
  const random = seeded(Number.parseInt(execution.executionId.slice(-6), 16))
  const startMs = Date.parse(execution.startedAt)
  const wholeMs = execution.durationMs ?? 24_000
  const actions: Action[] = []
  const turns = 5
  for (let turn = 0; turn < turns; turn++) {
    const from = startMs + (wholeMs / turns) * turn
    const slice = wholeMs / turns
    const group = actionOf(execution, actions.length, {
      kind: 'agent',
      name: turn === 3 ? 'billing-specialist' : 'turn',
      startMs: from,
      durationMs: slice * 0.94,
      parent: null,
    })
    actions.push(group)
    const add = (kind: Action['kind'], name: string, at: number, share: number, failed = false) =>
      actions.push(
        actionOf(execution, actions.length, {
          kind,
          name,
          startMs: from + slice * at,
          durationMs: slice * share * (0.7 + random() * 0.3),
          parent: group.actionId,
          failed,
        }),
      )
    if (turn === 0) add('guardrail', 'pii-check', 0.01, 0.05)
    if (turn === 1) add('retrieval', 'search_policies', 0.05, 0.12)
    add('llm', 'plan', 0.18, 0.3)
    add(
      'tool',
      turn % 2 === 0 ? 'get_customer_by_phone' : 'check_network_status',
      0.5,
      0.16,
      execution.status === 'failure' && turn === 3,
    )
    if (turn === 2) add('embedding', 'embed_question', 0.62, 0.05)
    add('llm', 'answer', 0.68, 0.24)
  }
  actions.push(
    actionOf(execution, actions.length, {
      kind: 'evaluation',
      name: 'reward',
      startMs: startMs + wholeMs * 0.97,
      durationMs: wholeMs * 0.03,
      parent: 'ffffffffffffffff',
    }),
  )
  // Spans come as exporters send them, not in the order of time.
  return actions.toReversed()
}

/** Input, output and attributes of a step. */
export function payloadOf(action: Action): {
  input: JsonValue
  output: JsonValue
  attributes: Record<string, JsonValue>
  masked: number
} {
  if (action.kind === 'llm') {
    return {
      input: [
        { role: 'system', content: 'You are a telecom agent. Follow the policy. One tool call at a time.' },
        { role: 'user', content: 'My mobile data keeps stopping or is just really slow. I need it to be excellent.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_customer_by_phone', arguments: '{"phone_number":"555-123-2002"}' },
            },
          ],
        },
        { role: 'tool', content: '{"customer_id":"C1001","account_status":"Active"}' },
      ],
      output: {
        role: 'assistant',
        content: 'Thank you. Please open the settings and tell me whether data saver is on.',
      },
      attributes: { 'gen_ai.request.temperature': 0, 'gen_ai.response.finish_reasons': 'stop' },
      masked: 1,
    }
  }
  return {
    input: { phone_number: '555-123-2002', include: ['lines', 'bills'], limit: 10, strict: true },
    output:
      action.status === 'failure'
        ? null
        : { customer_id: 'C1001', lines: ['L1001', 'L1002'], balance: 25.5, overdue: false },
    attributes: { 'tool.version': '3.2.0' },
    masked: 0,
  }
}

interface ActionSeed {
  readonly kind: Action['kind']
  readonly name: string
  readonly startMs: number
  readonly durationMs: number
  readonly parent: string | null
  readonly failed?: boolean
}

function actionOf(execution: Execution, number: number, seed: ActionSeed): Action {
  const durationMs = Math.max(1, Math.round(seed.durationMs))
  const startMs = Math.round(seed.startMs)
  const llm = seed.kind === 'llm'
  const priced = llm && execution.totals.costNanoUsd !== null
  return {
    executionId: execution.executionId,
    actionId: hexId(number, 16),
    parentActionId: seed.parent,
    agent: execution.agent,
    kind: seed.kind,
    name: seed.name,
    status: seed.failed === true ? 'failure' : 'success',
    errorType: seed.failed === true ? 'ToolTimeout' : null,
    errorMessage: seed.failed === true ? 'get_customer_by_phone did not answer within 10 s' : null,
    startedAt: iso(startMs),
    endedAt: iso(startMs + durationMs),
    durationMs,
    provider: llm ? 'openai' : null,
    model: llm ? 'gpt-4.1-2025-04-14' : null,
    inputTokens: llm ? 6450 : null,
    outputTokens: llm ? 92 : null,
    cacheReadTokens: llm ? 5120 : null,
    cacheWriteTokens: null,
    reasoningTokens: null,
    costNanoUsd: priced ? 5_956_000 : null,
    costProvenance: priced
      ? {
          table: 'genai-prices',
          version: '0.1.8',
          row: 'openai/gpt-4.1',
          alias: 'gpt-4.1-2025-04-14',
          source: 'computed',
        }
      : null,
    reportedCostNanoUsd: null,
  }
}

function manyActions(execution: Execution, count: number): readonly Action[] {
  const startMs = Date.parse(execution.startedAt)
  const stepMs = (execution.durationMs ?? count * 250) / count
  const kinds = ['agent', 'llm', 'tool', 'tool', 'retrieval'] as const
  return Array.from({ length: count }, (_, number) => {
    const kind = kinds[number % 5] ?? 'other'
    const group = Math.floor(number / 5) * 5
    const parent = number % 5 === 0 ? (number < 40 ? null : hexId(Math.floor(number / 50) * 5, 16)) : hexId(group, 16)
    const durationMs = number % 5 === 0 ? stepMs * 4.8 : stepMs * 0.9
    return actionOf(execution, number, {
      kind,
      name: `${kind}-${number}`,
      startMs: startMs + stepMs * number,
      durationMs,
      parent: parent === hexId(number, 16) ? null : parent,
      failed: number === 2742,
    })
  })
}

function statusOf(number: number, chance: number, rate: number): ExecutionStatus {
  if (number === 1) return 'failure'
  if (number === 3) return 'running'
  if (number === 5) return 'waiting'
  if (number === 0 || number === 2) return 'success'
  return number % 53 === 8 ? 'cancelled' : chance < rate ? 'success' : 'failure'
}
