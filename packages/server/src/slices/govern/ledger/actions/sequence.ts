import type { JournalEvent } from '@metaagent/contract'
import { leafHash, utf8Bytes } from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import {
  append,
  comparePositions,
  hasUnreadable,
  journalStart,
  type PlacedEvent,
  type Position,
  readStretch,
} from '../../journal/index.ts'
import { anchorLeaf, contradictionOf, leafOf, ledgerTypes, organizationOrigin } from '../model.ts'
import { entryCount, insertEntries } from '../store/entries.ts'
import {
  deleteHalt,
  type Halt,
  insertHalt,
  listHalts,
  lockSequencer,
  moveSequencer,
  readSequencer,
} from '../store/sequencer.ts'
import { insertAnchor, latestAnchor } from '../store/tree.ts'
import { openSigningKeys, type SigningKeys } from './keys.ts'
import {
  extendLog,
  type Head,
  readHead,
  type SignedHead,
  sha256Base64,
  signatureHolds,
  tilesLeadToRoot,
} from './tree.ts'

/** Rows of the journal that one transaction looks at. */
const rowsPerRun = 1_000
/** Looks for which `sequenceNow` waits until transactions elsewhere let the last events be read. */
const mostFenceLooks = 500

interface Run {
  readonly deps: Deps
  readonly origin: string
  readonly keys: SigningKeys
}

/** Sequences what can be read now, in as many transactions as it takes. The reconciler behind the job. */
export async function sequence(deps: Deps): Promise<void> {
  while (await sequenceStretch(deps));
}

/** The same at once, and waits for events that are committed but held back by a transaction that is still running. */
export async function sequenceNow(deps: Deps): Promise<void> {
  await sequence(deps)
  for (let looks = 0; looks < mostFenceLooks; looks++) {
    if (!(await deps.store.transaction('deployment', hasUnreadable))) return
    await sequence(deps)
  }
}

/**
 * One stretch of the journal: entries, tiles, checkpoints of the organizations, the deployment's log and the place
 * reached, all in one transaction. True when there is more.
 */
async function sequenceStretch(deps: Deps): Promise<boolean> {
  return await deps.store.transaction('deployment', async (tx) => {
    const before = await readSequencer(tx)
    const peeked = await read(tx, before?.position ?? journalStart)
    const idle = before !== null && comparePositions(peeked.upTo, before.position) === 0
    if (idle && (await listHalts(tx)).length === 0) return false
    const state = await lockSequencer(tx, { origin: deps.settings.ledgerOrigin, position: journalStart })
    // While this one waited for the lock, another may have sequenced what was peeked at.
    const overtaken = comparePositions(state.position, before?.position ?? journalStart) !== 0
    const stretch = overtaken ? await read(tx, state.position) : peeked
    const halts = await listHalts(tx)
    const run: Run = { deps, origin: state.origin, keys: await openSigningKeys(deps, tx) }
    const heads = await resumeHalted(run, tx, halts, stretch.upTo)
    const halted = new Set(halts.map((halt) => halt.organizationId))
    for (const [organizationId, events] of byOrganization(stretch.events)) {
      // What halted logs wait for includes this stretch, whether they were resumed just now or not.
      if (halted.has(organizationId)) continue
      const head = await tx.within({ organizationId }, (inner) => continueLog(run, inner, events, state.position))
      if (head !== null) heads.set(organizationId, head)
    }
    await anchor(run, tx, heads)
    await moveSequencer(tx, stretch.upTo)
    return stretch.more
  })
}

async function read(tx: Tx, after: Position) {
  return await readStretch(tx, after, { types: ledgerTypes, organizationId: null }, rowsPerRun)
}

function byOrganization(events: readonly PlacedEvent[]): ReadonlyMap<string, readonly JournalEvent[]> {
  const groups = new Map<string, JournalEvent[]>()
  for (const { event } of events) {
    const group = groups.get(event.organizationId)
    if (group === undefined) groups.set(event.organizationId, [event])
    else group.push(event)
  }
  return groups
}

/** Adds the events to the organization's log; null, and a halt, when what is stored contradicts what was signed. */
async function continueLog(
  run: Run,
  tx: Tx,
  events: readonly JournalEvent[],
  behind: Position,
): Promise<SignedHead | null> {
  const origin = organizationOrigin(run.origin, tx.organizationId)
  const head = await readHead(tx, 'organization')
  const reason = await contradiction(run, tx, origin, head)
  if (reason !== null) {
    const { log, clock } = run.deps
    await insertHalt(tx, reason, behind, clock.now())
    log.error(
      { organizationId: tx.organizationId, reason },
      'a ledger contradicts its signed checkpoint and was halted',
    )
    return null
  }
  return await addEntries(run, tx, origin, head, events)
}

async function contradiction(run: Run, tx: Tx, origin: string, head: Head): Promise<string | null> {
  return contradictionOf({
    treeSize: head.treeSize,
    entries: await entryCount(tx),
    anchoredSize: (await latestAnchor(tx))?.treeSize ?? 0,
    tilesLeadToRoot: tilesLeadToRoot(head),
    signatureHolds: await signatureHolds(head, origin, run.keys),
  })
}

async function addEntries(
  { deps, keys }: Run,
  tx: Tx,
  origin: string,
  head: Head,
  events: readonly JournalEvent[],
): Promise<SignedHead> {
  const entries = events.map((event, at) => {
    const leaf = leafOf(event, sha256Base64)
    const { eventId, type, subject, occurredAt } = event
    const hash = leafHash(nodeSha256, utf8Bytes(leaf))
    return { index: head.treeSize + at, eventId, type, subject, occurredAt, leaf, leafHash: hash }
  })
  await insertEntries(tx, entries, deps.clock.now())
  const hashes = entries.map((entry) => entry.leafHash)
  const signed = await extendLog(deps, tx, 'organization', origin, keys, head, hashes)
  const payload = { treeSize: signed.treeSize, rootHash: signed.rootHash }
  const actor = { kind: 'system', id: 'ledger' } as const
  await append(deps, tx, [{ type: 'ledger.checkpoint.signed', subject: 'ledger', actor, payload }])
  return signed
}

/** Puts the new checkpoints into the deployment's log and notes with each organization where. Deployment scope. */
async function anchor(run: Run, tx: Tx, heads: ReadonlyMap<string, SignedHead>): Promise<void> {
  if (heads.size === 0) return
  const head = await readHead(tx, 'deployment')
  assertInvariant(
    tilesLeadToRoot(head) && (await signatureHolds(head, run.origin, run.keys)),
    'the deployment’s log leads to its signed root; it was changed from outside and is not continued',
  )
  const leaves = [...heads].map(([organizationId, signed]) => ({ organizationId, signed, leaf: anchorLeaf(signed) }))
  const hashes = leaves.map(({ leaf }) => leafHash(nodeSha256, utf8Bytes(leaf)))
  await extendLog(run.deps, tx, 'deployment', run.origin, run.keys, head, hashes)
  for (const [at, { organizationId, signed, leaf }] of leaves.entries()) {
    const place = { treeSize: signed.treeSize, deploymentIndex: head.treeSize + at, leaf }
    await tx.within({ organizationId }, (inner) => insertAnchor(inner, place))
  }
}

/** Takes up halted logs whose contradiction is gone (a backup was put back), with the events that waited. */
async function resumeHalted(
  run: Run,
  tx: Tx,
  halts: readonly Halt[],
  upTo: Position,
): Promise<Map<string, SignedHead>> {
  const heads = new Map<string, SignedHead>()
  for (const halt of halts) {
    const { organizationId } = halt
    const origin = organizationOrigin(run.origin, organizationId)
    const head = await tx.within({ organizationId }, async (inner) => {
      const found = await readHead(inner, 'organization')
      return (await contradiction(run, inner, origin, found)) === null ? found : null
    })
    if (head === null) continue
    const events = await waiting(tx, halt, upTo)
    const signed = await tx.within({ organizationId }, async (inner) => {
      await deleteHalt(inner)
      return events.length === 0 ? null : await addEntries(run, inner, origin, head, events)
    })
    if (signed !== null) heads.set(organizationId, signed)
    run.deps.log.info({ organizationId, entries: events.length }, 'a halted ledger goes on')
  }
  return heads
}

async function waiting(tx: Tx, halt: Halt, upTo: Position): Promise<readonly JournalEvent[]> {
  const wanted = { types: ledgerTypes, organizationId: halt.organizationId }
  const events: PlacedEvent[] = []
  let position = halt.position
  while (comparePositions(position, upTo) < 0) {
    const stretch = await readStretch(tx, position, wanted, rowsPerRun)
    events.push(...stretch.events)
    if (!stretch.more) break
    position = stretch.upTo
  }
  return events.filter((placed) => comparePositions(placed.position, upTo) <= 0).map((placed) => placed.event)
}
