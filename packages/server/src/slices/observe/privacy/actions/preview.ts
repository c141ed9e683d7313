import type { DeletionPreview, ErasedTable, PersonSubject } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { tryText } from '../../masking/index.ts'
import {
  dayBehind,
  executionsByIndex,
  executionsOnDay,
  extentOf,
  needsReading,
  type PersonMatch,
  tokensInTexts,
} from '../../telemetry/index.ts'
import { weighDeletion } from '../model.ts'
import { holdOfSubject } from '../store/holds.ts'
import { personalRows } from '../store/personal.ts'
import { personalData } from './declared.ts'
import { heldExecutions } from './holds.ts'
import { macOf, matchOf } from './subject.ts'

/** A preview looks for so long and counts so many executions; the deletion itself has no such limits. */
const longestMs = 5_000
const mostCounted = 2_000
const countedAtOnce = 200

/** What a deletion would erase, counted and nothing changed. */
export async function previewDeletion(
  deps: Deps,
  caller: Caller,
  subject: PersonSubject,
): Promise<z.input<typeof DeletionPreview>> {
  const { organizationId } = caller
  const untilMs = deps.clock.monotonicMs() + longestMs
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => deps.store.transaction({ organizationId }, work)
  const match = await inTx((tx) => matchOf(deps, tx, subject, deps.clock.now()))
  const found = await findAll(deps, inTx, match, untilMs)
  const ids = [...found.ids].slice(0, mostCounted)
  const rows = new Map<string, number>()
  const tokens = new Set<string>()
  let heldCount = 0
  const times: Instant[] = []
  for (let at = 0; at < ids.length; at += countedAtOnce)
    await inTx(async (tx) => {
      const executionIds = ids.slice(at, at + countedAtOnce)
      const extent = await extentOf(tx, executionIds)
      const { days } = extent
      heldCount += (await heldExecutions(deps, tx, executionIds, days)).size
      for (const time of [extent.first, extent.last]) if (time !== null) times.push(time)
      for (const token of await tokensInTexts(tx, executionIds, days)) tokens.add(token)
      for (const table of personalData().tables) {
        const more = await personalRows(tx, table, { executionIds, days }, false)
        rows.set(table.table, (rows.get(table.table) ?? 0) + more)
      }
    })
  await inTx(async (tx) => {
    for (const table of personalData().tables) {
      const more = await personalRows(tx, table, { values: match.values }, false)
      rows.set(table.table, (rows.get(table.table) ?? 0) + more)
    }
  })
  for (const payloads of personalData().payloads)
    rows.set(payloads.table, await countPayloads(deps, inTx, match, payloads))
  const { because } = weighDeletion()
  const tried = await tryText(deps, caller, { text: subject.value })
  const masked = subject.kind === 'email' && tried.ok && tried.value.finds.length > 0
  return {
    executions: found.ids.size,
    firstStartedAt: times.length === 0 ? null : toIso(instantFromEpochMs(Math.min(...times))),
    lastStartedAt: times.length === 0 ? null : toIso(instantFromEpochMs(Math.max(...times))),
    tokens: new Set([...tokens, ...match.values.slice(1)]).size,
    tables: erasedTables(Object.fromEntries(rows)),
    isComplete: found.isComplete && found.ids.size <= mostCounted,
    heldExecutions: heldCount,
    isOnLegalHold: (await inTx((tx) => holdOfSubject(tx, macOf(deps, organizationId, subject)))) !== null,
    isMaskedOnArrival: masked && match.values.length === 1,
    because,
  }
}

type InTx = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

async function findAll(
  deps: Deps,
  inTx: InTx,
  match: PersonMatch,
  untilMs: number,
): Promise<{ readonly ids: ReadonlySet<string>; readonly isComplete: boolean }> {
  const ids = new Set(await inTx((tx) => executionsByIndex(tx, match)))
  if (!needsReading(match)) return { ids, isComplete: true }
  let day = await inTx((tx) => dayBehind(tx, null))
  while (day !== null && deps.clock.monotonicMs() < untilMs) {
    const searched = day
    for (const id of await inTx((tx) => executionsOnDay(tx, match, searched))) ids.add(id)
    day = await inTx((tx) => dayBehind(tx, searched))
  }
  return { ids, isComplete: day === null }
}

async function countPayloads(
  deps: Deps,
  inTx: InTx,
  match: PersonMatch,
  { scan }: ReturnType<typeof personalData>['payloads'][number],
): Promise<number> {
  let named = 0
  let after: string | null = null
  do {
    const from: string | null = after
    const seen: { readonly named: number; readonly after: string | null } = await inTx((tx) =>
      scan(deps, tx, { values: match.values, after: from, erase: false }),
    )
    named += seen.named
    after = seen.after
  } while (after !== null)
  return named
}

/** Counts by table with what the table holds, in the order of the declarations. */
export function erasedTables(counts: Readonly<Record<string, number>>): z.input<typeof ErasedTable>[] {
  const { tables, payloads } = personalData()
  const how = (erase: (typeof tables)[number]['erase']) =>
    erase === 'delete' || 'by' in erase ? ('deleted' as const) : ('blanked' as const)
  return [
    ...tables.map(({ table, holds, erase }) => ({ table, holds, how: how(erase), rows: counts[table] ?? 0 })),
    ...payloads.map(({ table, holds }) => ({ table, holds, how: 'blanked' as const, rows: counts[table] ?? 0 })),
  ]
}
