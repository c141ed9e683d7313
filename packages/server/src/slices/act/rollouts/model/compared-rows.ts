import type { Arms, Trial } from './trials.ts'

/** A finished execution as it is compared: exactly what the decision reads of it, and whose row it is. */
export interface ComparedRow {
  readonly executionId: string
  readonly unit: string | null
  readonly status: 'success' | 'failure'
  readonly durationMs: number | null
  readonly costNanoUsd: number | null
}

export interface ComparedRows {
  readonly control: readonly ComparedRow[]
  readonly candidate: readonly ComparedRow[]
}

/** The rows as evidence. */
export function armsOf({ control, candidate }: ComparedRows): Arms {
  return { control: control.map(trialOf), candidate: candidate.map(trialOf) }
}

function trialOf({ unit, status, durationMs, costNanoUsd }: ComparedRow): Trial {
  return { unit, succeeded: status === 'success', durationMs, costNanoUsd }
}

/**
 * The one text of these rows, whose SHA-256 is a comparison's `evidenceDigest`: canonical JSON (RFC 8785) of
 * `{candidate: [row, …], control: [row, …]}`, each list sorted by `executionId`, every row with exactly the fields of
 * `ComparedRow`. Anybody who reads the executions can make it again.
 */
export function canonicalEvidence({ control, candidate }: ComparedRows): string {
  return `{"candidate":${canonicalRows(candidate)},"control":${canonicalRows(control)}}`
}

function canonicalRows(rows: readonly ComparedRow[]): string {
  const texts = rows.map(({ executionId, unit, status, durationMs, costNanoUsd }) => ({
    executionId,
    // Names in order, whole numbers and plain texts: this is canonical, at a tenth of the price of the general spelling.
    text: JSON.stringify({ costNanoUsd, durationMs, executionId, status, unit }),
  }))
  // An id that occurs twice (reported on two days) is put in order by the rest of its row.
  texts.sort((a, b) => compareTexts(a.executionId, b.executionId) || compareTexts(a.text, b.text))
  return `[${texts.map(({ text }) => text).join(',')}]`
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
