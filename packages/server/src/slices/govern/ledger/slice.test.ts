import { randomBytes, randomUUID } from 'node:crypto'
import type { ConsistencyProof, InclusionProof, LedgerEntry, LedgerStatus, ProofFile } from '@metaagent/contract'
import {
  AuditFileCheck,
  auditFormOf,
  buildProof,
  type Checkpoint,
  checkSuccession,
  decodeBase64,
  decodeEntryBundle,
  decodeHashes,
  ExportCheck,
  entryBundlePath,
  type Fault,
  formatCheckpoint,
  formatVerifierKey,
  inclusionRanges,
  leafHash,
  nodeHash,
  nodesFromLeaves,
  openCheckpoint,
  PROOF_FORMAT,
  parseAuditHeader,
  parseVerifierKey,
  rootOfLeaves,
  sha256,
  signerFromSeed,
  signNote,
  tilePath,
  tilesOfTree,
  tlogProofToInclusion,
  utf8Bytes,
  type VerifierKey,
  verifyConsistency,
  verifyInclusion,
  verifyInclusionFile,
  webCryptoVerify,
} from '@metaagent/verify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { Caller } from '../../../ports/slice.ts'
import type { Tx } from '../../../ports/store.ts'
import { describeOnStores, openTestStore } from '../../../testkit/database.ts'
import { callerOf, type SliceServer, startSliceServer } from '../../../testkit/slice-server.ts'
import { createTestDeps, type TestDeps } from '../../../testkit/test-deps.ts'
import type { TestStore } from '../../../testkit/test-stores.ts'
import { ensureFirstOrganization, eraseSubject, seal, unseal } from '../identity/index.ts'
import { append, journalSlice, type NewEvent } from '../journal/index.ts'
import { entryOfEvent, ledgerSlice, proofFileOf, sequenceNow } from './index.ts'

type Status = z.infer<typeof LedgerStatus>
interface Problem {
  readonly code: string
  readonly detail: string
}

const actor = { kind: 'system', id: 'test' } as const

function decision(note = randomUUID()): NewEvent {
  const payload = { approvalId: randomUUID(), actionDigest: note }
  return { type: 'approvals.request.consumed', subject: `approval/${payload.approvalId}`, actor, payload }
}

describeOnStores('the ledger', (kind) => {
  let opened: TestStore
  let server: SliceServer
  let deps: TestDeps
  beforeAll(async () => {
    opened = await openTestStore(kind)
    deps = createTestDeps(opened.store)
    server = await startSliceServer(deps, [journalSlice, ledgerSlice])
  })
  afterAll(async () => {
    await server.close()
    await opened.close()
  })

  const appendAs = async ({ organizationId }: Caller, events: readonly NewEvent[]) =>
    await deps.store.transaction({ organizationId }, (tx) => append(deps, tx, events))
  const decide = async (caller: Caller, count: number) => {
    const events = await appendAs(
      caller,
      Array.from({ length: count }, () => decision()),
    )
    await sequenceNow(deps)
    return events
  }
  const newAdmin = (): Caller => callerOf(randomUUID(), 'admin')
  const get = async <Body>(caller: Caller, path: string) =>
    await server.request<Body & Problem>(caller, 'GET', `/api/v1/ledger${path}`)
  const status = async (caller: Caller, log = '') => (await get<Status>(caller, log)).body
  const entries = async (caller: Caller, query = '?limit=200') =>
    (await get<{ items: LedgerEntry[]; nextCursor: string | null }>(caller, `/entries${query}`)).body.items.toReversed()

  /** What an outsider who kept the key and one checkpoint finds when looking again; null: nothing wrong. */
  const audit = async (caller: Caller, key: VerifierKey, seen: Checkpoint | null): Promise<Fault['code'] | null> => {
    const note = await server.request<string>(caller, 'GET', '/api/v1/ledger/checkpoint')
    if (note.status !== 200) return 'rollback'
    const checkpoint = await openCheckpoint(note.body, { keys: [key], origin: key.name, verify: webCryptoVerify })
    if (!checkpoint.ok) return checkpoint.fault.code
    const { size } = checkpoint.value
    if (seen !== null) {
      const proof =
        size > seen.size ? await get<z.infer<typeof ConsistencyProof>>(caller, `/consistency?from=${seen.size}`) : null
      const hashes = proof === null ? null : proof.status === 200 ? decodeHashes(proof.body.proof) : []
      const succession = checkSuccession(sha256, seen, checkpoint.value, hashes)
      if (!succession.ok) return succession.fault.code
    }
    const header = { format: PROOF_FORMAT, kind: 'export', treeSize: size, checkpoint: note.body } as const
    const check = await ExportCheck.start({ ...header, verifierKey: formatVerifierKey(key) }, { key })
    if (!check.ok) return check.fault.code
    for (const tile of tilesOfTree(size)) {
      if (tile.level !== 0) continue
      const bytes = await server.bytes(caller, `/api/v1/ledger/${entryBundlePath(tile)}`)
      const leaves = decodeEntryBundle(bytes, tile.width)
      if (!leaves.ok) return leaves.fault.code
      for (const leaf of leaves.value) {
        const added = check.value.add(leaf)
        if (!added.ok) return added.fault.code
      }
    }
    const finished = check.value.finish()
    return finished.ok ? null : finished.fault.code
  }
  const keyOf = async (caller: Caller): Promise<VerifierKey> => {
    const key = parseVerifierKey((await status(caller)).verifierKey)
    if (!key.ok) throw new Error(key.fault.detail)
    return key.value
  }
  const checkpointOf = async (caller: Caller): Promise<Checkpoint> => {
    const key = await keyOf(caller)
    const note = (await server.request<string>(caller, 'GET', '/api/v1/ledger/checkpoint')).body
    const opened = await openCheckpoint(note, { keys: [key], verify: webCryptoVerify })
    if (!opened.ok) throw new Error(opened.fault.detail)
    return opened.value
  }
  /** Each entry's proof file, downloaded and checked; the faults that were found. */
  const proofFaults = async (caller: Caller, key: VerifierKey, indexes: readonly number[]) => {
    const faults: (Fault['code'] | null)[] = []
    for (const index of indexes) {
      const { body } = await get<ProofFile>(caller, `/entries/${index}/proof`)
      const verified = await verifyInclusionFile(body, { key })
      faults.push(verified.ok ? null : verified.fault.code)
    }
    return faults
  }
  /** What somebody with the superuser's password does: policies, grants and triggers do not hold them. */
  const tamper = async (statements: string) =>
    await opened.owner.migrate(async (sql) => await sql.exec(`set local role none; ${statements}`))

  describe('sequencing', () => {
    test('L1: every decision gets exactly one place, without a gap, whoever sequences and however writers overlap', async () => {
      const admin = newAdmin()
      const appended: string[] = []
      const writers = Array.from({ length: 6 }, async () => {
        for (let round = 0; round < 10; round++) {
          const events = await appendAs(admin, [decision(), decision()])
          appended.push(...events.map((event) => event.eventId))
        }
      })
      const other = createTestDeps(opened.store, { clock: deps.clock, seed: 99 })
      const sequencers = [deps, other].map(async (one) => {
        for (let round = 0; round < 10; round++) await sequenceNow(one)
      })
      await Promise.all([...writers, ...sequencers])
      await sequenceNow(deps)
      const found = await entries(admin)
      expect(found.map((entry) => entry.index)).toEqual(appended.map((_, at) => at))
      expect(new Set(found.map((entry) => entry.eventId))).toEqual(new Set(appended))
      expect(await audit(admin, await keyOf(admin), null)).toBeNull()
    })

    test('only decisions enter, and the checkpoint is journaled', async () => {
      const admin = newAdmin()
      const payload = { name: 'production' }
      await appendAs(admin, [{ type: 'registry.environment.registered', subject: 'environment/x', actor, payload }])
      await decide(admin, 1)
      expect((await entries(admin)).map((entry) => entry.type)).toEqual(['approvals.request.consumed'])
      const journal = await server.request<{ items: { type: string; payload: unknown }[] }>(
        admin,
        'GET',
        '/api/v1/journal/events?type=ledger.*',
      )
      const { treeSize, rootHash } = await status(admin)
      expect(journal.body.items).toMatchObject([{ type: 'ledger.checkpoint.signed', payload: { treeSize, rootHash } }])
    })

    test('an event that is committed but not sequenced is pending, and its proof says so', async () => {
      const admin = newAdmin()
      const [first] = await decide(admin, 1)
      const [second] = await appendAs(admin, [decision()])
      expect(await status(admin)).toMatchObject({ treeSize: 1, pendingEntries: 1, haltedBecause: null })
      for (const path of [`/events/${second?.eventId}`, `/events/${second?.eventId}/proof`]) {
        expect(await get(admin, path)).toMatchObject({ status: 409, body: { code: 'not-sequenced-yet' } })
      }
      expect((await get(admin, `/events/${first?.eventId}/proof`)).status).toBe(200)
      await sequenceNow(deps)
      expect(await status(admin)).toMatchObject({ treeSize: 2, pendingEntries: 0 })
      expect((await get<LedgerEntry>(admin, `/events/${second?.eventId}`)).body.index).toBe(1)
    })

    test('through the door: the entry and the proof file of an event', async () => {
      const admin = newAdmin()
      const { organizationId } = admin
      const [event] = await decide(admin, 3)
      const eventId = event?.eventId ?? ''
      const entry = await deps.store.transaction({ organizationId }, (tx) => entryOfEvent(deps, tx, eventId))
      expect(entry).toMatchObject({ index: 0, eventId, content: { v: 1, ...event } })
      const file = await proofFileOf(deps, organizationId, eventId)
      expect(file.ok && (await verifyInclusionFile(file.value)).ok).toBe(true)
      const unknown = await proofFileOf(deps, organizationId, randomUUID())
      expect(unknown).toMatchObject({ ok: false, refusal: { code: 'not-found' } })
    })

    test('the job signs at most a second apart and leaves an idle ledger alone', async () => {
      const admin = newAdmin()
      await appendAs(admin, [decision()])
      await sequenceNow(deps)
      const before = await status(admin, '/deployment')
      const [job] = ledgerSlice.jobs
      await job?.run(deps)
      expect(job?.everyMs).toBeLessThanOrEqual(1_000)
      expect(await status(admin, '/deployment')).toEqual(before)
    })
  })

  describe('proofs', () => {
    let admin: Caller
    let key: VerifierKey
    beforeAll(async () => {
      admin = newAdmin()
      // Past a full tile, in steps that end inside, at and behind its edge.
      for (const count of [1, 1, 5, 248, 1, 1, 43]) await decide(admin, count)
      key = await keyOf(admin)
    })

    test('L2: the proof file of every entry verifies offline with the pinned key', async () => {
      expect(await status(admin)).toMatchObject({ treeSize: 300 })
      const indexes = [0, 1, 2, 6, 7, 127, 128, 254, 255, 256, 257, 298, 299]
      expect(await proofFaults(admin, key, indexes)).toEqual(indexes.map(() => null))
    })

    test('L2: an auditor who downloads everything comes to the signed root', async () => {
      expect(await audit(admin, key, null)).toBeNull()
      for (const tile of tilesOfTree(300)) {
        const bytes = await server.bytes(admin, `/api/v1/ledger/${tilePath(tile)}`)
        expect(bytes.length).toBe(tile.width * 32)
      }
    })

    test('L3: inclusion and consistency hold for every size that the tree has had', async () => {
      const hashes = (await leavesOf(admin)).map((leaf) => leafHash(sha256, utf8Bytes(leaf)))
      for (const [from, to] of [
        [1, 2],
        [2, 7],
        [7, 255],
        [100, 256],
        [255, 257],
        [256, 300],
        [300, 300],
        [1, 300],
      ]) {
        const { body } = await get<z.infer<typeof ConsistencyProof>>(admin, `/consistency?from=${from}&to=${to}`)
        const roots = { oldRoot: decodeBase64(body.fromRoot), newRoot: decodeBase64(body.toRoot) }
        expect(roots.oldRoot).toEqual(rootOfLeaves(sha256, hashes.slice(0, from)))
        const claim = { oldSize: body.fromSize, newSize: body.toSize, proof: decodeHashes(body.proof) }
        const oldRoot = roots.oldRoot ?? new Uint8Array()
        const newRoot = roots.newRoot ?? new Uint8Array()
        expect(verifyConsistency(sha256, { ...claim, oldRoot, newRoot }).ok).toBe(true)
      }
      for (const [index, size] of [
        [0, 1],
        [3, 7],
        [200, 255],
        [255, 256],
        [0, 257],
        [299, 300],
      ] as const) {
        const { body } = await get<z.infer<typeof InclusionProof>>(admin, `/inclusion?index=${index}&treeSize=${size}`)
        const root = decodeBase64(body.rootHash) ?? new Uint8Array()
        expect(root).toEqual(rootOfLeaves(sha256, hashes.slice(0, size)))
        const claim = { index, treeSize: size, leafHash: hashes[index] ?? new Uint8Array(), root }
        expect(verifyInclusion(sha256, { ...claim, proof: decodeHashes(body.proof) }).ok).toBe(true)
      }
    })

    test('L3: each checkpoint that was signed can be had again, and what is named by size or path may be cached', async () => {
      const reply = await server.request<string>(admin, 'GET', '/api/v1/ledger/checkpoints/7')
      // Lines of witnesses may come to it later.
      expect(reply.headers.get('cache-control')).toBe('private, max-age=60')
      const tile = await server.request(admin, 'GET', '/api/v1/ledger/tile/0/000')
      expect(tile.headers.get('cache-control')).toContain('immutable')
      expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      const old = await openCheckpoint(reply.body, { keys: [key], verify: webCryptoVerify })
      expect(old.ok && old.value.size).toBe(7)
      expect(await audit(admin, key, old.ok ? old.value : null)).toBeNull()
      const newest = await server.request(admin, 'GET', '/api/v1/ledger/checkpoint')
      expect(newest.headers.get('cache-control')).toBe('no-store')
    })

    test('sizes and tiles that the tree never had are refused', async () => {
      for (const path of [
        '/inclusion?index=300',
        '/inclusion?index=0&treeSize=301',
        '/inclusion?index=7&treeSize=7',
        '/consistency?from=301',
        '/consistency?from=7&to=5',
        '/checkpoints/3',
      ]) {
        expect(await get(admin, path), path).toMatchObject({ status: 404, body: { code: 'tree-size-unknown' } })
      }
      for (const path of ['/tile/0/001', '/tile/0/001.p/45', '/tile/3/000', '/tile/entries/002.p/1', '/tile/0/1']) {
        expect(await get(admin, path), path).toMatchObject({ status: 404, body: { code: 'not-found' } })
      }
      expect((await get(admin, '/consistency?from=0')).status).toBe(400)
      expect((await get(admin, '/entries/300')).status).toBe(404)
      const nothing = newAdmin()
      expect(await status(nothing)).toMatchObject({ treeSize: 0, rootHash: null, checkpoint: null })
      for (const path of ['/checkpoint', '/inclusion?index=0', '/consistency?from=1']) {
        expect(await get(nothing, path), path).toMatchObject({ status: 409, body: { code: 'not-sequenced-yet' } })
      }
    })

    test('L4: each checkpoint stands in the deployment’s log, which verifies under its own name', async () => {
      const deployment = await status(admin, '/deployment')
      const deploymentKey = parseVerifierKey(deployment.verifierKey)
      expect(deployment.origin).toBe('test.metaagent.local')
      for (const size of [1, 7, 300]) {
        const { body } = await get<ProofFile>(admin, `/deployment/anchors/${size}/proof`)
        const verified = await verifyInclusionFile(body, deploymentKey.ok ? { key: deploymentKey.value } : {})
        expect(verified.ok && verified.value.entry).toMatchObject({
          origin: `${deployment.origin}/org/${admin.organizationId}`,
          treeSize: size,
        })
        expect((await verifyInclusionFile(body, { key })).ok).toBe(false)
      }
      const { body } = await get<z.infer<typeof ConsistencyProof>>(admin, '/deployment/consistency?from=1')
      expect(body.toSize).toBe(deployment.treeSize)
      expect((await get(admin, '/deployment/tile/entries/000.p/1')).status).toBe(404)
      expect((await get(newAdmin(), '/deployment/anchors/7/proof')).status).toBe(404)
    })

    test('L5: an organization sees its own entries only', async () => {
      const other = newAdmin()
      const [event] = await decide(admin, 1)
      expect(await entries(other)).toEqual([])
      for (const path of ['/entries/0', '/entries/0/proof', `/events/${event?.eventId}`, '/tile/0/000']) {
        expect((await get(other, path)).status, path).toBe(404)
      }
    })

    test('the list is filtered by type and subject and goes page by page', async () => {
      const own = newAdmin()
      await appendAs(own, [{ type: 'journal.source.revoked', subject: 'source/x', actor, payload: { name: 'x' } }])
      await decide(own, 4)
      expect(await entries(own, '?type=journal.*')).toHaveLength(1)
      expect(await entries(own, '?subject=source/x')).toHaveLength(1)
      expect(await entries(own, '?subject=%00')).toEqual([])
      const seen: number[] = []
      let query: string | null = '?limit=2'
      while (query !== null) {
        const page: { items: LedgerEntry[]; nextCursor: string | null } = (
          await get<{ items: LedgerEntry[]; nextCursor: string | null }>(own, `/entries${query}`)
        ).body
        seen.push(...page.items.map((entry) => entry.index))
        query = page.nextCursor === null ? null : `?limit=2&cursor=${encodeURIComponent(page.nextCursor)}`
      }
      expect(seen).toEqual([4, 3, 2, 1, 0])
      expect(await get(own, '/entries?cursor=x')).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
    })
  })

  describe('L9: files', () => {
    let admin: Caller
    let key: VerifierKey
    const subject = '=1+1,"x"'
    beforeAll(async () => {
      admin = newAdmin()
      await decide(admin, 300)
      await appendAs(admin, [{ type: 'journal.source.revoked', subject, actor, payload: { name: 'x' } }])
      await decide(admin, 20)
      key = await keyOf(admin)
    })
    const exported = async (query: string) =>
      await server.request<unknown>(admin, 'GET', `/api/v1/ledger/export?${query}`)
    const textOf = async (query: string) =>
      Buffer.from(await server.bytes(admin, `/api/v1/ledger/export?${query}`)).toString()
    /** What the stand-alone verifier says of a file, with the head that the reply named. */
    const checked = async (query: string) => {
      const { headers } = await exported(query)
      const head = parseAuditHeader(Buffer.from(headers.get('metaagent-export') ?? '', 'base64').toString())
      const [first = '', ...lines] = (await textOf(query)).split('\n')
      const form = auditFormOf(first)
      if (form === null || head === null) return 'no export'
      const check = await AuditFileCheck.start(form.header ?? head, form.form, { key })
      if (!check.ok) return check.fault.code
      if (lines.at(-1) === '') lines.pop()
      for (const line of lines) {
        const added = check.value.line(utf8Bytes(line))
        if (!added.ok) return added.fault.code
      }
      const finished = check.value.finish()
      if (!finished.ok) return finished.fault.code
      return finished.value.kind === 'selection' ? finished.value.entries : finished.value.checkpoint.size
    }

    test('L9: the whole ledger, and any part of it, verify offline in each format', async () => {
      for (const format of ['jsonl', 'json', 'csv']) {
        expect(await checked(`format=${format}`), format).toBe(321)
        expect(await checked(`format=${format}&type=journal.*`), format).toBe(1)
        expect(await checked(`format=${format}&subject=${encodeURIComponent(subject)}`), format).toBe(1)
        expect(await checked(`format=${format}&actor=system:test`), format).toBe(321)
        expect(await checked(`format=${format}&actor=nobody`), format).toBe(0)
      }
      expect(await checked('to=2020-01-01T00:00:00.000Z')).toBe(0)
      expect(await textOf('format=csv&type=journal.*')).toContain(`"'=1+1,""x`)
      expect(JSON.parse(await textOf('format=json')).entries).toHaveLength(321)
      const none = await server.request<Problem>(newAdmin(), 'GET', '/api/v1/ledger/export')
      expect(none).toMatchObject({ status: 409, body: { code: 'not-sequenced-yet' } })
    })

    test('L9: the list is filtered by actor and time, and a C2SP proof comes as a file', async () => {
      expect(await entries(admin, '?limit=5&actor=system:test')).toHaveLength(5)
      expect(await entries(admin, '?actor=user:test')).toEqual([])
      expect(await entries(admin, '?from=2099-01-01T00:00:00.000Z')).toEqual([])
      const reply = await server.request<string>(admin, 'GET', '/api/v1/ledger/entries/7/tlog-proof')
      expect(reply.headers.get('content-disposition')).toContain('entry-7.tlog-proof')
      const file = tlogProofToInclusion(reply.body, key)
      expect(file.ok && (await verifyInclusionFile(file.value, { key })).ok).toBe(true)
    })
  })

  const leavesOf = async (caller: Caller): Promise<string[]> => {
    const { treeSize } = await status(caller)
    const leaves: string[] = []
    for (const tile of tilesOfTree(treeSize)) {
      if (tile.level !== 0) continue
      const bundle = decodeEntryBundle(
        await server.bytes(caller, `/api/v1/ledger/${entryBundlePath(tile)}`),
        tile.width,
      )
      if (!bundle.ok) throw new Error(bundle.fault.detail)
      leaves.push(...bundle.value.map((bytes) => Buffer.from(bytes).toString()))
    }
    return leaves
  }

  test('L6: destroying a person’s key erases the person and leaves every proof valid', async () => {
    const { organizationId } = await ensureFirstOrganization(deps)
    const admin = callerOf(organizationId, 'admin')
    const subjectId = randomUUID()
    const inOwn = async <T>(work: (tx: Tx) => Promise<T>) => await deps.store.transaction({ organizationId }, work)
    const email = await inOwn((tx) => seal(deps, tx, subjectId, 'ada@example.com', 'user.email'))
    const payload = { userId: randomUUID(), role: 'viewer', email, displayName: null }
    const [event] = await appendAs(admin, [{ type: 'identity.user.created', subject: 'user/1', actor, payload }])
    await decide(admin, 5)
    const path = `/events/${event?.eventId}/proof`
    const before = (await get<ProofFile>(admin, path)).body
    expect(before.entry).not.toContain('ada')
    expect(before.entry).toContain(email.ct)
    expect(await inOwn((tx) => unseal(deps, tx, email, 'user.email'))).toBe('ada@example.com')

    expect((await inOwn((tx) => eraseSubject(deps, tx, subjectId, actor))).ok).toBe(true)
    expect(await inOwn((tx) => unseal(deps, tx, email, 'user.email'))).toBeNull()
    await decide(admin, 3)
    const after = (await get<ProofFile>(admin, path)).body
    expect(after.entry).toBe(before.entry)
    const key = await keyOf(admin)
    for (const file of [before, after]) expect((await verifyInclusionFile(file, { key })).ok).toBe(true)
    expect(await audit(admin, key, null)).toBeNull()
    expect((await entries(admin)).map((entry) => entry.type)).toContain('identity.subject.erased')
  })

  describe('L7: somebody with all rights in the database is found out when they', () => {
    interface Victim {
      readonly admin: Caller
      readonly key: VerifierKey
      readonly seen: Checkpoint
    }
    /** A log of 12 entries, seen by a witness at 8. */
    const victim = async (): Promise<Victim> => {
      const admin = newAdmin()
      await decide(admin, 8)
      const seen = await checkpointOf(admin)
      const key = await keyOf(admin)
      await decide(admin, 4)
      expect(await audit(admin, key, seen)).toBeNull()
      return { admin, key, seen }
    }
    const where = (admin: Caller) => `organization_id = '${admin.organizationId}'`
    /** The signing seed, as an insider with the master key has it. */
    const stealSeed = async (): Promise<Uint8Array> =>
      await opened.owner.migrate(async (sql) => {
        await sql.exec('set local role none')
        const [row] = await sql.query<{ sealed_seed: Uint8Array }>('select sealed_seed from ledger_key_seeds')
        return deps.secrets.open(row?.sealed_seed ?? new Uint8Array(), 'ledger/signing-key/1')
      })
    /** Writes a whole new history that agrees with itself, signed with a seed. */
    const rewrite = async (admin: Caller, origin: string, leaves: readonly string[], seed: Uint8Array) => {
      const hashes = leaves.map((leaf) => leafHash(sha256, utf8Bytes(leaf)))
      const root = rootOfLeaves(sha256, hashes)
      const note = await signNote(formatCheckpoint({ origin, size: leaves.length, root }), [
        await signerFromSeed(origin, seed),
      ])
      await opened.owner.migrate(async (sql) => {
        await sql.exec('set local role none')
        for (const table of ['ledger_entries', 'ledger_tiles', 'ledger_anchors', 'ledger_checkpoints']) {
          await sql.exec(`delete from ${table} where ${where(admin)}`)
        }
        const { organizationId } = admin
        for (const [index, leaf] of leaves.entries()) {
          await sql.query(
            `insert into ledger_entries (organization_id, entry_index, event_id, type, subject, occurred_at, sequenced_at,
              leaf, leaf_hash) values ($1, $2, $3, 'forged', '', now(), now(), $4, $5)`,
            [organizationId, index, randomUUID(), leaf, hashes[index]],
          )
        }
        await sql.query('insert into ledger_tiles (organization_id, level, tile_index, hashes) values ($1, 0, 0, $2)', [
          organizationId,
          Buffer.concat(hashes),
        ])
        await sql.query(
          `insert into ledger_checkpoints (organization_id, tree_size, root_hash, note, signed_at)
            values ($1, $2, $3, $4, now())`,
          [organizationId, leaves.length, root, note],
        )
      })
    }
    const others = async (): Promise<string> => (await leavesOf((await victim()).admin))[0] ?? ''

    test('edit an entry', async () => {
      const { admin, key, seen } = await victim()
      await tamper(
        `update ledger_entries set leaf = replace(leaf, 'consumed', 'rejected') where ${where(admin)} and entry_index = 3`,
      )
      expect(await proofFaults(admin, key, [2, 3])).toEqual([null, 'root_mismatch'])
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
    })

    test('edit an entry with its hash and its tile', async () => {
      const { admin, key, seen } = await victim()
      const leaf = (await leavesOf(admin))[3]?.replace('consumed', 'rejected') ?? ''
      const hash = Buffer.from(leafHash(sha256, utf8Bytes(leaf))).toString('hex')
      await tamper(`update ledger_entries set leaf = '${leaf}', leaf_hash = '\\x${hash}' where ${where(admin)} and entry_index = 3;
        update ledger_tiles set hashes = overlay(hashes placing '\\x${hash}'::bytea from ${3 * 32 + 1}) where ${where(admin)}`)
      expect(await proofFaults(admin, key, [0, 3, 11])).toEqual(['root_mismatch', 'root_mismatch', 'root_mismatch'])
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
    })

    test('edit an entry and sign the new history with the stolen key', async () => {
      const { admin, key, seen } = await victim()
      const leaves = await leavesOf(admin)
      const forged = leaves.with(3, leaves[3]?.replace('consumed', 'rejected') ?? '')
      await rewrite(admin, key.name, forged, await stealSeed())
      // Everything agrees with itself: only who kept a checkpoint knows.
      expect(await audit(admin, key, null)).toBeNull()
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
    })

    test('delete an entry', async () => {
      const { admin, key, seen } = await victim()
      await tamper(`delete from ledger_entries where ${where(admin)} and entry_index = 3`)
      expect(await audit(admin, key, seen)).not.toBeNull()
      const closed = await victim()
      await tamper(`delete from ledger_entries where ${where(closed.admin)} and entry_index = 3;
        update ledger_entries set entry_index = entry_index - 1 where ${where(closed.admin)} and entry_index > 3`)
      expect(await proofFaults(closed.admin, closed.key, [2, 3])).toEqual([null, 'root_mismatch'])
      expect(await audit(closed.admin, closed.key, closed.seen)).not.toBeNull()
    })

    test('insert an entry', async () => {
      const { admin, key, seen } = await victim()
      await tamper(`insert into ledger_entries select organization_id, 12, gen_random_uuid(), type, subject, occurred_at,
          sequenced_at, leaf, leaf_hash from ledger_entries where ${where(admin)} and entry_index = 0`)
      const { body } = await get<Problem>(admin, '/entries/12/proof')
      expect(body.code).toBe('not-sequenced-yet')
      const leaves = await leavesOf(admin)
      await rewrite(admin, key.name, [...leaves.slice(0, 5), leaves[0] ?? '', ...leaves.slice(5)], await stealSeed())
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
    })

    test('reorder entries', async () => {
      const { admin, key, seen } = await victim()
      const leaves = await leavesOf(admin)
      await tamper(`update ledger_entries set leaf = (select leaf from ledger_entries b where b.${where(admin)}
        and b.entry_index = 7 - ledger_entries.entry_index) where ${where(admin)} and entry_index in (3, 4)`)
      expect(await proofFaults(admin, key, [3, 4])).toEqual(['root_mismatch', 'root_mismatch'])
      await rewrite(admin, key.name, leaves.with(3, leaves[4] ?? '').with(4, leaves[3] ?? ''), await stealSeed())
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
    })

    test('cut off the end', async () => {
      const { admin, key, seen } = await victim()
      const leaves = await leavesOf(admin)
      await tamper(`delete from ledger_entries where ${where(admin)} and entry_index > 5`)
      expect(await audit(admin, key, seen)).toBe('malformed')
      await rewrite(admin, key.name, leaves.slice(0, 6), await stealSeed())
      expect(await audit(admin, key, seen)).toBe('rollback')
    })

    test('put back an old backup, and go on from there', async () => {
      const admin = newAdmin()
      const tables = ['ledger_entries', 'ledger_tiles', 'ledger_checkpoints', 'ledger_anchors']
      await decide(admin, 5)
      await tamper(tables.map((t) => `create table backup_${t} as select * from ${t} where ${where(admin)}`).join(';'))
      const [erased] = await decide(admin, 3)
      const seen = await checkpointOf(admin)
      const key = await keyOf(admin)
      await tamper(
        [
          ...tables.toReversed().map((table) => `delete from ${table} where ${where(admin)}`),
          ...tables.map((t) => `insert into ${t} select * from backup_${t}; drop table backup_${t}`),
        ].join(';'),
      )
      // Every signature in the backup is good. Only a witness knows that there was more.
      expect(await audit(admin, key, null)).toBeNull()
      expect(await audit(admin, key, seen)).toBe('rollback')
      await decide(admin, 3)
      expect(await audit(admin, key, seen)).toBe('fork')
      await decide(admin, 1)
      expect(await audit(admin, key, seen)).toBe('root_mismatch')
      expect((await get(admin, `/events/${erased?.eventId}`)).status).toBe(409)
    })

    test('show two histories to two readers', async () => {
      const { admin, key } = await victim()
      const seen = await checkpointOf(admin)
      const leaves = await leavesOf(admin)
      await rewrite(
        admin,
        key.name,
        leaves.with(11, leaves[11]?.replace('consumed', 'rejected') ?? ''),
        await stealSeed(),
      )
      expect(await audit(admin, key, seen)).toBe('fork')
    })

    test('swap the signing key', async () => {
      const { admin, key, seen } = await victim()
      await rewrite(admin, key.name, await leavesOf(admin), randomBytes(32))
      expect(await audit(admin, key, seen)).toBe('no_trusted_signature')
      const indexes = [0, 11]
      expect(await proofFaults(admin, key, indexes)).toEqual(['no_trusted_signature', 'no_trusted_signature'])
    })

    test('leave a decision out of the tree: whoever has its id finds that it has no place', async () => {
      const { admin, key, seen } = await victim()
      const [event] = await appendAs(admin, [decision()])
      const eventId = event?.eventId ?? ''
      await tamper(`update ledger_sequencer set event_id = '${eventId}',
        xid = (select xid from journal_events where event_id = '${eventId}')`)
      await decide(admin, 2)
      // The tree is sound: what was never given to it, it cannot miss. The backlog says nothing either.
      expect(await audit(admin, key, seen)).toBeNull()
      expect(await status(admin)).toMatchObject({ treeSize: 14, pendingEntries: 0 })
      for (const path of [`/events/${eventId}`, `/events/${eventId}/proof`])
        expect(await get(admin, path), path).toMatchObject({ status: 409, body: { code: 'not-sequenced-yet' } })
      const journal = await server.request<{ items: { eventId: string }[] }>(admin, 'GET', '/api/v1/journal/events')
      expect(journal.body.items.map((item) => item.eventId)).toContain(eventId)
    })

    test('pass a node off as a leaf, or a leaf as a node', async () => {
      const { admin, key } = await victim()
      const hashes = (await leavesOf(admin)).map((leaf) => leafHash(sha256, utf8Bytes(leaf)))
      const checkpoint = (await server.request<string>(admin, 'GET', '/api/v1/ledger/checkpoint')).body
      const [left = new Uint8Array(), right = new Uint8Array()] = hashes
      // The preimage of an inner node, as the text of an entry: hashed as a leaf it is another hash.
      const preimage = Buffer.concat([left, right])
      expect(leafHash(sha256, preimage)).not.toEqual(nodeHash(sha256, left, right))
      const inner = { index: 0, treeSize: 6, leafHash: nodeHash(sha256, left, right) }
      const proof = buildProof(sha256, inclusionRanges(0, 12).slice(1), nodesFromLeaves(sha256, hashes))
      const { root } = await checkpointOf(admin)
      expect(verifyInclusion(sha256, { ...inner, treeSize: 12, proof, root }).ok).toBe(false)
      // With the size of the tree of pairs it would fit, but that size is not the signed one.
      const file = { format: PROOF_FORMAT, kind: 'inclusion', entry: '{}', index: 0, proof: [], checkpoint } as const
      const verified = await verifyInclusionFile({ ...file, treeSize: 6, verifierKey: formatVerifierKey(key) }, { key })
      expect(verified).toMatchObject({ ok: false, fault: { code: 'size_mismatch' } })
      await tamper(`update ledger_tiles set hashes = '\\x${Buffer.from(nodeHash(sha256, left, right)).toString('hex')}'::bytea
        || substr(hashes, 65) || substr(hashes, 1, 32) where ${where(admin)}`)
      expect(await proofFaults(admin, key, [0])).toEqual(['root_mismatch'])
    })

    test('splice in an entry, or a whole log, of another organization', async () => {
      const { admin, key, seen } = await victim()
      const foreign = await others()
      await tamper(`update ledger_entries set leaf = '${foreign}' where ${where(admin)} and entry_index = 9`)
      expect(await proofFaults(admin, key, [9])).toEqual(['root_mismatch'])
      const other = await victim()
      await tamper(
        ['ledger_anchors', 'ledger_checkpoints', 'ledger_tiles', 'ledger_entries']
          .map((table) => `delete from ${table} where ${where(admin)}`)
          .join(';'),
      )
      await tamper(
        ['ledger_entries', 'ledger_tiles', 'ledger_checkpoints', 'ledger_anchors']
          .map((table) => `update ${table} set organization_id = '${admin.organizationId}' where ${where(other.admin)}`)
          .join(';')
          .replace(
            'update ledger_checkpoints',
            'alter table ledger_anchors drop constraint ledger_anchors_organization_id_tree_size_fkey; update ledger_checkpoints',
          ),
      )
      expect(await audit(admin, key, seen)).toBe('no_trusted_signature')
      expect(await proofFaults(admin, key, [0])).toEqual(['no_trusted_signature'])
      await tamper(`alter table ledger_anchors add foreign key (organization_id, tree_size)
        references ledger_checkpoints (organization_id, tree_size)`)
    })
  })

  describe('L8: a log that contradicts what was signed', () => {
    test('is halted and says why, others go on, and it goes on when it was repaired', async () => {
      const admin = newAdmin()
      const other = newAdmin()
      await decide(admin, 3)
      const seen = await checkpointOf(admin)
      const key = await keyOf(admin)
      const own = `organization_id = '${admin.organizationId}'`
      await tamper(`create table stolen as select * from ledger_tiles where ${own};
        update ledger_tiles set hashes = overlay(hashes placing '\\x00'::bytea from 1) where ${own}`)
      await appendAs(admin, [decision()])
      await decide(other, 2)
      await decide(admin, 1)
      expect(await status(other)).toMatchObject({ treeSize: 2, haltedBecause: null })
      const halted = {
        treeSize: 3,
        pendingEntries: 2,
        haltedBecause: expect.stringContaining('do not lead to the root'),
      }
      expect(await status(admin)).toMatchObject(halted)
      expect(deps.log.lines.filter((line) => line.level === 'error')).not.toEqual([])
      await tamper(`update ledger_tiles t set hashes = s.hashes from stolen s where t.${own}; drop table stolen`)
      await decide(admin, 1)
      expect(await status(admin)).toMatchObject({ treeSize: 6, pendingEntries: 0, haltedBecause: null })
      expect(await audit(admin, key, seen)).toBeNull()
    })
  })
})
