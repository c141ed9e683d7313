import type { ActionKind, ActionStatus, ExecutionStatus } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'

/**
 * How much a report knows of an execution; what a higher rank says beats what a lower one said.
 * 0: nobody reported it, actions imply it. 1: reported open (running, waiting). 2: closed by the root of one process in
 * a distributed trace. 3: closed by its own report or the trace's root.
 */
export type ReportRank = 0 | 1 | 2 | 3

/** Who an execution or action is counted for. */
export interface Attribution {
  readonly agent: string
  readonly environment: string
  readonly release: string | null
}

/** JSON as text, ready for a json column: no NUL, no lone surrogate. */
export type JsonText = string

/** One report of one execution, validated, masked and in the units of the tables. */
export interface ExecutionRow extends Attribution {
  /** 32 lower-case hex digits. */
  readonly executionId: string
  readonly rank: 1 | 2 | 3
  /** Whether the report itself names the agent; the root span of a web server does not. */
  readonly namesAgent: boolean
  readonly status: ExecutionStatus
  /** When an open status was so; unknown where the sender does not say. */
  readonly reportedAt?: Instant | null
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly endReason: string | null
  readonly errorType: string | null
  readonly errorMessage: string | null
  readonly conversationId: string | null
  readonly unit: string | null
  readonly score: number | null
  readonly reportedCostNanoUsd: number | null
  readonly synthetic: boolean
  readonly input: JsonText | null
  readonly output: JsonText | null
  readonly attributes: JsonText | null
  /** Values that were masked in this report. */
  readonly masked: number
}

/** Tokens as OpenTelemetry counts them: input includes cached ones, output includes reasoning. Null is unknown. */
export interface TokenCounts {
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
}

export const noTokens: TokenCounts = {
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
}

/** A price that was found and what it came to. */
export interface ActionCost {
  readonly nanoUsd: number
  /** `CostProvenance` as JSON text; the same text for all calls priced by one row. */
  readonly provenance: JsonText
}

/** Where a row came in; OTLP spans leave more to be inferred from their relatives. */
export type RowSource = 'sdk' | 'otlp'

/** One action, validated, masked and in the units of the tables. Its price is looked up when it is stored. */
export interface ActionRow extends Attribution, TokenCounts {
  readonly executionId: string
  /** 16 lower-case hex digits. */
  readonly actionId: string
  readonly parentActionId: string | null
  readonly source: RowSource
  /** Whether the row itself named its agent, release and environment; what it did not name it takes from its relatives. */
  readonly ownAgent: boolean
  readonly ownRelease: boolean
  readonly ownEnvironment: boolean
  readonly kind: ActionKind
  readonly name: string
  readonly status: ActionStatus
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly errorType: string | null
  readonly errorMessage: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly reportedCostNanoUsd: number | null
  readonly input: JsonText | null
  readonly output: JsonText | null
  readonly attributes: JsonText | null
  readonly masked: number
  /** Version of the mapping that read a span; null for reports in our own words. */
  readonly mappingVersion: number | null
  /** What a model calls its answer; only spans say it. */
  readonly responseId?: string | null
  /** Session and user that a span names; they are its execution's where nothing else says so. */
  readonly conversationId?: string | null
  readonly userId?: string | null
}

/** What one request brings, ready to be stored. */
export interface TelemetryRows {
  readonly executions: readonly ExecutionRow[]
  readonly actions: readonly ActionRow[]
  /** Inputs and outputs that were thrown away before, as the masking settings ask; they are told of with the rows. */
  readonly withheld?: number
}

/** Whether a row reports tokens at all. */
export function hasUsage(row: Pick<TokenCounts, 'inputTokens' | 'outputTokens'>): boolean {
  return row.inputTokens !== null || row.outputTokens !== null
}

export function isOpen(status: ExecutionStatus): boolean {
  return status === 'running' || status === 'waiting'
}

/** A trace id as the database writes a UUID, back to 32 hex digits. */
export function hexOfUuid(uuid: string): string {
  return uuid.replaceAll('-', '')
}
