import type { ComplianceAssessment } from '@metaagent/contract'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { type AuditHead, anyEntry, auditHead, type EntryRow, entriesAt } from '../../ledger/index.ts'
import { assess, countStates, EvidenceCollector, listedPlaces } from '../model/assess.ts'
import { type DigestedFramework, frameworks } from './frameworks.ts'
import { eachStretch } from './trail.ts'

export interface Period {
  readonly from: Instant
  readonly to: Instant
}

/** A period as it was asked for; `from` is in it, `to` is not. */
export function periodOf({ from, to }: { readonly from: string; readonly to: string }): Period {
  return { from: instantFromEpochMs(Date.parse(from)), to: instantFromEpochMs(Date.parse(to)) }
}

export function frameworkById(id: string): DigestedFramework | null {
  return frameworks().find(({ framework }) => framework.id === id) ?? null
}

export const noSuchFramework = refuse('not-found', 'GET /api/v1/compliance/frameworks lists the frameworks there are.')

/** An assessment with what a pack needs besides: the head it was made against and the entries that it lists. */
export interface Assessed {
  readonly assessment: ComplianceAssessment
  readonly head: AuditHead
  /** By place, ascending. */
  readonly entries: readonly Pick<EntryRow, 'entry_index' | 'leaf'>[]
}

/** Assesses a framework on what the ledger holds of a period now. Nothing is stored. */
export async function assessPeriod(
  deps: Deps,
  organizationId: string,
  { framework, digest }: DigestedFramework,
  period: Period,
): Promise<Result<Assessed>> {
  const head = await deps.store.transaction({ organizationId }, auditHead)
  if (head === null) return refuse('not-sequenced-yet', 'Nothing is in the ledger yet. Ask again in a moment.')
  const { treeSize } = head
  const collector = new EvidenceCollector(framework)
  const filter = { ...anyEntry, types: collector.types, from: period.from, to: period.to }
  for await (const rows of eachStretch(deps, organizationId, filter, treeSize))
    for (const row of rows) collector.add({ index: row.entry_index, type: row.type, content: contentOf(row) })
  const controls = assess(framework, collector.evidence)
  const { id, name, edition, version } = framework
  return ok({
    head,
    entries: await deps.store.transaction({ organizationId }, (tx) => entriesAt(tx, listedPlaces(controls))),
    assessment: {
      framework: { id, name, edition, version, digest },
      from: toIso(period.from),
      to: toIso(period.to),
      treeSize,
      ...countStates(controls),
      controls: [...controls],
    },
  })
}

function contentOf({ leaf }: EntryRow) {
  try {
    return JSON.parse(leaf)
  } catch {
    // Tampered with: it fulfils no condition, and its proof would fail.
    return null
  }
}

/** The framework assessed as things stand, for whoever looks. */
export async function readAssessment(
  deps: Deps,
  caller: Caller,
  frameworkId: string,
  asked: { readonly from: string; readonly to: string },
): Promise<Result<ComplianceAssessment>> {
  const found = frameworkById(frameworkId)
  if (found === null) return noSuchFramework
  const assessed = await assessPeriod(deps, caller.organizationId, found, periodOf(asked))
  return assessed.ok ? ok(assessed.value.assessment) : assessed
}
