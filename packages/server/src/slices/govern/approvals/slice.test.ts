import type { ApprovalRequest, GovernanceRules, GovernanceRulesTrialResult } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPglite } from '../../../adapters/pglite/open.ts'
import { openPostgres } from '../../../adapters/postgres/postgres-store.ts'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { MemoryLog } from '../../../testkit/memory-log.ts'
import { keyProof, type PeopleServer, type Person, startPeopleServer } from '../../../testkit/people-server.ts'
import { createTestDeps } from '../../../testkit/test-deps.ts'
import { authenticate, identitySlice } from '../identity/index.ts'
import { actionDigestOf, approvalsSlice, consume, passGate, requestApproval, vote } from './index.ts'

const action = {
  operation: 'rollouts.promote',
  subject: 'rollout/1',
  environment: 'production',
  impact: 'HIGH',
  parameters: { release: 'v2', percent: 50 },
} as const

describeOnStores('approvals', (kind) => {
  let server: PeopleServer
  let author: Person
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice, approvalsSlice])
    author = await server.addPerson('developer')
    ada = await server.addPerson('admin')
    bob = await server.addPerson('admin')
  })
  afterAll(async () => server.close())

  const ask = (over: Record<string, unknown> = {}, proof = author.proof) =>
    server.request<ApprovalRequest>(proof, 'POST', '/api/v1/approvals', { ...action, reason: 'It is better.', ...over })
  const decide = (request: ApprovalRequest, by: Person, over: Record<string, unknown> = {}) =>
    server.request<ApprovalRequest>(by.proof, 'POST', `/api/v1/approvals/${request.approvalId}/votes`, {
      verdict: 'approve',
      actionDigest: request.actionDigest,
      ...over,
    })
  const use = (request: ApprovalRequest, actionDigest = request.actionDigest) =>
    server.deps.store.transaction({ organizationId: server.admin.organizationId }, (tx) =>
      consume(server.deps, tx, { approvalId: request.approvalId, actionDigest }),
    )
  const codeOf = (result: Awaited<ReturnType<typeof use>>) => (result.ok ? 'used' : result.refusal.code)
  const approved = async (over: Record<string, unknown> = {}) => {
    const { body } = await ask(over)
    return (await decide(body, ada)).body
  }

  test('ID14: every route asks for its scope, whoever comes', async () => {
    const cases = await accessCases(server, approvalsSlice)
    expect(cases.length).toBeGreaterThan(20)
    expect(wrongCases(cases)).toEqual([])
  })

  test('AP12: asking, voting and using leave their events, and the decision its mirror', async () => {
    const before = (await server.events()).length
    const request = await approved()
    expect(request).toMatchObject({
      state: 'approved',
      requestedBy: `user:${author.userId}`,
      votes: [{ by: ada.userId }],
    })
    expect(codeOf(await use(request))).toBe('used')
    const events = (await server.events()).slice(before)
    expect(events.map((event) => [event.type, event.actor.id])).toEqual([
      ['approvals.request.created', author.userId],
      ['approvals.vote.cast', ada.userId],
      ['approvals.request.decided', ada.userId],
      ['decision.approvals.request', ada.userId],
      ['approvals.request.consumed', 'approvals'],
    ])
    expect(new Set(events.map((event) => event.subject))).toEqual(new Set([`approval/${request.approvalId}`]))
  })

  test('what the rules let run by itself is approved by the rules, at once', async () => {
    const { body } = await ask({ impact: 'LOW' })
    expect(body).toMatchObject({ state: 'approved', requiredApprovers: 0, because: { limit: 'allow_and_notify' } })
    expect(codeOf(await use(body))).toBe('used')
  })

  test('AP1: an approval for a lower impact, another environment or other parameters is none for this action', async () => {
    const digest = actionDigestOf(action)
    for (const over of [{ impact: 'LOW' }, { environment: 'staging', impact: 'MODERATE' }]) {
      const { body } = await ask(over)
      expect(body.state).toBe('approved')
      expect(codeOf(await use(body, digest))).toBe('approval-digest-mismatch')
    }
    const request = await approved({ parameters: { release: 'v2', percent: 100 } })
    expect(codeOf(await use(request, digest))).toBe('approval-digest-mismatch')
    expect(codeOf(await use(request))).toBe('used')
  })

  test('AP1: the order of parameters is not part of the action', () => {
    expect(actionDigestOf({ ...action, parameters: { percent: 50, release: 'v2' } })).toBe(actionDigestOf(action))
    expect(actionDigestOf({ ...action, parameters: { percent: 51, release: 'v2' } })).not.toBe(actionDigestOf(action))
  })

  test('AP1: who votes names the digest that they saw', async () => {
    const { body } = await ask()
    const reply = await decide(body, ada, { actionDigest: actionDigestOf({ ...action, subject: 'rollout/2' }) })
    expect(reply).toMatchObject({ status: 409, body: { code: 'approval-digest-mismatch' } })
  })

  test('AP3: of many who use an approval at once, one does', async () => {
    const request = await approved()
    const uses = await Promise.all(Array.from({ length: 6 }, () => use(request)))
    expect(uses.map(codeOf).sort()).toEqual([...Array.from({ length: 5 }, () => 'approval-finished'), 'used'])
  })

  test('AP4: an approval expires to the millisecond, and the reconciler says so once', async () => {
    const request = await approved({ expiresInSeconds: 60 })
    const pending = (await ask({ expiresInSeconds: 60 })).body
    server.deps.clock.advance(60_000)
    expect(codeOf(await use(request))).toBe('approval-expired')
    expect(await decide(pending, bob)).toMatchObject({ status: 410, body: { code: 'approval-expired' } })
    const before = (await server.events()).length
    for (const job of approvalsSlice.jobs) {
      await job.run(server.deps)
      await job.run(server.deps)
    }
    const events = (await server.events()).slice(before)
    expect(events.map((event) => event.type)).toEqual([
      'approvals.request.decided',
      'decision.approvals.request',
      'approvals.request.decided',
      'decision.approvals.request',
    ])
    const shown = await server.request(ada.proof, 'GET', `/api/v1/approvals/${request.approvalId}`)
    expect(shown.body).toMatchObject({ state: 'expired', because: { rule: 'approval-window-over' } })
  })

  test('AP5: nobody approves their own request, nor one of their key, nor with a token of their session', async () => {
    const own = (await ask({}, ada.proof)).body
    expect(await decide(own, ada)).toMatchObject({ status: 403, body: { code: 'approval-self' } })
    const key = await server.request<{ secret: string }>(ada.proof, 'POST', '/api/v1/identity/api-keys', {
      name: 'ci',
      scopes: ['approvals:request', 'identity:write'],
    })
    const byKey = (await ask({}, keyProof(key.body.secret))).body
    expect(byKey.requestedBy).toMatch(/^api_key:/)
    expect(await decide(byKey, ada)).toMatchObject({ status: 403, body: { code: 'approval-self' } })
    const second = await server.request<{ secret: string }>(
      keyProof(key.body.secret),
      'POST',
      '/api/v1/identity/api-keys',
      { name: 'made by a key', scopes: ['approvals:request'] },
    )
    const byKeyOfKey = (await ask({}, keyProof(second.body.secret))).body
    expect(await decide(byKeyOfKey, ada)).toMatchObject({ status: 403, body: { code: 'approval-self' } })
    const token = await server.request<{ token: string }>(ada.proof, 'POST', '/api/v1/auth/token', {})
    const asToken = { ...ada, proof: keyProof(token.body.token) }
    expect(await decide(own, asToken)).toMatchObject({ status: 403, body: { code: 'approval-self' } })
    expect((await decide(byKeyOfKey, bob)).body.state).toBe('approved')
  })

  test('AP6: a key with every right is no approver, a developer none where the rules name admins', async () => {
    const { body } = await ask()
    const key = { ...ada, proof: keyProof(await server.addKey('admin')) }
    expect(await decide(body, key)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    const developer = await server.addPerson('developer')
    expect(await decide(body, developer)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  })

  test('AP6: a critical action takes two people, each once and each with a review', async () => {
    const { body } = await ask({ impact: 'CRITICAL' })
    expect(body).toMatchObject({ requiredApprovers: 2, requireReview: true, state: 'pending' })
    expect(await decide(body, ada)).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    expect((await decide(body, ada, { review: 'I read it.' })).body.state).toBe('pending')
    expect(await decide(body, ada, { review: 'Still good.' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
    expect(codeOf(await use(body))).toBe('approval-required')
    expect((await decide(body, bob, { review: 'So did I.' })).body.state).toBe('approved')
    expect(codeOf(await use(body))).toBe('used')
  })

  test('AP6: of two who give the last vote at once, one decides', async () => {
    const { body } = await ask()
    const replies = await Promise.all([decide(body, ada), decide(body, bob)])
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([200, 409])
  })

  test('AP9: one rejection decides, for ever', async () => {
    const { body } = await ask()
    expect((await decide(body, ada, { verdict: 'reject' })).body.state).toBe('rejected')
    expect(await decide(body, bob)).toMatchObject({ status: 409, body: { code: 'approval-finished' } })
    expect(codeOf(await use(body))).toBe('approval-finished')
  })

  test('AP11: an action that fails gives its approval back', async () => {
    const request = await approved()
    const { organizationId } = server.admin
    const failing = server.deps.store.transaction({ organizationId }, async (tx) => {
      const used = await consume(server.deps, tx, {
        approvalId: request.approvalId,
        actionDigest: request.actionDigest,
      })
      expect(used.ok).toBe(true)
      throw new Error('the action failed')
    })
    await expect(failing).rejects.toThrow('the action failed')
    expect(codeOf(await use(request))).toBe('used')
  })

  test('the gate lets a small change pass and says what a larger one needs', async () => {
    const found = await authenticate(server.deps, { sessionToken: author.token })
    if (!found.ok) throw new Error('the author is signed in')
    const { organizationId } = author
    const pass = (impact: 'LOW' | 'HIGH') =>
      server.deps.store.transaction({ organizationId }, (tx) =>
        passGate(server.deps, tx, found.value, { ...action, impact }, null),
      )
    expect(await pass('LOW')).toMatchObject({ ok: true, value: { approvalId: null, notify: true } })
    expect(await pass('HIGH')).toMatchObject({
      ok: false,
      refusal: { code: 'approval-required', extensions: { action, actionDigest: actionDigestOf(action) } },
    })
  })

  test.each(['approvedBy', 'by', 'userId', 'organizationId', 'state', 'requestedBy'])(
    'AP6: who asks and who approves never come from a body (%s)',
    async (field) => {
      const { body } = await ask()
      expect(await decide(body, ada, { [field]: bob.userId })).toMatchObject({
        status: 400,
        body: { code: 'invalid-body' },
      })
      expect(await ask({ [field]: bob.userId })).toMatchObject({ status: 400, body: { code: 'invalid-body' } })
    },
  )

  test('ID2: another organization neither sees nor decides nor uses a request', async () => {
    const stranger = await server.addOrganization()
    const { body } = await ask()
    expect((await server.request(stranger.proof, 'GET', `/api/v1/approvals/${body.approvalId}`)).status).toBe(404)
    expect((await decide(body, stranger)).status).toBe(404)
    const list = await server.request<{ items: unknown[] }>(stranger.proof, 'GET', '/api/v1/approvals')
    expect(list.body.items).toEqual([])
    const { organizationId } = stranger
    const used = await server.deps.store.transaction({ organizationId }, (tx) =>
      consume(server.deps, tx, { approvalId: body.approvalId, actionDigest: body.actionDigest }),
    )
    expect(used).toMatchObject({ refusal: { code: 'not-found' } })
  })

  test('the list goes through every request once, newest first, and takes no foreign cursor', async () => {
    const owner = await server.addOrganization()
    const asked = []
    for (let i = 0; i < 5; i++) asked.unshift((await ask({ subject: `rollout/${i}` }, owner.proof)).body.approvalId)
    const page = (query: string) =>
      server.request<{ items: ApprovalRequest[]; nextCursor: string | null }>(
        owner.proof,
        'GET',
        `/api/v1/approvals?${query}`,
      )
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Awaited<ReturnType<typeof page>> = await page(
        `limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      seen.push(...body.items.map((item) => item.approvalId))
      cursor = body.nextCursor
    }
    expect(seen).toEqual(asked)
    const { body } = await page('limit=2')
    const other = await page(`state=pending&cursor=${encodeURIComponent(String(body.nextCursor))}`)
    expect(other).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
    expect((await page('state=approved')).body.items).toEqual([])
  })

  test('the list takes kind, environment and impact, and tells which there are', async () => {
    const owner = await server.addOrganization()
    await ask({ operation: 'amendments.ratify', environment: 'staging' }, owner.proof)
    await ask({ operation: 'masking.change', impact: 'CRITICAL' }, owner.proof)
    const list = async (query: string) => {
      const path = `/api/v1/approvals?${query}`
      const { body } = await server.request<{ items: ApprovalRequest[] }>(owner.proof, 'GET', path)
      return body.items.map(({ operation }) => operation)
    }
    expect(await list('kind=amendments')).toEqual(['amendments.ratify'])
    expect(await list('environment=Staging')).toEqual(['amendments.ratify'])
    expect(await list('impact=CRITICAL')).toEqual(['masking.change'])
    expect(await list('kind=masking&environment=staging')).toEqual([])
    expect((await server.request(owner.proof, 'GET', '/api/v1/approvals/filters')).body).toEqual({
      kinds: ['amendments', 'masking'],
      environments: ['production', 'staging'],
    })
    expect((await server.request(owner.proof, 'GET', '/api/v1/approvals?kind=a.b')).status).toBe(400)
  })

  describe('the rules', () => {
    type State = { rules: GovernanceRules; digest: string }
    const rules = async (person: Person) =>
      (await server.request<State>(person.proof, 'GET', '/api/v1/approvals/rules')).body
    const change = (person: Person, state: State, matrix: GovernanceRules['approvalMatrix'], approvalId?: string) =>
      server.request<State & { action: object; code: string }>(person.proof, 'PUT', '/api/v1/approvals/rules', {
        rules: { version: 1, approvalMatrix: matrix },
        expectedDigest: state.digest,
        reason: 'We know better.',
        approvalId,
      })

    test('AP10: an admin changes them with another one’s approval, and not alone, by key, or unseen', async () => {
      const owner = await server.addOrganization()
      const second = await server.addPerson('admin', owner)
      const state = await rules(owner)
      const looser = state.rules.approvalMatrix.filter((row) => row.impact !== 'MINIMAL')
      const alone = await change(owner, state, looser)
      expect(alone).toMatchObject({ status: 409, body: { code: 'approval-required' } })
      const developer = await server.addPerson('developer', owner)
      expect((await change(developer, state, looser)).status).toBe(403)
      const key = { ...owner, proof: keyProof(await server.addKey('admin', owner)) }
      expect((await change(key, state, looser)).status).toBe(403)
      expect((await change(owner, { ...state, digest: 'sha256:old' }, looser)).status).toBe(412)

      const request = await ask(alone.body.action as Record<string, unknown>, owner.proof)
      expect(request.status).toBe(201)
      await decide(request.body, second)
      const narrower = looser.slice(1)
      expect((await change(owner, state, narrower, request.body.approvalId)).body.code).toBe('approval-digest-mismatch')
      const done = await change(owner, state, looser, request.body.approvalId)
      expect(done.status).toBe(200)
      expect((await rules(owner)).digest).toBe(done.body.digest)
      expect((await server.events(owner)).at(-1)).toMatchObject({
        type: 'approvals.rules.changed',
        payload: { digest: done.body.digest, previousDigest: state.digest },
      })
    })

    test('AP2: what was approved under older rules counts no more', async () => {
      const owner = await server.addOrganization()
      const second = await server.addPerson('admin', owner)
      const old = (await ask({}, owner.proof)).body
      await decide(old, second)
      const state = await rules(owner)
      const looser = state.rules.approvalMatrix.filter((row) => row.impact !== 'MINIMAL')
      const refused = await change(owner, state, looser)
      const request = (await ask(refused.body.action as Record<string, unknown>, owner.proof)).body
      await decide(request, second)
      expect((await change(owner, state, looser, request.approvalId)).status).toBe(200)
      const { organizationId } = owner
      const used = await server.deps.store.transaction({ organizationId }, (tx) =>
        consume(server.deps, tx, { approvalId: old.approvalId, actionDigest: old.actionDigest }),
      )
      expect(used).toMatchObject({ refusal: { code: 'approval-digest-mismatch' } })
    })

    test('AP13: other rules are tried on all that was asked for or ran by itself, and trying changes nothing', async () => {
      const owner = await server.addOrganization()
      const { organizationId } = owner
      const found = await authenticate(server.deps, { sessionToken: owner.token })
      if (!found.ok) throw new Error('the owner is signed in')
      const pass = (impact: 'LOW' | 'HIGH') =>
        server.deps.store.transaction({ organizationId }, (tx) =>
          passGate(server.deps, tx, found.value, { ...action, operation: 'alarms.mute', impact }, null),
        )
      for (const impact of ['LOW', 'LOW', 'HIGH'] as const) await pass(impact)
      const { body: asked } = await ask({}, owner.proof)
      await ask({ environment: 'staging', operation: 'amendments.ratify' }, owner.proof)
      const state = await rules(owner)
      const before = (await server.events(owner)).length
      const attempt = async (matrix: GovernanceRules['approvalMatrix']) =>
        (
          await server.request<GovernanceRulesTrialResult>(owner.proof, 'POST', '/api/v1/approvals/rules/dry-run', {
            rules: { version: 1, approvalMatrix: matrix },
          })
        ).body
      expect(await attempt(state.rules.approvalMatrix)).toMatchObject({
        faults: [],
        actions: 4,
        changed: 0,
        openRequests: 2,
        changes: [],
      })
      const strict = state.rules.approvalMatrix.map((row) =>
        row.impact === 'LOW' ? { ...row, outcome: 'require_approval' as const, approvers: 1 } : row,
      )
      expect(await attempt(strict)).toMatchObject({
        changed: 2,
        stricter: 2,
        looser: 0,
        changes: [
          {
            operation: 'alarms.mute',
            impact: 'LOW',
            effect: 'stricter',
            actions: 2,
            from: { outcome: 'allow_and_notify' },
            to: { outcome: 'require_approval', approvers: 1 },
            approvalId: null,
          },
        ],
      })
      const loose = state.rules.approvalMatrix.map((row) => (row.impact === 'HIGH' ? { ...row, approvers: 0 } : row))
      const tried = await attempt(loose)
      expect(tried.faults).toHaveLength(1)
      const free = loose.map((row) => (row.impact === 'HIGH' ? { ...row, outcome: 'allow' as const } : row))
      const looser = await attempt(free)
      expect(looser).toMatchObject({ changed: 2, looser: 2 })
      expect(looser.changes.map(({ approvalId }) => approvalId)).toContain(asked.approvalId)
      expect(await rules(owner)).toEqual(state)
      expect((await server.events(owner)).length).toBe(before)
      const history = await server.request<{ items: object[] }>(owner.proof, 'GET', '/api/v1/approvals/rules/history')
      expect(history.body.items).toMatchObject([{ version: 1, digest: state.digest, changedBy: 'system:seed' }])
    })

    test('rules that contradict themselves are refused', async () => {
      const state = await rules(ada)
      const [row] = state.rules.approvalMatrix
      if (row === undefined) throw new Error('the seeded rules have rows')
      const reply = await change(ada, state, [{ ...row, outcome: 'require_approval', approvers: 0 }])
      expect(reply).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    })
  })
})

describeOnStores('approvals over a restart', (kind) => {
  test('AP8: what was asked, voted and used before a restart is so after it', async () => {
    const server = await startPeopleServer(kind, [identitySlice, approvalsSlice])
    const { deps, admin, testStore } = server
    const ada = await server.addPerson('admin')
    const bob = await server.addPerson('admin')
    const callers = []
    for (const person of [admin, ada, bob]) callers.push(await authenticate(deps, { sessionToken: person.token }))
    const [author, first, second] = callers.map((found) => {
      if (!found.ok) throw new Error('everybody is signed in')
      return found.value
    })
    if (author === undefined || first === undefined || second === undefined) throw new Error('three people are here')
    const { organizationId } = admin
    const input = { ...action, impact: 'CRITICAL' as const, reason: 'r', expiresInSeconds: 600 }
    const asked = await deps.store.transaction({ organizationId }, (tx) => requestApproval(deps, tx, author, input))
    if (!asked.ok) throw new Error('anybody may ask')
    const { approvalId, actionDigest } = asked.value
    const ballot = { verdict: 'approve' as const, actionDigest, review: 'Fine.' }
    await deps.store.transaction({ organizationId }, (tx) => vote(deps, tx, first, approvalId, ballot))

    await deps.store.close()
    const log = new MemoryLog()
    const reopened =
      kind === 'pglite'
        ? await openPglite({ folder: testStore.location, log, durability: 'relaxed', maintenance: null })
        : await openPostgres({ connectionString: testStore.location, log })
    const later = createTestDeps(reopened, { clock: deps.clock, seed: 2 })
    const again = await reopened.transaction({ organizationId }, (tx) => vote(later, tx, first, approvalId, ballot))
    expect(again).toMatchObject({ refusal: { code: 'conflict' } })
    const decided = await reopened.transaction({ organizationId }, (tx) => vote(later, tx, second, approvalId, ballot))
    expect(decided).toMatchObject({ ok: true, value: { state: 'approved' } })
    const use = () => reopened.transaction({ organizationId }, (tx) => consume(later, tx, { approvalId, actionDigest }))
    expect([(await use()).ok, (await use()).ok]).toEqual([true, false])
    await reopened.close()
    await server.close()
  })
})
