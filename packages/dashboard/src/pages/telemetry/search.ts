import { ExecutionStatus } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the executions page holds; every field is a filter of the API. */
export interface ExecutionsSearch {
  readonly agentId?: string
  readonly environment?: string
  readonly release?: string
  readonly status?: ExecutionStatus
  readonly endReason?: string
  readonly flagged?: 'true'
  readonly unit?: string
  readonly conversationId?: string
  readonly from?: string
  readonly to?: string
  readonly order?: 'oldest'
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Reads the address; what the API would refuse is left out instead. */
export function executionsSearch(raw: Record<string, unknown>): ExecutionsSearch {
  const agentId = textOf(raw['agentId'])
  return defined({
    agentId: agentId !== undefined && UUID.test(agentId) ? agentId : undefined,
    environment: textOf(raw['environment']),
    release: textOf(raw['release']),
    status: oneOf(raw['status'], ExecutionStatus.options),
    endReason: textOf(raw['endReason']),
    flagged: oneOf(raw['flagged'], ['true'] as const),
    unit: textOf(raw['unit'], 500),
    conversationId: textOf(raw['conversationId'], 300),
    from: instantOf(raw['from']),
    to: instantOf(raw['to']),
    order: oneOf(raw['order'], ['oldest'] as const),
  })
}

/** What the address of a trace holds: the step that is chosen. */
export interface TraceSearch {
  readonly action?: string
}

/** Reads the address of a trace. */
export function traceSearch(raw: Record<string, unknown>): TraceSearch {
  const action = textOf(raw['action'])
  return action !== undefined && /^[0-9a-f]{16}$/.test(action) ? { action } : {}
}

function instantOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined
}
