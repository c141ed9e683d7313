import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { addMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, listEvents, typePattern } from '../../../govern/journal/index.ts'
import { noTrust, stateOfJournal, type TrustState } from '../model/evidence.ts'
import { decideCompaction } from '../model/snapshot.ts'
import { lastSeqOf } from '../store/known.ts'
import * as store from '../store/snapshots.ts'
import { compactionSettings } from './settings.ts'

const actor = { kind: 'system', id: 'trust' } as const
/** So many snapshots are kept; the oldest is the earliest that the journal can be replayed from. */
const snapshotsKept = 5
const entriesPerStep = 5_000
const dayMs = 86_400_000

/**
 * Keeps the state of each organization's trust journal as a snapshot when enough entries came, replayed from the one before
 * and held against the stored state, and retires entries whose time has run out and that a kept snapshot stands for. Safe to
 * cut off anywhere and to run again.
 */
export async function compactJournals(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    await deps.pacer.step(() => deps.store.transaction({ organizationId }, (tx) => compact(deps, tx)))
    while (await deps.pacer.step(() => deps.store.transaction({ organizationId }, (tx) => retire(deps, tx))));
  }
}

/** How a replay came out: the digest of the state, and whether the stored state is the same to the last bit. */
export interface Replayed {
  readonly seq: number
  readonly state: string
  readonly sha256: string
  readonly storedSha256: string
}

/** Replays the journal from a snapshot, or from its beginning, and puts the stored state beside it. */
async function replay(tx: Tx, from: store.Snapshot | null, stored: store.StoredState): Promise<Replayed> {
  const { seq } = stored
  let state: TrustState = from === null ? noTrust : (JSON.parse(from.state) as TrustState)
  for (let after = from?.seq ?? 0; after < seq; ) {
    const entries = await store.entriesAfter(tx, after, seq, entriesPerStep)
    state = stateOfJournal(
      entries.map(({ entry }) => entry),
      state,
    )
    after = entries.at(-1)?.seq ?? seq
  }
  const text = JSON.stringify(state)
  return { seq, state: text, sha256: digestOf(text), storedSha256: digestOf(JSON.stringify(stored.state)) }
}

async function compact(deps: Deps, tx: Tx): Promise<void> {
  const { snapshotEvery } = await compactionSettings(deps, tx)
  const [newest = null] = await store.snapshots(tx, 1)
  const due = decideCompaction({ lastSeq: await lastSeqOf(tx), snapshotSeq: newest?.seq ?? 0, snapshotEvery })
  if (due.kind === 'wait') return
  const replayed = await replay(tx, newest, await store.storedState(tx))
  const { seq, sha256, storedSha256 } = replayed
  if (sha256 !== storedSha256) {
    await tellDivergence(deps, tx, replayed)
    return
  }
  await store.insertSnapshot(tx, replayed, deps.clock.now())
  await store.dropSnapshots(tx, snapshotsKept)
  const payload = { seq, entries: seq - (newest?.seq ?? 0), stateSha256: sha256 }
  await append(deps, tx, [{ type: 'trust.journal.compacted', subject: 'trust', actor, payload }])
}

/** Told once for each state: no snapshot is made of a journal that contradicts what is stored, and a person has to look. */
async function tellDivergence(deps: Deps, tx: Tx, { seq, sha256, storedSha256 }: Replayed): Promise<void> {
  deps.log.error({ seq, sha256, storedSha256 }, 'the trust journal does not replay to the stored state')
  const type = 'trust.journal.diverged'
  const payload = { seq, storedSha256, replayedSha256: sha256 }
  const filter = { type: typePattern(type), subject: null, correlationId: null }
  const [told] = await listEvents(tx, filter, null, 1)
  if (isDeepStrictEqual(told?.payload, payload)) return
  await append(deps, tx, [{ type, subject: 'trust', actor, payload }])
}

async function retire(deps: Deps, tx: Tx): Promise<boolean> {
  const kept = await store.snapshots(tx, snapshotsKept)
  const oldest = kept.at(-1)
  if (oldest === undefined) return false
  const { journalDays } = await compactionSettings(deps, tx)
  const now = deps.clock.now()
  const through = await store.retirableThrough(tx, oldest.seq, addMs(now, -journalDays * dayMs), entriesPerStep)
  if (through === null) return false
  const entries = await store.retireEntries(tx, through, now)
  const payload = { throughSeq: through, entries, snapshotSeq: oldest.seq, stateSha256: oldest.sha256 }
  await append(deps, tx, [{ type: 'trust.journal.retired', subject: 'trust', actor, payload }])
  return true
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
