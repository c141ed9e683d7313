import { type JsonValue, OutcomeReport, type WebhookAgents, type WebhookFault } from '@metaagent/contract'
import type { z } from 'zod'

/** What a payload was turned into. Executions and actions are checked when they are stored, outcomes are by now. */
export interface MappedBatch {
  readonly executions: readonly JsonValue[]
  readonly actions: readonly JsonValue[]
  readonly outcomes: readonly z.output<typeof OutcomeReport>[]
  readonly faults: readonly WebhookFault[]
}

export const nothingMapped: MappedBatch = { executions: [], actions: [], outcomes: [], faults: [] }

export function faulty(path: string, detail: string): MappedBatch {
  return { ...nothingMapped, faults: [{ path, detail }] }
}

/** What a source says about its reports. */
export interface SourceContext {
  readonly environment: string
  readonly agents: WebhookAgents
}

/** The agent that a sender's name means. */
export function agentOf(agents: WebhookAgents, ...names: readonly (string | null | undefined)[]): string | null {
  const given = names.filter((name) => typeof name === 'string' && name.trim() !== '')
  for (const name of given) {
    const agent = name == null ? undefined : agents.names[name]
    if (agent !== undefined) return agent
  }
  return agents.fallback ?? given[0] ?? null
}

type Members = { readonly [name: string]: JsonValue }

const lists = ['executions', 'actions', 'outcomes'] as const

/**
 * Reads what a mapping made: an object with any of `executions`, `actions`, `outcomes`. A single row counts as a list of
 * one, since JSONata makes no lists of one. Rows that name no environment get the source's; agents are renamed.
 */
export function readMapped(value: JsonValue, { environment, agents }: SourceContext): MappedBatch {
  if (!isObject(value))
    return faulty(
      '',
      'The mapping made no object with executions, actions or outcomes. Nothing was found in the payload?',
    )
  const other = Object.keys(value).find((name) => !lists.some((list) => list === name))
  if (other !== undefined) return faulty(other, 'Only executions, actions and outcomes are stored.')
  const rows = {
    executions: listOf(value['executions']).map((row) => completed(row, environment, agents)),
    actions: listOf(value['actions']).map((row) => completed(row, environment, agents)),
  }
  const outcomes: z.output<typeof OutcomeReport>[] = []
  const faults: WebhookFault[] = []
  for (const [index, row] of listOf(value['outcomes']).entries()) {
    const parsed = OutcomeReport.safeParse(row)
    if (parsed.success) outcomes.push(parsed.data)
    else faults.push(outcomeFault(index, parsed.error))
  }
  const empty = rows.executions.length + rows.actions.length + outcomes.length + faults.length === 0
  return empty ? faulty('', 'The mapping found nothing to store in this payload.') : { ...rows, outcomes, faults }
}

function outcomeFault(index: number, error: z.ZodError): WebhookFault {
  const issue = error.issues[0]
  const path = [`outcomes[${index}]`, ...(issue?.path ?? [])].join('.')
  return { path, detail: issue?.message ?? 'does not fit the schema' }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}

function completed(row: JsonValue, environment: string, agents: WebhookAgents): JsonValue {
  if (!isObject(row)) return row
  const agent = agentOf(agents, typeof row['agent'] === 'string' ? row['agent'] : null)
  return { environment, ...row, ...(agent === null ? {} : { agent }) }
}

function isObject(value: JsonValue | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
