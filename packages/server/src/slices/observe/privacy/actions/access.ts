import { createHash } from 'node:crypto'
import type { AccessExport, AccessExportList, AccessExportOrder, PersonSubject } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { BytesReply, Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { eraseSubject, seal } from '../../../govern/identity/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { accessFileMs, digestedText } from '../model.ts'
import {
  closeExport,
  expiredExports,
  exportById,
  insertExport,
  listExports,
  markDelivered,
  type StoredExport,
} from '../store/access-exports.ts'
import { writeAccessFile } from './access-file.ts'
import { openSubject, sealedAs } from './subject.ts'

const mostShown = 200
const actor = { kind: 'system', id: 'privacy' } as const
const noSuchExport = refuse('not-found', 'Your organization has no access export with this id.')

/** Takes on a person's request to see what is kept of them. The file is written whenever it is fetched, for two weeks. */
export async function requestAccess(
  deps: Deps,
  caller: Caller,
  { subject, reason }: z.output<typeof AccessExportOrder>,
): Promise<Result<z.input<typeof AccessExport>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [exportId, subjectId, now] = [deps.ids.uuid(), deps.ids.uuid(), deps.clock.now()]
    const salt = Buffer.from(deps.random.bytes(32)).toString('base64url')
    const requestDigest = `sha256:${createHash('sha256').update(digestedText(subject, salt)).digest('hex')}`
    const by = actorOf(caller)
    await insertExport(tx, {
      exportId,
      kind: subject.kind,
      subjectId,
      subjectSealed: await seal(deps, tx, subjectId, JSON.stringify({ subject, salt }), sealedAs),
      requestDigest,
      reason,
      requestedBy: `${by.kind}:${by.id}`,
      requestedAt: now,
      expiresAt: addMs(now, accessFileMs),
    })
    const payload = { exportId, kind: subject.kind, requestDigest }
    await append(deps, tx, [
      { type: 'privacy.access.requested', subject: `access/${exportId}`, actor: by, correlationId: exportId, payload },
    ])
    const made = await exportById(tx, exportId)
    return made === null ? noSuchExport : ok(await viewOf(deps, tx, made))
  })
}

export async function readAccessExports(deps: Deps, caller: Caller): Promise<z.input<typeof AccessExportList>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const items = []
    for (const row of await listExports(tx, mostShown)) items.push(await viewOf(deps, tx, row))
    return { items }
  })
}

/** Everything that is kept of the person, written while it is read. A file that is cut off counts as not delivered. */
export async function fetchAccessFile(deps: Deps, caller: Caller, exportId: string): Promise<Result<BytesReply>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, async (tx) => {
    const row = await exportById(tx, exportId)
    return row === null ? null : { row, opened: await openSubject(deps, tx, row) }
  })
  if (found === null) return noSuchExport
  const { row, opened } = found
  if (opened === null || deps.clock.now() >= row.expiresAt)
    return refuse(
      'evidence-erased',
      'The time of this request is over and it names nobody any more. Ask for access again.',
    )
  const { requestDigest } = row
  const request = { exportId, requestDigest, requestedAt: row.requestedAt, ...opened }
  const whenWhole = async (figures: { readonly executions: number; readonly rows: number }) =>
    deps.store.transaction({ organizationId }, async (tx) => {
      await markDelivered(tx, exportId, { at: deps.clock.now(), ...figures })
      const payload = { exportId, requestDigest, ...figures }
      await append(deps, tx, [
        {
          type: 'privacy.access.delivered',
          subject: `access/${exportId}`,
          actor: actorOf(caller),
          correlationId: exportId,
          payload,
        },
      ])
    })
  return ok({
    contentType: 'application/json; charset=utf-8',
    body: writeAccessFile(deps, organizationId, request, whenWhole),
    headers: { 'content-disposition': `attachment; filename="access-${exportId}.json"`, 'cache-control': 'no-store' },
  })
}

/** Closes requests whose time is over: their keys are destroyed, figures stay. */
export async function closeAccessExports(deps: Deps): Promise<void> {
  const expired = await deps.store.transaction('deployment', (tx) => expiredExports(tx, deps.clock.now()))
  for (const { organizationId, exportId } of expired)
    await deps.pacer.step(() =>
      deps.store.transaction({ organizationId }, async (tx) => {
        const row = await exportById(tx, exportId)
        if (row === null || !(await closeExport(tx, exportId, deps.clock.now()))) return
        const erased = await eraseSubject(deps, tx, row.subjectId, actor)
        assertInvariant(erased.ok, 'the subject of a request is nobody’s account')
        const payload = { exportId, requestDigest: row.requestDigest }
        await append(deps, tx, [
          { type: 'privacy.access.closed', subject: `access/${exportId}`, actor, correlationId: exportId, payload },
        ])
      }),
    )
}

const iso = (at: Instant | null) => (at === null ? null : toIso(at))

async function viewOf(deps: Deps, tx: Tx, row: StoredExport): Promise<z.input<typeof AccessExport>> {
  const subject: PersonSubject | null = (await openSubject(deps, tx, row))?.subject ?? null
  return {
    exportId: row.exportId,
    subject: { kind: row.kind, key: subject?.key ?? null, value: subject?.value ?? null },
    reason: row.reason,
    requestDigest: row.requestDigest,
    requestedBy: row.requestedBy,
    requestedAt: toIso(row.requestedAt),
    expiresAt: toIso(row.expiresAt),
    deliveredAt: iso(row.deliveredAt),
    executions: row.executions,
    rows: row.rows,
    closedAt: iso(row.closedAt),
  }
}
