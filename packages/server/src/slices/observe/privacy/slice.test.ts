import { createHash } from 'node:crypto'
import {
  type AccessExport,
  type Deletion,
  type DeletionCertificate,
  type DeletionPreview,
  defaultMaskingSettings,
  type ExecutionReportInput,
  type LedgerStatus as LedgerStatusSchema,
  type LegalHold,
  type PersonSubject,
  type Problem,
  type ProofFile,
} from '@metaagent/contract'
import { verifyProofFile } from '@metaagent/verify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { tokenOfLink } from '../../../testkit/people-server.ts'
import { actionReport, executionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { sequenceNow } from '../../govern/ledger/index.ts'
import { closeAccessExports } from './actions/access.ts'
import { workOnDeletions } from './actions/erase.ts'
import { digestedText } from './model.ts'

type LedgerStatus = z.infer<typeof LedgerStatusSchema>

const path = '/api/v1/privacy/deletions'
const secretWord = 'quetzalcoatl'

describeOnStores('privacy', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const at = (minutes: number) => new Date(Number(server.clock.now()) + minutes * 60_000).toISOString()
  /** A run of somebody with two steps, an hour ago, that says a word about them wherever content may stand. */
  const report = async (change: Partial<ExecutionReportInput>, said = secretWord, key = server.adminKey) => {
    const executionId = change.executionId ?? freshExecutionId()
    const times = { startedAt: at(-60), endedAt: at(-59) }
    const text = `it is about ${said}`
    const content = { input: { text }, output: text, attributes: { note: text } }
    const reply = await server.request<{ accepted: unknown }>('POST', '/api/v1/telemetry', {
      key,
      body: {
        executions: [executionReport({ ...times, ...content, ...change, executionId })],
        actions: [1, 2].map((n) => actionReport(executionId, n, { ...times, ...content, errorMessage: text })),
      },
    })
    expect(reply.body.accepted).toEqual({ executions: 1, actions: 2 })
    return executionId
  }
  const ask = async (method: string, where: string, body: Record<string, unknown>) =>
    await server.request<Deletion & Problem & { action: Record<string, unknown> }>(method, where, { body })
  let admins = 0
  /** Somebody who may approve, just signed in: sessions end when the clock is moved. */
  const newAdmin = async () => {
    admins += 1
    const body = { email: `admin-${admins}@staff.example`, role: 'admin' }
    const made = await server.request<{ signInLink: string }>('POST', '/api/v1/identity/users', { body })
    const { headers } = await server.request('POST', '/api/v1/auth/sign-in', {
      key: null,
      body: { linkToken: tokenOfLink(made.body.signInLink) },
    })
    const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
    return { cookie, 'sec-fetch-site': 'same-origin' }
  }
  /** Sends what needs an approval, gets one from another person, and sends it again. */
  const approved = async (method: string, where: string, body: Record<string, unknown>) => {
    const refused = await ask(method, where, body)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    const asked = await server.request<{ approvalId: string; actionDigest: string }>('POST', '/api/v1/approvals', {
      body: { ...refused.body.action, reason: 'asked by the person' },
    })
    const { approvalId, actionDigest } = asked.body
    const voted = await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, {
      key: null,
      headers: await newAdmin(),
      body: { verdict: 'approve', actionDigest },
    })
    expect(voted.status).toBe(200)
    return { ...(await ask(method, where, { ...body, approvalId })), action: refused.body.action }
  }
  const deleted = async (subject: PersonSubject) => {
    const made = await approved('POST', path, { subject, reason: 'request 17' })
    expect(made.status).toBe(200)
    await server.settle()
    return (await server.request<Deletion>('GET', `${path}/${made.body.deletionId}`)).body
  }
  const told = async () =>
    (await server.newEvents())
      .filter(({ type }) => type.startsWith('privacy.'))
      .map(({ type, payload }) => ({ type, payload }))
  /** Every row of every table that holds a word anywhere, as the table's name. */
  const tablesWith = async (word: string, except: readonly string[] = []) =>
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      const tables = await owner.query<{ name: string }>(
        `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition order by 1`,
      )
      const found: string[] = []
      for (const { name } of tables) {
        const rows = await owner.query(`select 1 from "${name}" t where t::text ilike $1 limit 1`, [`%${word}%`])
        if (rows.length > 0 && !except.includes(name)) found.push(name)
      }
      return found
    })
  const runOf = async (executionId: string, key = server.adminKey) =>
    (await server.request<Record<string, unknown>>('GET', `/api/v1/executions/${executionId}`, { key })).body

  test('PV1, PV2, PV3, PV4: of a user nothing is left but figures; others keep everything', async () => {
    const word = `ann-${secretWord}`
    const ann = [
      await report({ unit: 'user-ann' }, word),
      await report({ attributes: { 'user.id': 'user-ann' } }, word),
      await report({}, word),
    ]
    // As spans in a vocabulary that names the user otherwise would leave it.
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      await owner.query(`update agent_executions set user_id = 'user-ann' where execution_id = $1::uuid`, [ann[2]])
    })
    const ben = await report({ unit: 'user-ben' }, 'benedict')
    const outcome = {
      subject: { executionId: ann[0] },
      result: 'success',
      explanation: `${word} said so`,
      judge: 'desk',
    }
    const sent = await server.request('POST', '/api/v1/outcomes', {
      body: { outcomes: [{ ...outcome, observedAt: at(0) }] },
    })
    expect(sent.status, JSON.stringify(sent.body)).toBeLessThan(300)
    await server.settle()
    expect((await tablesWith(word)).length).toBeGreaterThan(2)
    await server.newEvents()

    const subject = { kind: 'user', value: 'user-ann' } as const
    const preview = await server.request<DeletionPreview>('POST', `${path}/preview`, { body: { subject } })
    expect(preview.body).toMatchObject({ executions: 3, isComplete: true, firstStartedAt: at(-60) })
    expect(preview.body.tables.find(({ table }) => table === 'agent_execution_logs')).toMatchObject({ rows: 6 })
    expect(await told()).toEqual([])

    const before = await runOf(ann[0] ?? '')
    const done = await deleted(subject)
    expect(done).toMatchObject({ state: 'done', executions: 3, erasedExecutions: 3, lateExecutions: 0 })
    const rows = Object.fromEntries(done.tables.map((one) => [one.table, one.rows]))
    expect(rows).toMatchObject({ agent_execution_logs: 6, agent_executions: 3, execution_outcomes: 1, qa_events: 1 })
    expect(await tablesWith(word)).toEqual([])
    expect(await tablesWith('user-ann')).toEqual([])
    const after = await runOf(ann[0] ?? '')
    expect(after).toMatchObject({
      status: before['status'],
      startedAt: before['startedAt'],
      totals: before['totals'],
      unit: null,
    })
    expect(await runOf(ben)).toMatchObject({ unit: 'user-ben', input: { text: 'it is about benedict' } })
    const events = await told()
    expect(events.map(({ type }) => type)).toEqual(['privacy.deletion.requested', 'privacy.deletion.completed'])
    expect(JSON.stringify(events)).not.toContain('user-ann')
    expect(events[1]?.payload).toMatchObject({ deletionId: done.deletionId, executions: 3 })
  })

  test('PV3, PV9: an approval counts for one subject, and asking again while it runs is one request', async () => {
    await report({ conversationId: 'talk-1' })
    const subject = { kind: 'conversation', value: 'talk-1' } as const
    const made = await approved('POST', path, { subject, reason: 'request 18' })
    expect(made.action).toMatchObject({ impact: 'HIGH' })
    expect(JSON.stringify(made.action)).not.toContain('talk-1')
    const again = await ask('POST', path, { subject, reason: 'once more' })
    expect(again).toMatchObject({ status: 200, body: { deletionId: made.body.deletionId, reason: 'request 18' } })
    const other = { subject: { kind: 'conversation', value: 'talk-2' }, reason: 'r' }
    expect(await ask('POST', path, { ...other, approvalId: made.body.approvalId })).toMatchObject({ status: 409 })
    expect((await server.request<{ items: Deletion[] }>('GET', path)).body.items[0]).toMatchObject({
      deletionId: made.body.deletionId,
      state: 'finding',
    })
    expect((await server.request<Problem>('GET', `${path}/${made.body.deletionId}/certificate`)).body.code).toBe(
      'conflict',
    )
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/privacy/deletion-stream`, {
      headers: { authorization: `Bearer ${server.adminKey}` },
      signal: abort.signal,
    })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let shown = ''
    while (!shown.includes('"state":"finding"')) shown += (await reader?.read())?.value ?? ''
    await server.settle()
    const ticking = setInterval(() => server.clock.advance(50), 5)
    while (!shown.slice(shown.lastIndexOf('event: deletions')).includes('"executions":1'))
      shown += (await reader?.read())?.value ?? ''
    clearInterval(ticking)
    abort.abort()
    await server.newEvents()
  })

  test('PV7: the certificate tells the counts and is checked offline, from the subject to the signed checkpoint', async () => {
    const value = 'order-4711'
    await report({ attributes: { 'crm.customer': value } })
    const { deletionId } = await deleted({ kind: 'attribute', key: 'crm.customer', value })
    await server.settle()
    const { status, body } = await server.request<DeletionCertificate>('GET', `${path}/${deletionId}/certificate`)
    expect(status).toBe(200)
    const digest = createHash('sha256')
      .update(digestedText({ kind: 'attribute', key: 'crm.customer', value }, String(body.salt)))
      .digest('hex')
    expect(body.requestDigest).toBe(`sha256:${digest}`)
    expect(await verifyProofFile(body.proof)).toMatchObject({ ok: true })
    expect(JSON.parse(body.proof.entry)).toMatchObject({
      type: 'privacy.deletion.completed',
      payload: { requestDigest: body.requestDigest, executions: 1 },
    })
    expect(body.kept.length).toBeGreaterThan(2)
    await server.newEvents()
  })

  test('PV5, PV8: what arrives late is erased too, what begins later stays, and after 30 days the request names nobody', async () => {
    const executionId = await report({ unit: 'user-cat' }, 'catherine')
    const { deletionId } = await deleted({ kind: 'user', value: 'user-cat' })
    await server.newEvents()
    const late = await report({ unit: 'user-cat' }, 'catherine')
    const body = {
      actions: [actionReport(executionId, 9, { startedAt: at(-60), endedAt: at(-59), output: 'catherine' })],
    }
    await server.request('POST', '/api/v1/telemetry', { body })
    server.clock.advance(3_600_000)
    const fresh = await report({ unit: 'user-cat', startedAt: at(-5), endedAt: at(-4) }, 'cat is back')
    server.clock.advance(24 * 3_600_000)
    await server.settle()
    expect(await tablesWith('catherine')).toEqual([])
    expect(await runOf(fresh)).toMatchObject({ unit: 'user-cat' })
    expect(await runOf(late)).toMatchObject({ unit: null })
    const found = (await server.request<Deletion>('GET', `${path}/${deletionId}`)).body
    expect(found).toMatchObject({ state: 'done', executions: 2, lateExecutions: 1, subject: { value: 'user-cat' } })
    const [event] = await told()
    expect(event).toMatchObject({ type: 'privacy.deletion.late_erased', payload: { executions: 1 } })

    server.clock.advance(30 * 24 * 3_600_000)
    await server.settle()
    const closed = (await server.request<Deletion>('GET', `${path}/${deletionId}`)).body
    expect(closed).toMatchObject({ state: 'closed', reason: null, executions: 2, subject: { value: null } })
    const certificate = await server.request<DeletionCertificate>('GET', `${path}/${deletionId}/certificate`)
    expect(certificate).toMatchObject({ status: 200, body: { salt: null, subject: { value: null } } })
    expect((await told()).map(({ type }) => type)).toContain('privacy.deletion.closed')
  })

  test('PV4: cut off in the middle it goes on, and counts nothing twice', async () => {
    for (let n = 0; n < 3; n++) await report({ unit: 'user-dan' }, 'daniel')
    const made = await approved('POST', path, { subject: { kind: 'user', value: 'user-dan' }, reason: 'r' })
    const job = server.composed
    let failures = 0
    const { store } = server.deps
    const breaking = new Proxy(store, {
      get: (target, name) =>
        name === 'transaction'
          ? async (...given: Parameters<typeof store.transaction>) => {
              const result = await target.transaction(given[0], async (tx) => {
                const value = await given[1](tx)
                failures += 1
                // Every other transaction is lost after its work and before its commit.
                if (failures % 2 === 1) throw new Error('cut off')
                return value
              })
              return result
            }
          : Reflect.get(target, name, target),
    })
    for (let n = 0; n < 40; n++) await workOnDeletions({ ...job.deps, store: breaking }).catch(() => {})
    await server.settle()
    expect(await tablesWith('daniel')).toEqual([])
    const done = (await server.request<Deletion>('GET', `${path}/${made.body.deletionId}`)).body
    expect(done).toMatchObject({ state: 'done', executions: 3, erasedExecutions: 3 })
    expect(done.tables.find(({ table }) => table === 'agent_executions')?.rows).toBe(3)
    expect(failures).toBeGreaterThan(10)
  })

  test('PV1, PV6: an address goes with the keys of its tokens, out of texts, payloads and waiting outcomes', async () => {
    const settings = { ...defaultMaskingSettings, mode: 'token' }
    expect((await approved('PUT', '/api/v1/masking', { settings, reason: 'r' })).status).toBe(200)
    const value = 'Eve@Example.com'
    const executionId = await report({}, `${value}, call +4915112345678`)
    const run = await runOf(executionId)
    const [token = ''] = /\[token:email:[a-zA-Z]{22}\]/.exec(JSON.stringify(run)) ?? []
    expect(token).not.toBe('')
    const source = await server.request<{ source: { sourceId: string }; secret: string }>(
      'POST',
      '/api/v1/webhook-sources',
      {
        body: { name: 'shop', kind: 'n8n' },
      },
    )
    const {
      secret,
      source: { sourceId },
    } = source.body
    await server.request('POST', `/api/v1/webhooks/${sourceId}/${secret}`, {
      key: null,
      body: { buyer: 'eve@example.com' },
    })
    await server.settle()
    const subject = { kind: 'email', value } as const
    const preview = (await server.request<DeletionPreview>('POST', `${path}/preview`, { body: { subject } })).body
    expect(preview).toMatchObject({ executions: 1, tokens: 2, isMaskedOnArrival: false })
    expect(preview.tables.find(({ table }) => table === 'webhook_deliveries')?.rows).toBe(1)
    const done = await deleted(subject)
    expect(done).toMatchObject({ executions: 1, tokens: 2 })
    expect(done.tables.find(({ table }) => table === 'webhook_deliveries')?.rows).toBe(1)
    const reveal = { token, reason: 'r' }
    expect(await server.request('POST', '/api/v1/masking/reveal', { body: reveal })).toMatchObject({ status: 410 })
    // Words of tokens stand in the events that tell of their erasure, and mean nothing any more.
    expect(await tablesWith(token.slice(13, -1), ['journal_events', 'ledger_entries', 'masking_tokens'])).toEqual([])
  })

  test('PV2: nothing of another organization is found or erased, and its people are not told of ours', async () => {
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const scopes = ['executions:read', 'telemetry:write', 'privacy:read'] as const
    const { secret } = await server.deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(server.deps, tx, { name: 'other', scopes, expiresAt: null, actor }),
    )
    const theirs = await report({ unit: 'user-fay' }, 'fayette', secret)
    await report({ unit: 'user-fay' }, 'fay of ours')
    const { deletionId } = await deleted({ kind: 'user', value: 'user-fay' })
    expect(await runOf(theirs, secret)).toMatchObject({ unit: 'user-fay' })
    expect((await server.request('GET', `${path}/${deletionId}`, { key: secret })).status).toBe(404)
    const body = { subject: { kind: 'user', value: 'user-fay' } }
    expect(
      (await server.request<DeletionPreview>('POST', `${path}/preview`, { key: secret, body })).body.executions,
    ).toBe(1)
  })

  /** Proofs of the newest entries of the ledger, as somebody keeps them; the last of them is entry `size - 1`. */
  const newestProofs = async (size: number | null = null) => {
    const treeSize = size ?? (await server.request<LedgerStatus>('GET', '/api/v1/ledger')).body.treeSize
    const proofs: ProofFile[] = []
    for (let index = Math.max(0, treeSize - 15); index < treeSize; index++)
      proofs.push((await server.request<ProofFile>('GET', `/api/v1/ledger/entries/${index}/proof`)).body)
    return proofs
  }
  const allHold = async (proofs: readonly ProofFile[]) =>
    (await Promise.all(proofs.map((proof) => verifyProofFile(proof)))).every(({ ok }) => ok)

  const hold = async (scope: Record<string, unknown>) => {
    const reply = await server.request<LegalHold & Problem>('POST', '/api/v1/privacy/holds', {
      body: { scope, reason: 'matter 12' },
    })
    return reply
  }

  test('PV10, PV11: every proof stays valid when the data and the keys behind it are destroyed, an account’s too unless a hold keeps it', async () => {
    await report({ unit: 'user-gus' }, 'gustav')
    const made = await server.request<{ user: { subjectId: string } }>('POST', '/api/v1/identity/users', {
      body: { email: 'gustav@staff.example', role: 'viewer' },
    })
    await sequenceNow(server.composed.deps)
    const kept = await newestProofs()
    expect(kept.length).toBeGreaterThan(3)
    expect(await allHold(kept)).toBe(true)
    await approved('POST', path, { subject: { kind: 'user', value: 'user-gus' }, reason: 'r' })
    await workOnDeletions(server.composed.deps)
    const { subjectId } = made.body.user
    const erase = `/api/v1/identity/subjects/${subjectId}/erase`
    const person = { kind: 'email', value: 'Gustav@staff.example' }
    const { holdId } = (await hold({ kind: 'subject', subject: person })).body
    expect((await server.request('POST', erase)).body).toMatchObject({ code: 'on-legal-hold', holdId })
    await approved('POST', `/api/v1/privacy/holds/${holdId}/lift`, { reason: 'settled' })
    const erased = await server.request('POST', erase)
    expect(erased.status).toBeLessThan(300)
    await sequenceNow(server.composed.deps)
    expect(await tablesWith('gustav')).toEqual([])
    // What somebody kept still holds, and so does every proof that is made now, of the very same texts.
    expect(await allHold(kept)).toBe(true)
    const again = await newestProofs(kept.at(-1)?.treeSize)
    expect(await allHold(again)).toBe(true)
    expect(again.map(({ entry }) => entry)).toEqual(kept.map(({ entry }) => entry))
    expect(again[0]?.treeSize).toBeGreaterThan(kept[0]?.treeSize ?? 0)
    await server.newEvents()
  })

  test('PV11: a hold of a person refuses their deletion and lets one that runs rest; lifting it needs an approval', async () => {
    const held = await report({ unit: 'user-hal' }, 'harold')
    const subject = { kind: 'user', value: 'user-hal' } as const
    const running = await approved('POST', path, { subject, reason: 'r' })
    await server.newEvents()
    const placed = await hold({ kind: 'subject', subject })
    expect(placed).toMatchObject({ status: 201, body: { kind: 'subject', subject: { value: 'user-hal' } } })
    const { holdId } = placed.body
    expect((await hold({ kind: 'subject', subject })).body).toMatchObject({ code: 'already-exists', holdId })
    await workOnDeletions(server.composed.deps)
    const at = `${path}/${running.body.deletionId}`
    expect((await server.request<Deletion>('GET', at)).body).toMatchObject({ erasedExecutions: 0, isOnLegalHold: true })
    expect(await runOf(held)).toMatchObject({ unit: 'user-hal' })
    expect((await ask('POST', path, { subject, reason: 'again' })).body).toMatchObject({
      code: 'on-legal-hold',
      holdId,
    })
    const preview = await server.request<DeletionPreview>('POST', `${path}/preview`, { body: { subject } })
    expect(preview.body).toMatchObject({ isOnLegalHold: true, heldExecutions: 1 })
    // Of another name of the same person, too: what the run says counts.
    await report({ unit: 'user-hal', conversationId: 'talk-hal' }, 'harold')
    const other = await approved('POST', path, { subject: { kind: 'conversation', value: 'talk-hal' }, reason: 'r' })
    await workOnDeletions(server.composed.deps)
    expect((await server.request<Deletion>('GET', `${path}/${other.body.deletionId}`)).body).toMatchObject({
      state: 'erasing',
      erasedExecutions: 0,
      heldExecutions: 1,
    })
    const events = await told()
    expect(events.map(({ type }) => type)).toContain('privacy.hold.placed')
    expect(JSON.stringify(events)).not.toContain('user-hal')

    const lifted = await approved('POST', `/api/v1/privacy/holds/${holdId}/lift`, { reason: 'settled' })
    expect(lifted).toMatchObject({ status: 200, body: { liftReason: 'settled', subject: null } })
    await workOnDeletions(server.composed.deps)
    expect((await server.request<Deletion>('GET', at)).body).toMatchObject({ state: 'done', erasedExecutions: 2 })
    expect(await tablesWith('harold')).toEqual([])
    expect((await told()).map(({ type }) => type)).toContain('privacy.hold.lifted')
    expect((await ask('POST', `/api/v1/privacy/holds/${holdId}/lift`, { reason: 'again' })).status).toBe(200)
  })

  test('PV11: a hold of an agent or a time keeps its runs against erasure and retention, and nothing else', async () => {
    const [kept, gone] = [
      await report({ agent: 'held-agent', unit: 'user-ivy' }, 'ivanka'),
      await report({ agent: 'free-agent', unit: 'user-ivy' }, 'ivanka'),
    ]
    const { agentId } = await runOf(kept)
    const placed = await hold({ kind: 'agent', agentId, from: at(-600), to: at(600) })
    expect(placed.status).toBe(201)
    const made = await approved('POST', path, { subject: { kind: 'user', value: 'user-ivy' }, reason: 'r' })
    await workOnDeletions(server.composed.deps)
    const done = (await server.request<Deletion>('GET', `${path}/${made.body.deletionId}`)).body
    expect(done).toMatchObject({ state: 'erasing', erasedExecutions: 1, heldExecutions: 1 })
    expect(await runOf(kept)).toMatchObject({ unit: 'user-ivy' })
    expect(await runOf(gone)).toMatchObject({ unit: null })
    const listed = await server.request<{ items: LegalHold[] }>('GET', '/api/v1/privacy/holds')
    expect(listed.body.items[0]).toMatchObject({ holdId: placed.body.holdId, heldExecutions: 1 })
    const { organizationId } = server
    const heldDays = await server.deps.store.transaction({ organizationId }, server.composed.deps.readHeldDays)
    expect(heldDays).toEqual([{ from: at(-600).slice(0, 10), to: at(600).slice(0, 10) }])
    const lifted = await approved('POST', `/api/v1/privacy/holds/${placed.body.holdId}/lift`, { reason: 'settled' })
    expect(lifted.status).toBe(200)
    await workOnDeletions(server.composed.deps)
    expect((await server.request<Deletion>('GET', `${path}/${done.deletionId}`)).body).toMatchObject({ state: 'done' })
    expect(await tablesWith('ivanka')).toEqual([])
    await server.newEvents()
  })

  test('PV12: an access export holds everything of a person and nothing of others, and is an entry each time', async () => {
    const executionId = await report({ unit: 'jan@staff.example' }, 'janosch')
    await report({ unit: 'user-kim' }, 'kimberly')
    await server.request('POST', '/api/v1/identity/users', { body: { email: 'jan@staff.example', role: 'viewer' } })
    const outcome = { subject: { executionId }, result: 'success', explanation: 'janosch said so', judge: 'desk' }
    await server.request('POST', '/api/v1/outcomes', { body: { outcomes: [{ ...outcome, observedAt: at(0) }] } })
    await server.settle()
    await server.newEvents()
    const subject = { kind: 'email', value: 'jan@staff.example' }
    const exports = '/api/v1/privacy/access-exports'
    const made = await server.request<AccessExport>('POST', exports, { body: { subject, reason: 'request 19' } })
    expect(made).toMatchObject({ status: 201, body: { deliveredAt: null, subject: { value: 'jan@staff.example' } } })
    const { exportId } = made.body
    const file = await server.request<{
      account: Record<string, unknown>
      executions: string[]
      tables: { table: string; rows: unknown[]; derivedRows?: number }[]
      ledger: { checkpoint: string; verifierKey: string; treeSize: number; entries: Omit<ProofFile, 'treeSize'>[] }
    }>('GET', `${exports}/${exportId}/file`)
    expect(file.status).toBe(200)
    expect(file.body.executions).toEqual([executionId])
    expect(file.body.account).toMatchObject({ email: 'jan@staff.example' })
    const rows = Object.fromEntries(file.body.tables.map((one) => [one.table, one.rows.length]))
    expect(rows).toMatchObject({ agent_executions: 1, agent_execution_logs: 2, execution_outcomes: 1, qa_events: 1 })
    // Every table that holds a word of theirs is in the file, the index of words as a count.
    const derived = file.body.tables.flatMap(({ table, derivedRows }) => (derivedRows === undefined ? [] : [table]))
    const inFile = file.body.tables.filter(({ rows: all }) => all.length > 0).map(({ table }) => table)
    for (const table of await tablesWith('janosch', ['unsealed_words', 'word_segments']))
      expect([...inFile, ...derived]).toContain(table)
    expect(JSON.stringify(file.body)).not.toContain('kimberly')
    const { entries, ...log } = file.body.ledger
    expect(entries.length).toBeGreaterThan(0)
    const proof = { format: 'metaagent-proof/v1', kind: 'inclusion', ...log, ...entries[0] } as ProofFile
    expect(await verifyProofFile(proof)).toMatchObject({ ok: true })
    const events = await told()
    expect(events.map(({ type }) => type)).toEqual(['privacy.access.requested', 'privacy.access.delivered'])
    expect(JSON.stringify(events)).not.toContain('staff.example')
    expect(events[1]?.payload).toMatchObject({ exportId, executions: 1 })

    server.clock.advance(15 * 24 * 3_600_000)
    await closeAccessExports(server.composed.deps)
    expect((await server.request<Problem>('GET', `${exports}/${exportId}/file`)).body.code).toBe('evidence-erased')
    const listed = await server.request<{ items: AccessExport[] }>('GET', exports)
    expect(listed.body.items[0]).toMatchObject({ exportId, subject: { value: null }, reason: null })
    expect((await told()).map(({ type }) => type)).toContain('privacy.access.closed')
  })

  test.each([
    [{ kind: 'attribute', value: 'some' }],
    [{ kind: 'user', key: 'x', value: 'some' }],
    [{ kind: 'email', value: 'nobody' }],
    [{ kind: 'user', value: '' }],
  ])('a subject that is none is refused: %j', async (subject) => {
    expect(await server.request('POST', `${path}/preview`, { body: { subject } })).toMatchObject({
      status: 400,
      body: { code: 'invalid-body' },
    })
  })
})
