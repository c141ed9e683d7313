import type { EvidencePack, EvidencePackOrder, EvidencePackQuery, EvidencePackSummary } from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { BytesReply, Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../journal/index.ts'
import { inclusionProofsOf } from '../../ledger/index.ts'
import { packLimits } from '../model/limits.ts'
import { insertPack, listPacks, packFile, type StoredPack } from '../store.ts'
import { assessPeriod, frameworkById, noSuchFramework, periodOf } from './assessment.ts'
import { digestOf } from './frameworks.ts'

const noSuchPack = refuse('not-found', 'Your organization has no evidence pack with this id.')

/**
 * Makes a pack: assesses the framework on the period and keeps the file with every listed entry's proof. The file's digest
 * is journaled in the same transaction, so that the ledger itself says which file was made.
 */
export async function createPack(
  deps: Deps,
  caller: Caller,
  order: z.output<typeof EvidencePackOrder>,
): Promise<Result<z.input<typeof EvidencePackSummary>>> {
  const found = frameworkById(order.framework)
  if (found === null) return noSuchFramework
  const { organizationId } = caller
  const period = periodOf(order)
  const made = await assessPeriod(deps, organizationId, found, period)
  if (!made.ok) return made
  const { assessment, head, entries } = made.value
  const { treeSize, checkpoint, verifierKey } = head
  const { covered, gaps, outside } = assessment
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const places = entries.map(({ entry_index }) => entry_index)
    const proofs = await inclusionProofsOf(tx, places, treeSize)
    const [packId, now, actor] = [deps.ids.uuid(), deps.clock.now(), actorOf(caller)]
    const createdBy = `${actor.kind}:${actor.id}`
    const pack: EvidencePack = {
      format: 'metaagent-evidence/v1',
      kind: 'evidence-pack',
      packId,
      ...assessment,
      createdAt: toIso(now),
      createdBy,
      limits: [...packLimits],
      checkpoint,
      verifierKey,
      entries: entries.map(({ entry_index, leaf }) => ({
        index: entry_index,
        entry: leaf,
        proof: [...(proofs.get(entry_index) ?? [])],
      })),
    }
    const file = canonicalJson(pack)
    const digest = digestOf(file)
    const { id, name, version } = assessment.framework
    const told = { packId, framework: id, version, from: assessment.from, to: assessment.to }
    const payload = { ...told, covered, gaps, outside, treeSize, digest }
    const [event] = await append(deps, tx, [
      { type: 'compliance.pack.created', subject: `pack/${packId}`, actor, correlationId: packId, payload },
    ])
    const stored: StoredPack = {
      packId,
      framework: { id, name, version, digest: assessment.framework.digest },
      ...period,
      createdAt: now,
      createdBy,
      covered,
      gaps,
      outside,
      entries: entries.length,
      treeSize,
      digest,
      eventId: event?.eventId ?? packId,
    }
    await insertPack(tx, stored, file)
    return ok(viewOf(stored))
  })
}

/** Packs of the organization, the newest first. */
export async function readPacks(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof EvidencePackQuery>,
): Promise<Result<{ items: z.input<typeof EvidencePackSummary>[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const position = cursor === undefined ? null : decodePageCursor('compliance.packs', filters, cursor, 1)
  if (position !== null && !position.ok) return position
  const before = position?.value[0] ?? null
  if (before !== null && !/^[0-9a-f-]{36}$/.test(before))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) =>
    listPacks(tx, filters.framework ?? null, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  const nextCursor = more ? encodePageCursor('compliance.packs', filters, [last.packId]) : null
  return ok({ items: items.map(viewOf), nextCursor })
}

/** The file itself, byte for byte what its digest is over. */
export async function readPack(deps: Deps, caller: Caller, packId: string): Promise<Result<BytesReply>> {
  const { organizationId } = caller
  const file = await deps.store.transaction({ organizationId }, (tx) => packFile(tx, packId))
  if (file === null) return noSuchPack
  const headers = { 'content-disposition': `attachment; filename="evidence-${packId}.json"` }
  return ok({ contentType: 'application/json; charset=utf-8', body: file, headers })
}

function viewOf({ from, to, createdAt, ...rest }: StoredPack): z.input<typeof EvidencePackSummary> {
  return { ...rest, from: toIso(from), to: toIso(to), createdAt: toIso(createdAt) }
}
