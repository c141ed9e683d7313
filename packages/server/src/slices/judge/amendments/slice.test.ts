import type {
  Amendment,
  AmendmentDetail,
  ApprovalRequest,
  DocumentDiff,
  DocumentSummary,
  DocumentVersion,
  DriftPayload,
  GovernedDocument,
  JournalEvent,
} from '@metaagent/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestReply, type TestServer } from '../../../testkit/test-server.ts'
import { append } from '../../govern/journal/index.ts'

type Refused = { code: string; action?: object; [more: string]: unknown }
type Proof = Readonly<Record<string, string>>

describeOnStores('amendments', (kind) => {
  let server: TestServer
  let ada: Proof
  let bob: Proof
  beforeAll(async () => {
    server = await startTestServer(kind)
    ada = await signInAdmin('ada@example.com')
    bob = await signInAdmin('bob@example.com')
  })
  afterAll(async () => await server.close())
  beforeEach(async () => {
    await server.newEvents()
  })

  /** Somebody who may approve: an admin in person. */
  const signInAdmin = async (email: string): Promise<Proof> => {
    const made = await server.request<{ signInLink: string }>('POST', '/api/v1/identity/users', {
      body: { email, role: 'admin' },
    })
    const linkToken = made.body.signInLink.split('#token=')[1]
    const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
    const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
    return { cookie, 'sec-fetch-site': 'same-origin' }
  }
  const get = async <Body>(path: string, headers: Proof = {}) =>
    await server.request<Body>('GET', `/api/v1${path}`, { headers })
  const documentOf = async (name = 'QA.md') => (await get<GovernedDocument>(`/documents/${name}`)).body
  const amendmentOf = async (id: string) => (await get<AmendmentDetail>(`/amendments/${id}`)).body
  const openOnes = async () => (await get<{ items: Amendment[] }>('/amendments?state=open')).body.items
  const act = (id: string, verb: string, body: object) =>
    server.request<AmendmentDetail & Refused>('POST', `/api/v1/amendments/${id}/${verb}`, { body })
  const edit = (id: string, body: object) =>
    server.request<AmendmentDetail & Refused>('PUT', `/api/v1/amendments/${id}/draft`, { body })
  /** Proposes the document's text with something done to it. */
  const propose = async (change: (text: string) => string, name = 'QA.md', more: object = {}) => {
    const { text, digest } = await documentOf(name)
    const body = { text: change(text), expectedDigest: digest, reason: 'We learnt something.', ...more }
    const reply = await server.request<AmendmentDetail>('PUT', `/api/v1/documents/${name}`, { body })
    expect(reply.status).toBe(202)
    return reply.body
  }
  /** Asks for what a refusal names, and lets as many admins approve it as it takes. */
  const approve = async (refused: TestReply<Refused>) => {
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    const asked = await server.request<ApprovalRequest>('POST', '/api/v1/approvals', {
      body: { ...refused.body.action, reason: 'Please.' },
    })
    const { approvalId, actionDigest, requiredApprovers } = asked.body
    for (const headers of [ada, bob].slice(0, requiredApprovers)) {
      const body = { verdict: 'approve', actionDigest, review: 'Read.' }
      const path = `/api/v1/approvals/${approvalId}/votes`
      expect((await server.request('POST', path, { key: null, headers, body })).status).toBe(200)
    }
    return asked.body
  }
  const ratify = async ({ amendmentId }: Amendment) => {
    const { draftDigest } = await amendmentOf(amendmentId)
    const order = { draftDigest, reason: 'It is right.' }
    const { approvalId } = await approve(await act(amendmentId, 'ratify', order))
    return await act(amendmentId, 'ratify', { ...order, approvalId })
  }
  const told = async (): Promise<readonly JournalEvent[]> =>
    (await server.newEvents()).filter(({ type }) => /^(decision\.)?amendments\./.test(type))
  let alarms = 0
  const uuid = (of: string, at: number) => `01900000-0000-7000-8000-${of}${String(at).padStart(10, '0')}`
  /** A drift alarm as its slice broadcasts it. */
  const driftOf = (stream: number, other: Partial<z.input<typeof DriftPayload>> = {}) => ({
    alarmId: uuid('aa', ++alarms),
    streamId: uuid('bb', stream),
    stream: { kind: 'judge', metric: `metric-${stream}`, judge: 'gpt', agentId: null, subject: null } as const,
    method: 'e-detector',
    severity: 'warning' as const,
    direction: 'up' as const,
    runs: 200,
    failures: 60,
    because: { rule: 'e-detector', observed: 9_000, limit: 8_640, text: 'It fails more often than it did.' },
    changeAt: null,
    judgmentIds: [uuid('cc', 1)],
    executionIds: ['a'.repeat(32)],
    recommendations: [{ document: 'QA.md' as const, section: 'Judges' }],
    evidence: 9_000,
    streams: 3,
    ...other,
  })
  const drift = async (payload: ReturnType<typeof driftOf>) => {
    const { deps, organizationId } = server
    const [event] = await deps.store.transaction({ organizationId }, (tx) =>
      append(deps, tx, [
        { type: 'qa_drift', subject: 'drift', actor: { kind: 'system', id: 'drift' }, correlationId: 'story', payload },
      ]),
    )
    while ((await server.composed.journal.runOnce()) > 0);
    return event as JournalEvent
  }

  test('QA.md and AGENTS.md are there from the start, in force, and their versions tell by whom', async () => {
    const { body } = await get<{ items: DocumentSummary[] }>('/documents')
    expect(body.items).toMatchObject([
      { name: 'AGENTS.md', version: 1, author: 'system:seed', openAmendments: 0 },
      { name: 'QA.md', version: 1 },
    ])
    const versions = await get<{ items: DocumentVersion[] }>('/documents/qa.md/versions')
    expect(versions.body.items).toMatchObject([{ version: 1, amendmentId: null, changed: { removed: 0 } }])
    expect((await get<{ text: string }>('/documents/QA.md/versions/1')).body.text).toContain('# Quality rules')
  })

  test('AD9: a pipeline fetches what is in force, and what it has already is not sent again', async () => {
    const first = await get<GovernedDocument>('/documents/QA.md')
    const etag = String(first.headers.get('etag'))
    expect(etag).toBe(`"${first.body.digest}"`)
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*'])
      expect(await get('/documents/QA.md', { 'if-none-match': known })).toMatchObject({ status: 304, body: null })
    expect((await get('/documents/QA.md', { 'if-none-match': '"sha256:x"' })).status).toBe(200)
    const file = await get<string>('/documents/QA.md/file')
    expect(file.body).toBe(first.body.text)
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="QA.md"')
    expect((await get('/documents/QA.md/file', { 'if-none-match': etag })).status).toBe(304)
    expect((await get('/documents/NONE.md')).status).toBe(404)
  })

  test('AD1: nothing that is proposed is in force before it is ratified, with the approval that its impact needs', async () => {
    const before = await documentOf()
    const amendment = await propose((text) => `${text}\r\n## Tests\r\n\r\nMore of them.`)
    expect(amendment).toMatchObject({
      state: 'open',
      origin: 'person',
      impact: 'HIGH',
      baseVersion: 1,
      changed: { added: 4, removed: 0 },
      need: { outcome: 'require_approval', approvers: 1 },
      rebase: 'not-needed',
    })
    expect(await documentOf()).toEqual({ ...before, openAmendments: 1 })
    const [opened, mirror] = await told()
    expect(opened).toMatchObject({
      type: 'amendments.proposal.opened',
      subject: `amendment/${amendment.amendmentId}`,
      payload: { document: 'QA.md', origin: 'person', draftDigest: amendment.draftDigest },
    })
    expect(mirror).toMatchObject({ type: 'decision.amendments.proposal', payload: { verdict: 'opened' } })
    const ratified = await ratify(amendment)
    expect(ratified).toMatchObject({ status: 200, body: { state: 'ratified', decisionReason: 'It is right.' } })
    const after = await documentOf()
    expect(after).toMatchObject({ version: 2, digest: amendment.draftDigest, openAmendments: 0 })
    expect(after.text).toBe(`${before.text}\n## Tests\n\nMore of them.\n`)
    const events = await told()
    expect(events.map(({ type }) => type)).toEqual(['amendments.proposal.ratified', 'decision.amendments.proposal'])
    expect(events[0]?.payload).toMatchObject({ version: 2, baseVersion: 1, approvalId: ratified.body.approvalId })
    const { body: diff } = await get<z.output<typeof DocumentDiff>>('/documents/QA.md/diff?from=2&to=1')
    expect(diff.changed).toEqual({ added: 0, removed: 4 })
    expect(diff.patch).toContain('-## Tests')
    expect((await get('/documents/QA.md/diff?from=1&to=9')).status).toBe(404)
    const again = { draftDigest: amendment.draftDigest, reason: 'Once more.' }
    expect((await act(amendment.amendmentId, 'ratify', again)).body.code).toBe('conflict')
  })

  test('AD2: an approval counts for exactly the draft that was shown; edited, it is another one', async () => {
    const amendment = await propose((text) => `${text}One.\n`)
    const { amendmentId, draft, draftDigest } = amendment
    const refused = await act(amendmentId, 'ratify', { draftDigest, reason: 'r' })
    expect(refused.body.action).toMatchObject({
      operation: 'amendments.ratify',
      subject: 'document/QA.md',
      environment: 'production',
      parameters: { draftDigest, baseDigest: amendment.baseDigest, patch: expect.stringContaining('+One.') },
    })
    const { approvalId } = await approve(refused)
    const order = { draft: `${draft}Two.\n`, expectedRevision: 1, note: 'Two is better.' }
    const edited = await edit(amendmentId, order)
    expect(edited.body).toMatchObject({ revision: 2, isEdited: true, changed: { added: 2 } })
    expect(edited.body.revisions.map(({ note }) => note)).toEqual(['Two is better.', 'We learnt something.'])
    expect((await edit(amendmentId, order)).body.code).toBe('precondition-failed')
    expect((await edit(amendmentId, { ...order, expectedRevision: 2 })).body.code).toBe('conflict')
    const seen = await act(amendmentId, 'ratify', { draftDigest, reason: 'r', approvalId })
    expect(seen).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
    const now = { draftDigest: edited.body.draftDigest, reason: 'r', approvalId }
    expect((await act(amendmentId, 'ratify', now)).body.code).toBe('approval-digest-mismatch')
    expect((await ratify(edited.body)).body.state).toBe('ratified')
    expect((await told()).map(({ type }) => type)).toContain('amendments.proposal.updated')
  })

  test('AD3, AD8: a document that moved on is not overwritten; what merges is rebased, the rest is written by a person', async () => {
    const away = await propose((text) => text.replace('# Quality rules', '# Rules of quality'), 'QA.md')
    const near = await propose((text) => text.replace('A failed check stops', 'A failed check halts'))
    const same = await propose((text) => text.replace('A failed check stops', 'A failed check ends'))
    await ratify(near)
    const order = { draftDigest: away.draftDigest, reason: 'r' }
    expect((await act(away.amendmentId, 'ratify', order)).body.code).toBe('amendment-outdated')
    expect(await amendmentOf(away.amendmentId)).toMatchObject({ isCurrent: false, rebase: 'clean' })
    const rebased = await act(away.amendmentId, 'rebase', { expectedRevision: 1 })
    expect(rebased.body).toMatchObject({ revision: 2, isCurrent: true, rebase: 'not-needed' })
    expect(rebased.body.draft).toContain('A failed check halts')
    expect((await act(away.amendmentId, 'rebase', { expectedRevision: 2 })).body.code).toBe('conflict')
    expect(await amendmentOf(same.amendmentId)).toMatchObject({ rebase: 'conflicts' })
    const refused = await act(same.amendmentId, 'rebase', { expectedRevision: 1 })
    expect(refused.body).toMatchObject({ code: 'amendment-outdated', rebase: 'conflicts' })
    const { text, version } = await documentOf()
    const draft = text.replace('halts', 'ends')
    const byHand = { draft, expectedRevision: 1, baseVersion: version, note: 'Both.' }
    expect((await edit(same.amendmentId, { ...byHand, baseVersion: 1 })).body.code).toBe('precondition-failed')
    expect((await edit(same.amendmentId, byHand)).body).toMatchObject({ isCurrent: true, changed: { added: 1 } })
    expect((await ratify(same)).body.state).toBe('ratified')
    await act(away.amendmentId, 'reject', { reason: 'No.' })
  })

  test('AD4: drift opens one amendment of a stream, in its story; more of it updates that one', async () => {
    const payload = driftOf(1)
    const event = await drift(payload)
    const [opened] = await openOnes()
    expect(opened).toMatchObject({
      origin: 'drift',
      document: 'QA.md',
      section: 'Judges',
      severity: 'warning',
      impact: 'HIGH',
      failures: { failures: 60, total: 200 },
      because: payload.because,
      alarms: 1,
      openedBy: 'system:drift',
      correlationId: 'story',
    })
    expect(opened?.evidence.map(({ kind: of }) => of)).toEqual(['alarm', 'stream', 'judgment', 'execution'])
    const { draft } = await amendmentOf(opened?.amendmentId ?? '')
    expect(draft).toContain('metric-1 by judge gpt** (warning): It fails more often than it did. 60 of 200 failed.')
    const events = await told()
    expect(events[0]).toMatchObject({
      type: 'amendments.proposal.opened',
      correlationId: 'story',
      causationId: event.eventId,
      payload: { alarmId: payload.alarmId },
    })
    await drift(driftOf(1, { failures: 70, runs: 220 }))
    const [same] = await openOnes()
    expect(same).toMatchObject({ alarms: 2, revision: 1, draftDigest: opened?.draftDigest, failures: { total: 220 } })
    await drift(driftOf(1, { severity: 'critical', failures: 90, runs: 240 }))
    const [graver, ...others] = await openOnes()
    expect(graver).toMatchObject({ alarms: 3, revision: 2, severity: 'critical', impact: 'CRITICAL' })
    expect(others).toEqual([])
    expect((await amendmentOf(graver?.amendmentId ?? '')).draft).toContain('90 of 240 failed')
    expect((await told()).map(({ type }) => type)).toEqual([
      'amendments.proposal.updated',
      'amendments.proposal.updated',
    ])
    await drift({ ...driftOf(2), recommendations: [] })
    expect(await openOnes()).toHaveLength(1)
    await ratify(graver as Amendment)
    await drift(driftOf(1, { failures: 99, runs: 260 }))
    const [next] = await openOnes()
    const { draft: replaced } = await amendmentOf(next?.amendmentId ?? '')
    expect(replaced).not.toContain('90 of 240')
    expect(replaced.match(/<!-- stream/g)).toHaveLength(1)
    await act(next?.amendmentId ?? '', 'reject', { reason: 'Enough.', alarm: 'unknown' })
  })

  test('AD4: a text that a person edited stays, however grave the drift; rebased, what drift wrote is written again', async () => {
    await drift(driftOf(3))
    await drift(driftOf(4))
    const [second, first] = (await openOnes()) as [Amendment, Amendment]
    const { draft } = await amendmentOf(first.amendmentId)
    const edited = await edit(first.amendmentId, { draft: `${draft}Mine.\n`, expectedRevision: 1, note: 'n' })
    await drift(driftOf(3, { severity: 'critical' }))
    const after = await amendmentOf(first.amendmentId)
    expect(after).toMatchObject({ severity: 'critical', revision: 2, draft: edited.body.draft })
    await ratify(after)
    const rebased = await act(second.amendmentId, 'rebase', { expectedRevision: 1 })
    expect(rebased.body.draft).toMatch(/metric-3 by[\s\S]*metric-4 by/)
    await act(second.amendmentId, 'reject', { reason: 'It was noise.' })
  })

  test('AD12: a stream that recovered has its rule taken out, when somebody agrees; one that drifts again keeps it', async () => {
    const openOf = async (stream: number) =>
      (await openOnes()).find(({ evidence }) => evidence.some(({ id }) => id === uuid('bb', stream)))
    const recover = async (stream: number) => {
      const { deps, organizationId } = server
      const because = { rule: 'back', observed: 0.1, limit: 0.2, text: 'It is as it was before.' }
      const payload = { alarmId: uuid('aa', alarms), streamId: uuid('bb', stream), alarms: 1, because }
      const actor = { kind: 'system', id: 'drift' } as const
      await deps.store.transaction({ organizationId }, (tx) =>
        append(deps, tx, [{ type: 'drift.alarm.closed', subject: 'drift', actor, correlationId: 'story', payload }]),
      )
      while ((await server.composed.journal.runOnce()) > 0);
    }
    const before = (await documentOf()).text
    await drift(driftOf(8))
    await recover(8)
    expect(await openOf(8)).toMatchObject({ alarms: 1 })
    await ratify((await openOf(8)) as Amendment)
    expect((await documentOf()).text).toContain('metric-8 by judge gpt')
    await told()
    await recover(8)
    const out = (await openOf(8)) as Amendment
    expect(out).toMatchObject({ alarms: 0, severity: 'info', impact: 'HIGH', reason: 'It is as it was before.' })
    expect(out.title).toBe('Take out the rule of a stream that recovered: metric-8 by judge gpt')
    await recover(8)
    expect((await told()).map(({ type }) => type)).toEqual([
      'amendments.proposal.opened',
      'decision.amendments.proposal',
    ])
    await drift(driftOf(8))
    expect(await amendmentOf(out.amendmentId)).toMatchObject({ state: 'withdrawn', decidedBy: 'system:drift' })
    expect((await told()).map(({ type }) => type)).toContain('amendments.proposal.withdrawn')
    const again = (await openOf(8)) as Amendment
    await act(again.amendmentId, 'reject', { reason: 'Noise.', alarm: 'unknown' })
    await recover(8)
    await ratify(await propose((text) => `${text}Later.\n`))
    const last = (await openOf(8)) as Amendment
    const rebased = await act(last.amendmentId, 'rebase', { expectedRevision: 1 })
    expect(rebased.body).toMatchObject({ isCurrent: true, changed: { added: 0 } })
    const rejected = await act(last.amendmentId, 'reject', { reason: 'Keep it a while.' })
    expect(rejected.body.because.rule).toBe('back')
    await recover(8)
    await ratify((await openOf(8)) as Amendment)
    expect((await documentOf()).text).toBe(`${before}Later.\n`)
  })

  test('AD3: of two who ratify the same amendment at once, one does', async () => {
    const amendment = await propose((text) => `${text}At once.\n`)
    const order = { draftDigest: amendment.draftDigest, reason: 'r' }
    const { approvalId } = await approve(await act(amendment.amendmentId, 'ratify', order))
    const both = [1, 2].map(() => act(amendment.amendmentId, 'ratify', { ...order, approvalId }))
    const replies = await Promise.all(both)
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  })

  test('AD6: rejected and withdrawn ones stay what they are', async () => {
    const mine = await propose((text) => `${text}Mine.\n`)
    const rejected = await act(mine.amendmentId, 'reject', { reason: 'Not needed.' })
    expect(rejected.body).toMatchObject({ state: 'rejected', decisionReason: 'Not needed.', need: null })
    expect((await act(mine.amendmentId, 'withdraw', { reason: 'r' })).body).toMatchObject({
      code: 'conflict',
      state: 'rejected',
    })
    const back = await propose((text) => `${text}Mine.\n`)
    const byAda = await server.request('POST', `/api/v1/amendments/${back.amendmentId}/withdraw`, {
      key: null,
      headers: ada,
      body: { reason: 'r' },
    })
    expect(byAda.status).toBe(403)
    expect((await act(back.amendmentId, 'withdraw', { reason: 'A mistake.' })).body.state).toBe('withdrawn')
    expect((await told()).at(-2)).toMatchObject({
      type: 'amendments.proposal.withdrawn',
      payload: { reason: 'A mistake.' },
    })
    expect((await get<{ items: Amendment[] }>('/amendments?origin=person&state=withdrawn')).body.items).toHaveLength(1)
  })

  test('AD11: a text that holds a secret is refused with its line, in every way in', async () => {
    const { text, digest } = await documentOf('AGENTS.md')
    const leak = `${text}Use AKIAQ3EGXN7MHR2JT5WD and wJalrXUtnFEMI/K7MDENG/bPxRfiCYzq9vL2pXkT.\n`
    const line = text.split('\n').length
    const order = { text: leak, expectedDigest: digest, reason: 'r' }
    const put = await server.request<Refused>('PUT', '/api/v1/documents/AGENTS.md', { body: order })
    expect(put).toMatchObject({ status: 422, body: { code: 'not-processable', line } })
    const added = await server.request<Refused>('POST', '/api/v1/documents', {
      body: { ...order, name: 'KEYS.md', expectedDigest: undefined },
    })
    expect(added.body).toMatchObject({ code: 'not-processable', line })
    const { amendmentId } = await propose((old) => `${old}- fine\n`, 'AGENTS.md')
    expect((await edit(amendmentId, { draft: leak, expectedRevision: 1, note: 'n' })).body).toMatchObject({ line })
    expect((await get('/documents/KEYS.md')).status).toBe(404)
  })

  test('AD7: what takes lines away that are in force counts at least as HIGH', async () => {
    const small = await propose((text) => `${text}- one more\n`, 'AGENTS.md', { severity: 'info' })
    expect(small.impact).toBe('MODERATE')
    const taking = await propose((text) => text.split('\n').slice(3).join('\n'), 'AGENTS.md', { severity: 'info' })
    expect(taking).toMatchObject({ impact: 'HIGH', impactBecause: { rule: 'takes-away-what-is-in-force' } })
  })

  test('a document of one’s own is empty until its first text is ratified', async () => {
    const body = { name: 'SAFETY.md', text: '# Safety\n', reason: 'We need one.', severity: 'info' }
    const added = await server.request<AmendmentDetail>('POST', '/api/v1/documents', { body })
    expect(added).toMatchObject({ status: 201, body: { baseVersion: 0, state: 'open' } })
    expect(await documentOf('SAFETY.md')).toMatchObject({ version: 0, text: '', author: null, ratifiedAt: null })
    expect((await server.request('POST', '/api/v1/documents', { body: { ...body, name: 'safety.md' } })).status).toBe(
      409,
    )
    expect((await told())[0]).toMatchObject({ type: 'amendments.document.added', payload: { document: 'SAFETY.md' } })
    await ratify(added.body)
    expect(await documentOf('SAFETY.md')).toMatchObject({ version: 1, text: '# Safety\n' })
    const { text, digest } = await documentOf('SAFETY.md')
    const put = async (order: object) =>
      (await server.request<Refused>('PUT', '/api/v1/documents/SAFETY.md', { body: { reason: 'r', ...order } })).body
        .code
    expect(await put({ text, expectedDigest: digest })).toBe('conflict')
    expect(await put({ text: 'x', expectedDigest: 'sha256:old' })).toBe('precondition-failed')
    for (const bad of ['a\u0000b', '\n'.repeat(5_000), '>'.repeat(101), '\ud800', 'x'.repeat(200_001)])
      expect(await put({ text: bad, expectedDigest: digest })).toBe('invalid-body')
  })

  test('the list goes through every amendment once: open ones first, the gravest before the others', async () => {
    await drift(driftOf(6, { severity: 'critical' }))
    type Page = { items: Amendment[]; nextCursor: string | null }
    const from = async (cursor: string | null): Promise<Amendment[]> => {
      const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { items, nextCursor } = (await get<Page>(`/amendments?limit=3${after}`)).body
      return nextCursor === null ? items : [...items, ...(await from(nextCursor))]
    }
    const seen = await from(null)
    expect(new Set(seen.map(({ amendmentId }) => amendmentId)).size).toBe(seen.length)
    const rank = { info: 1, warning: 2, critical: 3 }
    const ranks = seen.map(({ state, severity }) => (state === 'open' ? rank[severity] : 0))
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a))
    expect(ranks[0]).toBe(3)
    expect((await get('/amendments?state=open&cursor=x')).status).toBe(400)
  })

  test('AD10: from a disabled check to its amendment, and what becomes of it teaches the detector', async () => {
    const disable = async (metric: string) => {
      const event = {
        type: 'qa_disabled',
        judge: 'ci',
        judgeKind: 'code',
        subject: { kind: 'artifact', id: 'suite/login' },
        metric,
      }
      const reply = await server.request('POST', '/api/v1/qa/events', { body: { events: [event] } })
      expect(reply).toMatchObject({ status: 200, body: { accepted: 1 } })
      server.clock.advance(3_600_000)
      await server.settle()
      await server.settle()
      return (await openOnes()).find(({ title }) => title.includes(metric))
    }
    const first = await disable('smoke')
    expect(first).toMatchObject({ section: 'Disabled checks', origin: 'drift', document: 'QA.md' })
    const alarmId = first?.evidence.find((item) => item.kind === 'alarm')?.id
    const verdictOf = async (id: unknown) => {
      const { body } = await get<{ items: { alarmId: string; verdict: string | null }[] }>('/drift/alarms')
      return body.items.find((alarm) => alarm.alarmId === id)?.verdict
    }
    expect(await verdictOf(alarmId)).toBeNull()
    await act(first?.amendmentId ?? '', 'reject', { reason: 'A planned move.', alarm: 'unknown' })
    expect(await verdictOf(alarmId)).toBeNull()
    const second = await disable('login')
    await act(second?.amendmentId ?? '', 'reject', { reason: 'It was renamed.' })
    expect(await verdictOf(second?.evidence[0]?.id)).toBe('false')
    const rejected = (await told()).find(({ type }) => type === 'amendments.proposal.rejected')
    expect(rejected).toMatchObject({ payload: { alarm: 'unknown' } })
    const third = await disable('logout')
    await ratify(third as Amendment)
    expect(await verdictOf(third?.evidence[0]?.id)).toBe('true')
  })

  // Last, since the sessions end on the way.
  test('AD6: what nobody decides in time expires to the millisecond, and drift opens the next one', async () => {
    const late = await propose((text) => `${text}Late.\n`)
    await drift(driftOf(5))
    const before = (await openOnes()).find(({ title }) => title.includes('metric-5'))
    server.clock.advance(30 * 86_400_000)
    const refused = await edit(late.amendmentId, { draft: 'x', expectedRevision: 1, note: 'n' })
    expect(refused.body).toMatchObject({ code: 'conflict', state: 'expired' })
    await told()
    await drift(driftOf(5))
    await server.settle()
    for (const { amendmentId } of [late, before as Amendment]) {
      expect(await amendmentOf(amendmentId)).toMatchObject({ state: 'expired', decidedBy: 'system:amendments' })
    }
    const expired = (await told()).filter(({ type }) => type === 'amendments.proposal.expired')
    expect(new Set(expired.map(({ subject }) => subject)).size).toBe(expired.length)
    expect(expired.map(({ subject }) => subject)).toContain(`amendment/${before?.amendmentId}`)
    expect(await openOnes()).toMatchObject([{ origin: 'drift', alarms: 1, title: expect.stringContaining('metric-5') }])
  })
})
