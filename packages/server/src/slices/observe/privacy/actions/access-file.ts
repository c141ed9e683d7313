import type { PersonSubject } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { accountOf } from '../../../govern/identity/index.ts'
import { anyEntry, auditHead, entriesWithin, inclusionProofsOf } from '../../../govern/ledger/index.ts'
import {
  dayBehind,
  executionsByIndex,
  executionsOnDay,
  extentOf,
  needsReading,
  type PersonMatch,
} from '../../telemetry/index.ts'
import { notExportedSentences } from '../model.ts'
import { personalRows, personalRowsWhole } from '../store/personal.ts'
import { personalData } from './declared.ts'
import { matchOf } from './subject.ts'

const executionsAtOnce = 50
const entriesAtOnce = 2_000

export interface AccessRequest {
  readonly exportId: string
  readonly requestDigest: string
  readonly requestedAt: Instant
  readonly subject: PersonSubject
  readonly salt: string
}

type InTx = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

/**
 * The file of an access export (`metaagent-access/v1`), piece by piece: the person's account if they have one, the rows of
 * every table that declares to hold something of people, sealed payloads that name them, and ledger entries about their
 * runs with proofs. Each piece is read in a transaction of its own.
 */
export async function* writeAccessFile(
  deps: Deps,
  organizationId: string,
  request: AccessRequest,
  whenWhole: (figures: { readonly executions: number; readonly rows: number }) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const inTx: InTx = (work) => deps.store.transaction({ organizationId }, work)
  const match = await inTx((tx) => matchOf(deps, tx, request.subject, deps.clock.now()))
  const executionIds = await findExecutions(inTx, match)
  const { exportId, requestDigest, salt, subject } = request
  const head = {
    format: 'metaagent-access/v1',
    exportId,
    subject,
    salt,
    requestDigest,
    requestedAt: toIso(request.requestedAt),
    writtenAt: toIso(deps.clock.now()),
    notHere: notExportedSentences,
    standsFor: match.values.slice(1),
    account: subject.kind === 'email' ? await inTx((tx) => accountOf(deps, tx, subject.value)) : null,
    executions: executionIds,
  }
  yield text(`${JSON.stringify(head).slice(0, -1)},"tables":[`)
  let rows = 0
  let isFirst = true
  for await (const part of tableParts(deps, inTx, match, executionIds)) {
    rows += part.rows.length
    yield text(`${isFirst ? '' : ','}\n${JSON.stringify(part)}`)
    isFirst = false
  }
  yield text('],"ledger":')
  for await (const piece of ledgerPieces(inTx, executionIds)) yield text(piece)
  yield text('}\n')
  await whenWhole({ executions: executionIds.length, rows })
}

function text(piece: string): Uint8Array {
  return Buffer.from(piece)
}

async function findExecutions(inTx: InTx, match: PersonMatch): Promise<readonly string[]> {
  const ids = new Set(await inTx((tx) => executionsByIndex(tx, match)))
  let day = needsReading(match) ? await inTx((tx) => dayBehind(tx, null)) : null
  while (day !== null) {
    const searched = day
    for (const id of await inTx((tx) => executionsOnDay(tx, match, searched))) ids.add(id)
    day = await inTx((tx) => dayBehind(tx, searched))
  }
  return [...ids].toSorted()
}

interface Part {
  readonly table: string
  readonly holds: string
  readonly rows: readonly unknown[]
  /** Rows that are made of the others and are not repeated. */
  readonly derivedRows?: number
}

async function* tableParts(
  deps: Deps,
  inTx: InTx,
  match: PersonMatch,
  executionIds: readonly string[],
): AsyncGenerator<Part> {
  const { tables, payloads } = personalData()
  for (const declared of tables) {
    const { table, holds } = declared
    for (let at = 0; at < executionIds.length; at += executionsAtOnce) {
      const ids = executionIds.slice(at, at + executionsAtOnce)
      yield await inTx(async (tx) => {
        const whose = { executionIds: ids, days: (await extentOf(tx, ids)).days }
        const rows = await personalRowsWhole(tx, declared, whose)
        return rows === null
          ? { table, holds, rows: [], derivedRows: await personalRows(tx, declared, whose, false) }
          : { table, holds, rows }
      })
    }
    const named = await inTx((tx) => personalRowsWhole(tx, declared, { values: match.values }))
    if (named !== null && named.length > 0) yield { table, holds, rows: named }
  }
  for (const { table, holds, scan } of payloads) {
    let after: string | null = null
    do {
      const from: string | null = after
      const asked = { values: match.values, after: from, erase: false, collect: true }
      const seen: Awaited<ReturnType<typeof scan>> = await inTx((tx) => scan(deps, tx, asked))
      if (seen.texts !== undefined && seen.texts.length > 0) yield { table, holds, rows: seen.texts }
      after = seen.after
    } while (after !== null)
  }
}

/** Entries about the person's runs, each with its proof against one signed checkpoint; null while nothing is in the tree. */
async function* ledgerPieces(inTx: InTx, executionIds: readonly string[]): AsyncGenerator<string> {
  const head = await inTx(auditHead)
  if (head === null) {
    yield 'null'
    return
  }
  const { treeSize, checkpoint, verifierKey } = head
  yield `${JSON.stringify({ treeSize, checkpoint, verifierKey }).slice(0, -1)},"entries":[`
  const filter = { ...anyEntry, executionIds: [...executionIds, ...executionIds.map(hyphenated)] }
  let isFirst = true
  for (let start = 0; start < treeSize && executionIds.length > 0; start += entriesAtOnce) {
    const stretch = { start, end: Math.min(treeSize, start + entriesAtOnce) }
    const found = await inTx(async (tx) => {
      const rows = await entriesWithin(tx, filter, stretch, 'oldest-first', entriesAtOnce)
      const places = rows.map(({ entry_index }) => entry_index)
      const proofs = await inclusionProofsOf(tx, places, treeSize)
      return rows.map((row) => ({ index: row.entry_index, entry: row.leaf, proof: proofs.get(row.entry_index) }))
    })
    for (const entry of found) {
      yield `${isFirst ? '' : ','}\n${JSON.stringify(entry)}`
      isFirst = false
    }
  }
  yield ']}'
}

function hyphenated(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
