import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { eraseSubject } from '../../../govern/identity/index.ts'
import { append, journalHints } from '../../../govern/journal/index.ts'
import { eraseTokens } from '../../masking/index.ts'
import {
  dayBehind,
  executionsByIndex,
  executionsOnDay,
  extentOf,
  needsReading,
  type PersonMatch,
  tokensInTexts,
} from '../../telemetry/index.ts'
import { addCounts, decideNext, untold, watchAfter } from '../model.ts'
import {
  addExecutions,
  beginAgain,
  closeDeletion,
  completeDeletion,
  deletionById,
  dueDeletions,
  lockDeletion,
  markErased,
  markHeld,
  openExecutions,
  type StoredDeletion,
  updateDeletion,
} from '../store/deletions.ts'
import { holdOfSubject, lockHolds } from '../store/holds.ts'
import { personalRows } from '../store/personal.ts'
import { personalData } from './declared.ts'
import { heldExecutions } from './holds.ts'
import { macOf, matchOf, openSubject } from './subject.ts'

const executionsPerStep = 50
const actor = { kind: 'system', id: 'privacy' } as const

/**
 * Goes on with every request that is open, step by step: each is one transaction that reads what has come to be, does one
 * thing and counts it, so that a crash between two loses nothing and counts nothing twice.
 */
export async function workOnDeletions(deps: Deps): Promise<void> {
  const due = await deps.store.transaction('deployment', (tx) => dueDeletions(tx, deps.clock.now()))
  for (const { organizationId, deletionId } of due) {
    let more = true
    while (more)
      more = await deps.pacer.step(() =>
        deps.store.transaction({ organizationId }, (tx) => nextStep(deps, tx, deletionId)),
      )
  }
}

/** Does one step; false when there is nothing to do now. */
async function nextStep(deps: Deps, tx: Tx, deletionId: string): Promise<boolean> {
  await lockDeletion(tx, deletionId)
  const row = await deletionById(tx, deletionId)
  const opened = row === null ? null : await openSubject(deps, tx, row)
  if (row === null || opened === null) return false
  await lockHolds(tx, 'shared')
  const match = await matchOf(deps, tx, opened.subject, row.requestedAt)
  const hold = await holdOfSubject(tx, macOf(deps, tx.organizationId, opened.subject))
  const progress = { ...(await progressOf(tx, row, match)), isOnLegalHold: hold !== null }
  const next = decideNext(progress, deps.clock.now())
  // Whoever watches sees every step; most of them are no event.
  if (next.step !== 'rest') tx.afterCommit(() => deps.store.notify(journalHints))
  switch (next.step) {
    case 'search':
      await search(tx, row, match, next.day)
      return true
    case 'erase':
      await eraseSome(deps, tx, row)
      return true
    case 'complete':
      await complete(deps, tx, row, match)
      return true
    case 'look-again':
      await beginAgain(tx, deletionId)
      return true
    case 'close':
      await close(deps, tx, row)
      return false
    case 'rest':
      return false
  }
}

async function progressOf(tx: Tx, row: StoredDeletion, match: PersonMatch) {
  const { state, completedAt, watchedUntil, nextLookAt, heldExecutions: held, searchedDay } = row
  const nextDay = state === 'finding' ? await dayToSearch(tx, match, searchedDay) : null
  const open = row.executions - row.erasedExecutions - held
  return { state, nextDay, open, held, completedAt, watchedUntil, nextLookAt }
}

/** A conversation is found through its index at once: the first day stands for all. */
async function dayToSearch(tx: Tx, match: PersonMatch, searchedDay: string | null): Promise<string | null> {
  if (!needsReading(match) && searchedDay !== null) return null
  return dayBehind(tx, searchedDay)
}

async function search(tx: Tx, row: StoredDeletion, match: PersonMatch, day: string): Promise<void> {
  const { deletionId, completedAt, searchedDay } = row
  const byIndex = searchedDay === null ? await executionsByIndex(tx, match) : []
  const read = needsReading(match) ? await executionsOnDay(tx, match, day) : []
  await addExecutions(tx, deletionId, [...byIndex, ...read], completedAt !== null)
  await updateDeletion(tx, deletionId, { searchedDay: day })
}

async function eraseSome(deps: Deps, tx: Tx, row: StoredDeletion): Promise<void> {
  const { deletionId } = row
  const openIds = await openExecutions(tx, deletionId, executionsPerStep)
  const { days } = await extentOf(tx, openIds)
  const held = await heldExecutions(deps, tx, openIds, days)
  await markHeld(tx, deletionId, held)
  const executionIds = openIds.filter((id) => !held.has(id.replaceAll('-', '')))
  // A token that stands in a run on hold keeps its key, or the run could not be read.
  const heldTokens = new Set(await tokensInTexts(tx, [...held.keys()], days))
  const tokens = (await tokensInTexts(tx, executionIds, days)).filter((token) => !heldTokens.has(token))
  const erasedTokens = await eraseTokens(deps, tx, tokens, { actor, reason: reasonOf(row) })
  const counts: Record<string, number> = {}
  for (const table of personalData().tables)
    counts[table.table] = await personalRows(tx, table, { executionIds, days }, true)
  await markErased(tx, deletionId, executionIds, deps.clock.now())
  await updateDeletion(tx, deletionId, {
    state: 'erasing',
    tokens: row.tokens + erasedTokens,
    counts: addCounts(row.counts, counts),
  })
}

const reasonOf = ({ deletionId }: StoredDeletion) => `deletion ${deletionId}`

/** Erases what names the subject without an execution, then tells what was done and when it is looked at again. */
async function complete(deps: Deps, tx: Tx, row: StoredDeletion, match: PersonMatch): Promise<void> {
  const { deletionId, requestDigest, completedAt } = row
  const { values } = match
  const erasedTokens = await eraseTokens(deps, tx, values.slice(1), { actor, reason: reasonOf(row) })
  let counts = row.counts
  for (const table of personalData().tables)
    counts = addCounts(counts, { [table.table]: await personalRows(tx, table, { values }, true) })
  counts = addCounts(counts, await erasePayloads(deps, tx, values))
  const figures = { executions: row.executions, tokens: row.tokens + erasedTokens, counts }
  await updateDeletion(tx, deletionId, { tokens: figures.tokens, counts })
  const told = untold(figures, row.told)
  let eventId: string | null = null
  if (told !== null) {
    const tables = Object.entries(told.counts).map(([table, rows]) => ({ table, rows }))
    const payload = { deletionId, requestDigest, executions: told.executions, tokens: told.tokens, tables }
    const type = completedAt === null ? 'privacy.deletion.completed' : 'privacy.deletion.late_erased'
    const [event] = await append(deps, tx, [
      { type, subject: `deletion/${deletionId}`, actor, correlationId: deletionId, payload },
    ])
    eventId = event?.eventId ?? null
  }
  const now = deps.clock.now()
  await completeDeletion(tx, deletionId, { eventId, told: figures, at: now, ...watchAfter(row, now) })
}

async function erasePayloads(deps: Deps, tx: Tx, values: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { table, scan } of personalData().payloads) {
    let after: string | null = null
    do {
      const seen: Awaited<ReturnType<typeof scan>> = await scan(deps, tx, { values, after, erase: true })
      counts[table] = (counts[table] ?? 0) + seen.named
      after = seen.after
    } while (after !== null)
  }
  return counts
}

/** Destroys the key under which the request names the person: from now on it is figures alone. */
async function close(deps: Deps, tx: Tx, row: StoredDeletion): Promise<void> {
  const { deletionId, requestDigest } = row
  const erased = await eraseSubject(deps, tx, row.subjectId, actor)
  assertInvariant(erased.ok, 'the subject of a request is nobody’s account')
  await closeDeletion(tx, row, deps.clock.now())
  await append(deps, tx, [
    {
      type: 'privacy.deletion.closed',
      subject: `deletion/${deletionId}`,
      actor,
      correlationId: deletionId,
      payload: { deletionId, requestDigest },
    },
  ])
}
