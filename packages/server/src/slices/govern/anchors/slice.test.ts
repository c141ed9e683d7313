import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Anchor,
  AnchorReceipt,
  ApprovalRequest,
  LedgerKeyList,
  LedgerStatus,
  WitnessedLog,
  WitnessState,
} from '@metaagent/contract'
import {
  buildProof,
  consistencyRanges,
  emptyRoot,
  encodeBase64,
  formatCheckpoint,
  formatVerifierKey,
  inclusionToTlogProof,
  leafHash,
  type NoteSigner,
  nodesFromLeaves,
  openCheckpoint,
  parseVerifierKey,
  parseWitnessKey,
  rootOfLeaves,
  sha256,
  signerFromSeed,
  signNote,
  tlogProofToInclusion,
  utf8Bytes,
  verifyInclusionFile,
  webCryptoVerify,
} from '@metaagent/verify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAnchoring } from '../../../adapters/anchor/anchoring.ts'
import { checkTimeStamp } from '../../../adapters/anchor/time-stamp.ts'
import { type BucketServer, startBucketServer } from '../../../testkit/anchors/bucket-server.ts'
import { hasOpenssl, startTimeStampAuthority } from '../../../testkit/anchors/time-stamp-authority.ts'
import { startLocalServer } from '../../../testkit/channels/local-server.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { keyProof, type PeopleServer, type Person, startPeopleServer } from '../../../testkit/people-server.ts'
import { seededRandom } from '../../../testkit/seeded-random.ts'
import { approvalsSlice } from '../approvals/index.ts'
import { identitySlice } from '../identity/index.ts'
import { append, journalSlice } from '../journal/index.ts'
import { ledgerSlice, sequenceNow } from '../ledger/index.ts'
import { anchorsSlice } from './index.ts'

interface Refused {
  readonly code: string
  readonly detail: string
  readonly action: Record<string, unknown>
}
const minuteMs = 60_000
const s3 = { bucket: 'evidence', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not/a+real=secret' }
if (!hasOpenssl()) process.stderr.write('SKIPPED: time stamps (AN4), since this machine has no openssl.\n')
const systemActor = { kind: 'system', id: 'test' } as const

describeOnStores('anchors', (kind) => {
  let server: PeopleServer
  let folder: string
  let bucket: BucketServer
  let admin: Person
  let second: Person
  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice, journalSlice, approvalsSlice, ledgerSlice, anchorsSlice])
    folder = mkdtempSync(join(tmpdir(), 'anchors-'))
    const { clock } = server.deps
    const anchoring = createAnchoring({ clock, random: seededRandom(5), allowedNetworks: ['127.0.0.0/8'], folder })
    Object.assign(server.deps, { anchoring })
    bucket = await startBucketServer({ ...s3, now: () => clock.now() })
    admin = server.admin
    second = await server.addPerson('admin')
  })
  afterAll(async () => {
    await server.close()
    await bucket.close()
    rmSync(folder, { recursive: true })
  })

  const ask = <Body>(by: Person, method: string, path: string, body?: unknown) =>
    server.request<Body & Refused>(by.proof, method, `/api/v1${path}`, body)
  const approve = async (action: Record<string, unknown>) => {
    const asked = await ask<ApprovalRequest>(admin, 'POST', '/approvals', { ...action, reason: 'r' })
    const { approvalId, actionDigest } = asked.body
    await ask(second, 'POST', `/approvals/${approvalId}/votes`, { verdict: 'approve', actionDigest })
    return approvalId
  }
  const decide = async (by: Person, count = 1) => {
    const { organizationId } = by
    const events = Array.from({ length: count }, () => {
      const payload = { approvalId: randomUUID(), actionDigest: randomUUID() }
      return { type: 'approvals.request.consumed', subject: 'approval/x', actor: systemActor, payload } as const
    })
    await server.deps.store.transaction({ organizationId }, (tx) => append(server.deps, tx, events))
    await sequenceNow(server.deps)
  }
  const create = async (order: Record<string, unknown>, by = admin) => {
    const made = await ask<Anchor>(by, 'POST', '/anchors', { name: randomUUID(), ...order })
    if (made.status !== 201) throw new Error(JSON.stringify(made.body))
    return made.body
  }
  const runJob = async () => await anchorsSlice.jobs[0]?.run(server.deps)
  const read = async ({ anchorId }: Anchor, by = admin) => (await ask<Anchor>(by, 'GET', `/anchors/${anchorId}`)).body
  const receipts = async ({ anchorId }: Anchor, by = admin) =>
    (await ask<{ items: AnchorReceipt[] }>(by, 'GET', `/anchors/${anchorId}/receipts`)).body.items
  const status = async (by = admin) => (await ask<LedgerStatusOf>(by, 'GET', '/ledger')).body
  const typesSince = async (count: number, by = admin) => (await server.events(by)).slice(count).map(({ type }) => type)
  /** Removes with an approval, so that the job has nothing to do with it in later tests. */
  const remove = async ({ anchorId }: Anchor) => {
    const refused = await ask(admin, 'DELETE', `/anchors/${anchorId}`)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required', action: { impact: 'HIGH' } } })
    const approvalId = await approve(refused.body.action)
    expect((await ask(admin, 'DELETE', `/anchors/${anchorId}?approvalId=${approvalId}`)).status).toBe(200)
  }

  describe('in a folder', () => {
    test('AN1, AN2, AN5: keeps each new checkpoint once, and tells when the log was set back or shows two histories', async () => {
      await decide(admin, 3)
      const anchor = await create({ settings: { kind: 'file' }, everyMinutes: 10 })
      await sequenceNow(server.deps)
      expect(anchor).toMatchObject({ state: 'unknown', lastTreeSize: null, lagEntries: null, lastSuccessAt: null })
      const before = (await server.events()).length
      await runJob()
      const kept = await read(anchor)
      expect(kept).toMatchObject({ state: 'working', lagEntries: 0, failuresInRow: 0, because: null })
      // The change of its state is a decision and enters the tree, which is anchored next time; what was kept is none.
      expect(await typesSince(before)).toEqual(['anchors.checkpoint.kept', 'anchors.anchor.changed'])
      const own = join(folder, admin.organizationId)
      const [name = ''] = readdirSync(own)
      const note = (await ask<string>(admin, 'GET', `/ledger/checkpoints/${kept.lastTreeSize}`)).body as string
      expect(readFileSync(join(own, name), 'utf8')).toBe(note)
      await runJob()
      expect(await receipts(anchor)).toHaveLength(1)
      expect((await ask(admin, 'POST', `/anchors/${anchor.anchorId}/run`)).body).toMatchObject({ outcome: 'unchanged' })

      await sequenceNow(server.deps)
      await decide(admin)
      expect((await read(anchor)).lagEntries).toBe(2)
      const next = (await status()).treeSize
      writeFileSync(join(own, `${String(next).padStart(16, '0')}.checkpoint`), note.replace(/\n\d+\n/, `\n${next}\n`))
      server.deps.clock.advance(10 * minuteMs)
      await runJob()
      const failing = await read(anchor)
      expect(failing).toMatchObject({ state: 'failing', failuresInRow: 1, lastTreeSize: kept.lastTreeSize })
      expect(failing.because?.text).toContain('two histories')
      expect(failing.nextAt).toBe(new Date(server.deps.clock.now() + minuteMs).toISOString())
      writeFileSync(join(own, `${String(next + 100).padStart(16, '0')}.checkpoint`), note)
      const back = await ask<{ because: { text: string } }>(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(back.body.because.text).toContain('set back')
      await remove(anchor)
      expect((await server.events()).map(({ type }) => type)).toContain('anchors.anchor.removed')
    })

    test('AN9: what is kept nowhere any more needs an approval, what changes nothing of it does not', async () => {
      const anchor = await create({ settings: { kind: 'file' }, name: 'here' })
      const order = { name: 'there', settings: { kind: 'file' } }
      const path = `/anchors/${anchor.anchorId}`
      expect((await ask<Anchor>(admin, 'PUT', path, order)).body.name).toBe('there')
      expect((await ask(admin, 'PUT', path, { ...order, enabled: false })).body.code).toBe('approval-required')
      expect((await ask(admin, 'PUT', path, { ...order, log: 'deployment' })).body.code).toBe('approval-required')
      expect((await ask(admin, 'POST', '/anchors', order)).body.code).toBe('already-exists')
      const refused = await ask(admin, 'PUT', path, { ...order, enabled: false })
      const approvalId = await approve(refused.body.action)
      const off = await ask<Anchor>(admin, 'PUT', path, { ...order, enabled: false, approvalId })
      expect(off.body).toMatchObject({ enabled: false, nextAt: null })
      expect((await server.events()).map(({ type }) => type)).toContain('anchors.anchor.saved')
      expect((await ask(await server.addPerson('developer'), 'PUT', path, order)).status).toBe(403)
    })
  })

  describe('in a bucket', () => {
    const settings = () => ({
      kind: 's3',
      endpoint: bucket.url,
      bucket: 'evidence',
      accessKeyId: s3.accessKeyId,
      retainDays: 30,
    })

    test('AN1, AN2, AN3: keeps the checkpoint under a lock, and says so when it is not', async () => {
      await decide(admin)
      const anchor = await create({ settings: settings(), secret: s3.secretAccessKey })
      expect(anchor).toMatchObject({ hasSecret: true })
      expect(JSON.stringify(anchor)).not.toContain(s3.secretAccessKey)
      await runJob()
      const kept = await read(anchor)
      expect(kept).toMatchObject({ state: 'working', because: null })
      const [key = ''] = bucket.keys
      expect(bucket.object(key)).toMatchObject({ mode: 'COMPLIANCE' })
      expect(key).toContain(admin.organizationId)
      // Nobody can take it back before its time, the deployment included.
      expect((await fetch(`${bucket.url}/evidence/${key}`, { method: 'DELETE' })).status).toBe(403)

      bucket.answerWith(503)
      await decide(admin)
      const failed = await ask<{ outcome: string }>(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(failed.body).toMatchObject({ outcome: 'failed', because: { rule: 'not-kept' } })
      bucket.answerWith(null)
      server.deps.clock.advance(minuteMs)
      await runJob()
      expect(await read(anchor)).toMatchObject({ state: 'working', failuresInRow: 0 })

      bucket.forgetLocks()
      await decide(admin)
      const unlocked = await ask<{ because: { text: string } }>(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(unlocked.body.because.text).toContain('no lock')
      const wrong = { name: 'elsewhere', settings: { ...settings(), endpoint: 'http://127.0.0.1:9' } }
      expect((await ask(admin, 'PUT', `/anchors/${anchor.anchorId}`, wrong)).body.code).toBe('not-processable')
      await remove(anchor)
    })

    test('a wrong secret is told, and one is needed', async () => {
      const order = { name: 'no secret', settings: settings() }
      expect((await ask(admin, 'POST', '/anchors', order)).body.code).toBe('not-processable')
      const anchor = await create({ settings: settings(), secret: 'wrong' })
      const run = await ask<{ because: { text: string } }>(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(run.body.because.text).toContain('SignatureDoesNotMatch')
      await remove(anchor)
    })
  })

  test.skipIf(!hasOpenssl())('AN4: a time stamp of openssl ts is checked, and openssl checks it too', async () => {
    const authority = await startTimeStampAuthority()
    try {
      await decide(admin)
      const { url, caCertificate } = authority
      const anchor = await create({ settings: { kind: 'rfc3161', url, caCertificate } })
      await runJob()
      expect(await read(anchor)).toMatchObject({ state: 'working', because: null })
      const [kept] = await receipts(anchor)
      const reply = Buffer.from(kept?.receipt ?? '', 'base64')
      const data = new TextEncoder().encode(kept?.checkpoint ?? '')
      expect(Math.abs(Date.parse(kept?.statedAt ?? '') - Date.now())).toBeLessThan(60_000)
      expect(authority.check(reply, kept?.checkpoint ?? '')).toBe(true)
      await checkTimeStamp(reply, { data, nonce: null, caCertificate })
      const refusals = [
        checkTimeStamp(reply, { data: data.slice(1), nonce: null, caCertificate }),
        checkTimeStamp(reply, { data, nonce: new Uint8Array(8).fill(3), caCertificate }),
        checkTimeStamp(reply.subarray(0, 50), { data, nonce: null, caCertificate }),
        checkTimeStamp(flipped(reply, reply.length - 10), { data, nonce: null, caCertificate }),
      ]
      for (const refusal of refusals) await expect(refusal).rejects.toThrow('time stamp')
      const other = await startTimeStampAuthority()
      await other.close()
      const stranger = checkTimeStamp(reply, { data, nonce: null, caCertificate: other.caCertificate })
      await expect(stranger).rejects.toThrow('signature does not hold')
      await remove(anchor)
    } finally {
      await authority.close()
    }
  })

  describe('a witness', () => {
    /** Another organization, with keys and a memory of its own, watches the first one's log. */
    const watch = async () => {
      const stranger = await server.addOrganization()
      const { origin, verifierKey } = await status()
      const saved = await ask<WitnessedLog>(stranger, 'POST', '/witness/logs', { origin, verifierKeys: [verifierKey] })
      expect(saved.status).toBe(201)
      const witness = (await ask<WitnessState>(stranger, 'GET', '/witness')).body
      return { stranger, witness, url: `${server.url}/api/v1/witness/${stranger.organizationId}` }
    }

    test('AN8: its cosignature goes into the checkpoint and every proof, and verifies offline', async () => {
      await decide(admin, 2)
      const { witness, url } = await watch()
      expect(witness.submissionUrl.endsWith(new URL(url).pathname)).toBe(true)
      const anchor = await create({ settings: { kind: 'witness', url, verifierKey: witness.verifierKey } })
      await runJob()
      const kept = await read(anchor)
      expect(kept).toMatchObject({ state: 'working', because: null })
      const index = (kept.lastTreeSize ?? 0) - 1
      // The witness's own decisions are in its own log, so the head is still the cosigned one.
      const checkpoint = (await ask<string>(admin, 'GET', `/ledger/checkpoints/${kept.lastTreeSize}`)).body as string
      expect(checkpoint).toContain(`— ${witness.name} `)
      const head = await status()
      const key = parseVerifierKey(head.verifierKey)
      const trusted = parseWitnessKey(witness.verifierKey ?? '')
      if (!key.ok || !trusted.ok) throw new Error('keys')
      const proof = (await ask<string>(admin, 'GET', `/ledger/entries/${index}/tlog-proof`)).body as string
      const file = tlogProofToInclusion(proof, key.value)
      if (!file.ok) throw new Error(file.fault.detail)
      const verified = await verifyInclusionFile(file.value, { key: key.value, witnesses: [trusted.value] })
      expect(verified.ok && verified.value.cosignatures).toEqual([
        { key: trusted.value, atSeconds: Math.floor(server.deps.clock.now() / 1000) },
      ])
      expect(inclusionToTlogProof(file.value)).toBe(proof)
      // Grown, it proves from what was cosigned.
      await decide(admin, 3)
      // The newest checkpoint is not cosigned yet; the proof and an export that ask for it go up to the one that is.
      const later = (await ask<string>(admin, 'GET', `/ledger/entries/${index}/tlog-proof`)).body as string
      expect(later).toBe(proof)
      const whole = await ask<string>(admin, 'GET', '/ledger/export?witnessed=true')
      expect(JSON.parse((whole.body as string).split('\n')[0] ?? '')).toMatchObject({ treeSize: kept.lastTreeSize })
      const again = await ask(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(again.body).toMatchObject({ outcome: 'anchored', anchor: { lagEntries: 0 } })
      await remove(anchor)
    })

    test('AN8: an answer without a line that verifies is a failure', async () => {
      const { witness } = await watch()
      const forged = await startLocalServer(() => ({ status: 200, body: `— ${witness.name} ${'A'.repeat(104)}\n` }))
      const anchor = await create({ settings: { kind: 'witness', url: forged.url, verifierKey: witness.verifierKey } })
      const run = await ask<{ because: { text: string } }>(admin, 'POST', `/anchors/${anchor.anchorId}/run`)
      expect(run.body.because.text).toContain('no cosignature')
      await forged.close()
      await remove(anchor)
      const key = (await status()).verifierKey
      const order = { name: 'x', settings: { kind: 'witness', url: forged.url, verifierKey: key } }
      expect((await ask(admin, 'POST', '/anchors', order)).body.code).toBe('not-processable')
    })

    describe('of a log of others', () => {
      let stranger: Person
      let logs: { honest: TestLog; forked: TestLog }
      beforeAll(async () => {
        stranger = await server.addOrganization()
        const signer = await signerFromSeed('ledger.example/other', new Uint8Array(32).fill(4))
        const entries = Array.from({ length: 12 }, (_, number) => ({ number }))
        const honest = new TestLog(signer, entries)
        const forked = new TestLog(signer, entries.with(3, { number: 99 }))
        logs = { honest, forked }
        const verifierKeys = [formatVerifierKey(signer.key)]
        await ask(stranger, 'POST', '/witness/logs', { origin: 'ledger.example/other', verifierKeys })
      })
      const submit = async (oldSize: number, proof: readonly Uint8Array[], checkpoint: string) => {
        const lines = proof.map((hash) => `${encodeBase64(hash)}\n`).join('')
        const response = await fetch(`${server.url}/api/v1/witness/${stranger.organizationId}/add-checkpoint`, {
          method: 'POST',
          body: `old ${oldSize}\n${lines}\n${checkpoint}`,
        })
        return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
      }
      const grow = async (log: TestLog, from: number, to: number) =>
        await submit(from, from === 0 ? [] : log.proof(from, to), await log.checkpoint(to))
      const watched = async () => (await ask<WitnessState>(stranger, 'GET', '/witness')).body.logs[0]

      test('AN6, AN7: cosigns what extends, of two at once one, and neither a way back nor a second history', async () => {
        const { honest, forked } = logs
        expect(await grow(honest, 0, 4)).toMatchObject({ status: 200, type: 'text/plain; charset=utf-8' })
        expect((await grow(honest, 4, 4)).status).toBe(200)
        const both = await Promise.all([grow(honest, 4, 6), grow(honest, 4, 8)])
        expect(both.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([200, 409])
        const { treeSize } = (await watched()) ?? {}
        const stale = await grow(honest, 4, 8)
        expect(stale).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: `${treeSize}\n` })
        await grow(honest, treeSize ?? 0, 8)
        // Back, under a signature that is good, in every way in which it could be asked.
        for (const old of [0, 4, 5]) expect((await grow(honest, old, 5)).status).toBe(409)
        expect((await submit(8, [], await honest.checkpoint(5))).status).toBe(400)
        expect((await watched())?.refusals).toBe(0)
        expect((await grow(forked, 8, 8)).status).toBe(409)
        expect((await grow(forked, 8, 12)).status).toBe(422)
        expect((await grow(forked, 8, 12)).status).toBe(422)
        const after = await watched()
        expect(after).toMatchObject({
          treeSize: 8,
          refusals: 2,
          lastRefusal: { because: { rule: 'proof-does-not-hold' } },
        })
        const evidence = await openCheckpoint(after?.lastRefusal?.checkpoint ?? '', {
          keys: [honest.signer.key],
          verify: webCryptoVerify,
        })
        expect(evidence.ok).toBe(true)
        const told = (await server.events(stranger)).filter(({ type }) => type === 'anchors.witnessed_log.refused')
        expect(told.map(({ payload }) => (payload as { because: { rule: string } }).because.rule)).toEqual([
          'fork',
          'proof-does-not-hold',
        ])
        expect((await grow(honest, 8, 12)).status).toBe(200)
      })

      test('AN6: a log that was removed and taken up again goes on from what was cosigned', async () => {
        const log = await watched()
        expect((await ask(stranger, 'DELETE', `/witness/logs/${log?.logId}`)).status).toBe(200)
        expect((await grow(logs.honest, 12, 12)).status).toBe(404)
        expect((await ask(stranger, 'DELETE', `/witness/logs/${log?.logId}`)).status).toBe(404)
        const order = { origin: log?.origin, verifierKeys: log?.verifierKeys }
        expect((await ask<WitnessedLog>(stranger, 'POST', '/witness/logs', order)).body.treeSize).toBe(12)
        expect((await grow(logs.honest, 0, 4)).status).toBe(409)
        const types = (await server.events(stranger)).map(({ type }) => type)
        expect(types).toEqual(expect.arrayContaining(['anchors.witnessed_log.saved', 'anchors.witnessed_log.removed']))
      })

      test('unknown logs, foreign keys and what is no request are refused', async () => {
        const foreign = await signerFromSeed('ledger.example/other', new Uint8Array(32).fill(5))
        const text = formatCheckpoint({ origin: 'ledger.example/other', size: 0, root: emptyRoot(sha256) })
        expect((await submit(0, [], await signNote(text, [foreign]))).status).toBe(403)
        const unknown = formatCheckpoint({ origin: 'ledger.example/nobody', size: 0, root: emptyRoot(sha256) })
        expect((await submit(0, [], await signNote(unknown, [foreign]))).status).toBe(404)
        expect((await submit(0, [], 'no checkpoint')).status).toBe(400)
        const elsewhere = `${server.url}/api/v1/witness/${admin.organizationId}/add-checkpoint`
        const body = `old 0\n\n${await logs.honest.checkpoint(4)}`
        expect((await fetch(elsewhere, { method: 'POST', body })).status).toBe(404)
        const order = { origin: 'x', verifierKeys: [`${formatVerifierKey(foreign.key)}x`] }
        expect((await ask(stranger, 'POST', '/witness/logs', order)).body.code).toBe('not-processable')
      })
    })
  })

  describe('rotation of the signing key', () => {
    // Sessions end while the clock is moved.
    let reader: Person
    beforeAll(async () => {
      reader = { ...admin, proof: keyProof(await server.addKey('admin')) }
      await decide(admin, 2)
    })
    const keys = async (by = reader) => (await ask<LedgerKeyList>(by, 'GET', '/ledger/keys')).body
    const rotate = async (order: Record<string, unknown>) => {
      const refused = await ask(admin, 'POST', '/ledger/keys/rotate', order)
      expect(refused.body.code).toBe('approval-required')
      const approvalId = await approve(refused.body.action)
      return await ask<LedgerKeyList>(admin, 'POST', '/ledger/keys/rotate', { ...order, approvalId })
    }
    /** Whether the proof of an entry verifies under each key, newest first. */
    const verdicts = async (index: number) => {
      const file = (await ask<never>(reader, 'GET', `/ledger/entries/${index}/proof`)).body as Parameters<
        typeof verifyInclusionFile
      >[0]
      const all = (await keys()).items.map(({ verifierKey }) => parseVerifierKey(verifierKey))
      return await Promise.all(
        all.map(async (key) => key.ok && (await verifyInclusionFile(file, { key: key.value })).ok),
      )
    }

    test('AN10: without an overlap the key before counts no more, even for an idle log', async () => {
      const { keyNumber = 0 } = (await keys()).items[0] ?? {}
      const rotated = await rotate({ overlapDays: 0, reason: 'it was on a lost disk', expectedKeyNumber: keyNumber })
      expect(rotated.body).toMatchObject({ signing: 1 })
      await decide(admin)
      expect(await verdicts(0)).toEqual([true, false])
      expect((await status()).haltedBecause).toBeNull()
    })

    test('AN9, AN10: both keys sign for the overlap, who pins either verifies, then the new one signs alone', async () => {
      await decide(admin, 2)
      const other = await server.addOrganization()
      await decide(other)
      const { keyNumber = 0 } = (await keys()).items[0] ?? {}
      const order = { overlapDays: 10, reason: 'once a year', expectedKeyNumber: keyNumber }
      expect((await ask(other, 'POST', '/ledger/keys/rotate', order)).body.code).toBe('not-allowed')
      const stale = await ask(admin, 'POST', '/ledger/keys/rotate', { ...order, expectedKeyNumber: keyNumber + 1 })
      expect(stale.body.code).toBe('precondition-failed')
      const rotated = await rotate(order)
      expect(rotated.body).toMatchObject({
        signing: 2,
        items: [
          { state: 'signing', signsUntil: null },
          { state: 'overlapping', endedBecause: 'once a year' },
          { state: 'ended' },
        ],
      })
      // The heads that were signed before carry the new key's line at once, in every log.
      expect(await verdicts(0)).toEqual([true, true, false])
      const head = await status(other)
      const newest = parseVerifierKey(head.verifierKey)
      if (!newest.ok) throw new Error(newest.fault.detail)
      const opened = await openCheckpoint(head.checkpoint ?? '', { keys: [newest.value], verify: webCryptoVerify })
      expect(opened.ok).toBe(true)
      for (const by of [admin, other])
        expect((await server.events(by)).filter(({ type }) => type === 'ledger.key.rotated')).toHaveLength(
          by === admin ? 2 : 1,
        )
      await decide(admin)
      expect(await verdicts(1)).toEqual([true, true, false])
      server.deps.clock.advance(10 * 24 * 60 * minuteMs)
      await decide(admin)
      expect(await verdicts(1)).toEqual([true, false, false])
      expect((await keys()).items.map(({ state }) => state)).toEqual(['signing', 'ended', 'ended'])
      expect(await status(reader)).toMatchObject({ haltedBecause: null, pendingEntries: 0 })
    })
  })
})

/** A log of somebody else, in memory. */
class TestLog {
  readonly signer: NoteSigner
  readonly leaves: readonly Uint8Array[]

  constructor(signer: NoteSigner, entries: readonly { readonly number: number }[]) {
    this.signer = signer
    this.leaves = entries.map((entry) => leafHash(sha256, utf8Bytes(JSON.stringify(entry))))
  }

  async checkpoint(size: number): Promise<string> {
    const root = rootOfLeaves(sha256, this.leaves.slice(0, size))
    return await signNote(formatCheckpoint({ origin: this.signer.key.name, size, root }), [this.signer])
  }

  proof(oldSize: number, newSize: number): Uint8Array[] {
    return buildProof(sha256, consistencyRanges(oldSize, newSize), nodesFromLeaves(sha256, this.leaves))
  }
}

type LedgerStatusOf = (typeof LedgerStatus)['_output']

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = new Uint8Array(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
