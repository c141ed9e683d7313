import { ExecutionStatus } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

type AttributeKey = `attribute.${string}`

/** What the address of the executions page holds; every field but `view` is a filter of the API. */
export interface ExecutionsSearch {
  readonly q?: string
  readonly agentId?: string
  readonly environment?: string
  readonly release?: string
  readonly status?: ExecutionStatus
  readonly endReason?: string
  readonly flagged?: 'true'
  readonly synthetic?: 'exclude' | 'only'
  readonly unit?: string
  readonly conversationId?: string
  readonly from?: string
  readonly to?: string
  readonly order?: 'oldest'
  /** The saved view that was opened; its filters stand in the address like any. */
  readonly view?: string
  readonly [attribute: AttributeKey]: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Attributes that the API takes at once. */
export const mostAttributes = 5

/** Reads the address; what the API would refuse is left out instead. */
export function executionsSearch(raw: Record<string, unknown>): ExecutionsSearch {
  return {
    ...defined({
      q: textOf(raw['q']),
      agentId: uuidOf(raw['agentId']),
      environment: textOf(raw['environment']),
      release: textOf(raw['release']),
      status: oneOf(raw['status'], ExecutionStatus.options),
      endReason: textOf(raw['endReason']),
      flagged: oneOf(raw['flagged'], ['true'] as const),
      synthetic: oneOf(raw['synthetic'], ['exclude', 'only'] as const),
      unit: textOf(raw['unit'], 500),
      conversationId: textOf(raw['conversationId'], 300),
      from: instantOf(raw['from']),
      to: instantOf(raw['to']),
      order: oneOf(raw['order'], ['oldest'] as const),
      view: uuidOf(raw['view']),
    }),
    ...attributesOf(raw),
  }
}

/** The filters of the address as the API takes them. */
export function filtersOf({ view: _view, ...filters }: ExecutionsSearch): Record<string, string> {
  return defined(filters) as Record<string, string>
}

/** The attributes that are asked for, in the order of their keys. */
export function attributeFiltersOf(
  search: ExecutionsSearch,
): readonly { readonly name: AttributeKey; readonly key: string; readonly value: string }[] {
  return Object.entries(search)
    .flatMap(([name, value]) =>
      isAttribute(name) && typeof value === 'string' ? [{ name, key: name.slice('attribute.'.length), value }] : [],
    )
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

function attributesOf(raw: Record<string, unknown>): Record<AttributeKey, string> {
  const found = Object.keys(raw).flatMap((name) => {
    const value = textOf(raw[name], 500)
    return isAttribute(name) && name.length > 'attribute.'.length && value !== undefined ? [[name, value] as const] : []
  })
  return Object.fromEntries(found.slice(0, mostAttributes))
}

function isAttribute(name: string): name is AttributeKey {
  return name.startsWith('attribute.')
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

/** An id of ours, or undefined. */
export function uuidOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && UUID.test(text) ? text : undefined
}

/** A point in time, or undefined. */
export function instantOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined
}
