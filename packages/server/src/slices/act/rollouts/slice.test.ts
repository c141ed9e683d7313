import { createHash } from 'node:crypto'
import {
  type AccessScope,
  type Agent,
  type ApprovalRequest,
  type Comparison,
  type ComparisonInput,
  type ExecutionReportInput,
  type ProofFile,
  scopesOfRole,
  type TelemetryReceipt,
} from '@metaagent/contract'
import { parseVerifierKey, verifyInclusionFile } from '@metaagent/verify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { canonicalEvidence } from './model/compared-rows.ts'

interface Problem {
  readonly code: string
  readonly detail: string
}
interface Page {
  readonly items: readonly Comparison[]
  readonly nextCursor: string | null
}
type Input = z.input<typeof ComparisonInput>

const unknownId = '01900000-0000-7000-8000-000000000000'
let ids = 0
const nextId = () => (++ids).toString(16).padStart(32, '0')

/** Twelve tasks that only the candidate solves, eight that both do, both equally fast. */
const gains = { both: 8, gained: 12 }

describeOnStores('rollouts', (kind) => {
  let server: TestServer
  let agents = 0

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const newAgent = () => `agent ${++agents}`

  /** A finished run, ended a minute ago. */
  const run = (agent: string, release: string, fields: Partial<ExecutionReportInput> = {}): ExecutionReportInput => {
    const endedMs = server.clock.now() - 60_000
    return {
      executionId: nextId(),
      agent,
      release,
      startedAt: new Date(endedMs - 20_000).toISOString(),
      endedAt: new Date(endedMs).toISOString(),
      status: 'success',
      ...fields,
    }
  }

  const report = async (executions: readonly ExecutionReportInput[], actions: readonly object[] = []) => {
    const body = { executions, actions }
    const reply = await server.request<TelemetryReceipt>('POST', '/api/v1/telemetry', { body })
    expect(reply.status).toBe(200)
    expect(reply.body.rejected).toEqual([])
  }

  /** Runs of `v1` and `v2` on the same tasks. */
  const pairedRuns = (agent: string, counts: { both: number; gained: number }) =>
    Array.from({ length: counts.both + counts.gained }, (_, task) => {
      const unit = `task ${task}`
      return [
        run(agent, 'v1', { unit, status: task < counts.both ? 'success' : 'failure' }),
        run(agent, 'v2', { unit, status: 'success' }),
      ]
    }).flat()

  const agentIdOf = async (name: string) => {
    const path = `/api/v1/agents?q=${encodeURIComponent(name)}&limit=200`
    const { body } = await server.request<{ items: Agent[] }>('GET', path)
    const found = body.items.find((agent) => agent.name === name)
    if (found === undefined) throw new Error(`no agent ${name}`)
    return found.agentId
  }

  /** An agent whose `v2` is better than its `v1`. */
  const improvedAgent = async () => {
    const agent = newAgent()
    await report(pairedRuns(agent, gains))
    return { agent, agentId: await agentIdOf(agent) }
  }

  const decide = async <Body = Comparison>(agentId: string, input: Partial<Input> = {}, key = server.adminKey) =>
    await server.request<Body>('POST', `/api/v1/agents/${agentId}/comparisons`, {
      key,
      body: { controlRelease: 'v1', candidateRelease: 'v2', ...input },
    })
  const read = async <Body = Comparison>(path: string, key = server.adminKey) =>
    await server.request<Body>('GET', `/api/v1/comparisons${path}`, { key })

  /** A key of an organization of its own. */
  const foreignKey = async () => {
    const { deps } = server
    const actor = { kind: 'system', id: 'test' } as const
    const input = { name: 'Other', adminEmail: 'admin@other.example', adminName: null, actor }
    const { organizationId } = await deps.store.transaction('deployment', (tx) => createOrganization(deps, tx, input))
    const scopes: readonly AccessScope[] = scopesOfRole.admin
    const issued = await deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(deps, tx, { name: 'other', scopes, expiresAt: null, actor }),
    )
    return issued.secret
  }

  describe('deciding', () => {
    test('a candidate that is better and as fast is promoted, with everything that decided it', async () => {
      const { agent, agentId } = await improvedAgent()
      const { status, body } = await decide(agentId)
      expect(status).toBe(201)
      expect(body).toMatchObject({
        agentId,
        agent,
        environment: null,
        policy: 'guarded',
        pairing: 'unit',
        control: { release: 'v1', executions: 20, successes: 8, successRate: 0.4, meanDurationMs: 20_000 },
        candidate: { release: 'v2', executions: 20, successes: 20, successRate: 1 },
        success: { test: 'exact-mcnemar', pairs: 20, onlyCandidateSucceeded: 12, pValue: 2 / 2 ** 12, alpha: 0.05 },
        guardrails: [{ metric: 'duration', verdict: 'PROVEN_SAFE', ratio: 1, limit: 1.1, pairs: 20 }],
        verdict: 'promote',
        because: { rule: 'success-better-and-guardrails-safe', observed: 2 / 2 ** 12, limit: 0.05 },
        decidedAt: new Date(server.clock.now()).toISOString(),
      })
      expect(body.decidedBy).toMatch(/^api_key:/)
    })

    test('RO7: row, decision and mirror are recorded together', async () => {
      const { agent, agentId } = await improvedAgent()
      await server.newEvents()
      const { body: comparison } = await decide(agentId, { policy: 'success-only' })
      const events = await server.newEvents()
      expect(events.map(({ type }) => type)).toEqual(['rollouts.comparison.decided', 'decision.rollouts.comparison'])
      const [decision, mirror] = events
      const { comparisonId, because, verdict, pairing, control, candidate, success, guardrails } = comparison
      expect(decision).toMatchObject({
        eventId: comparison.eventId,
        subject: `comparison/${comparisonId}`,
        actor: { kind: 'api_key' },
        occurredAt: comparison.decidedAt,
        payload: {
          comparisonId,
          agentId,
          agent,
          environment: null,
          controlRelease: 'v1',
          candidateRelease: 'v2',
          policy: 'success-only',
          verdict: 'promote',
          because,
          evidence: { pairing, control, candidate, success, guardrails },
          evidenceDigest: comparison.evidenceDigest,
        },
      })
      expect(`${decision?.actor.kind}:${decision?.actor.id}`).toBe(comparison.decidedBy)
      expect(mirror).toMatchObject({
        subject: `comparison/${comparisonId}`,
        causationId: comparison.eventId,
        payload: { verdict, because, subject: `comparison/${comparisonId}` },
      })
      expect((await read(`/${comparisonId}`)).body).toEqual(comparison)
      expect((await read<Page>(`?agentId=${agentId}`)).body.items).toEqual([comparison])
    })

    test('RO7: a refusal says what to do and records nothing', async () => {
      const { agent, agentId } = await improvedAgent()
      await report([run(agent, 'v3', { status: 'running', endedAt: null })])
      await server.newEvents()
      const refusals = [
        [await decide<Problem>(agentId, { candidateRelease: 'v1' }), 422, 'not-processable', /two different/],
        [await decide<Problem>(unknownId), 404, 'not-found', /GET \/api\/v1\/agents lists/],
        [await decide<Problem>(agentId, { candidateRelease: 'v9' }), 404, 'not-found', /no release "v9".*\/releases/],
        [await decide<Problem>(agentId, { candidateRelease: 'v3' }), 422, 'evidence-missing', /the candidate "v3"/],
        [await decide<Problem>(agentId, { environment: 'moon' }), 422, 'evidence-missing', /environment "moon"/],
        [await decide<Problem>(agentId, { policy: 'bold' as 'guarded' }), 400, 'invalid-body', /policy/],
        [await decide<Problem>('not-an-id'), 400, 'invalid-path', /agentId/],
      ] as const
      for (const [reply, status, code, detail] of refusals) {
        expect([reply.status, reply.body.code]).toEqual([status, code])
        expect(reply.body.detail).toMatch(detail)
      }
      expect(await server.newEvents()).toEqual([])
      expect((await read<Page>(`?agentId=${agentId}`)).body.items).toEqual([])
    })

    test('pairs by unit where both releases tried the same, and compares run by run where not', async () => {
      const { agentId } = await improvedAgent()
      expect((await decide(agentId)).body.pairing).toBe('unit')
      expect((await decide(agentId, { pairing: 'none' })).body).toMatchObject({
        pairing: 'none',
        success: { test: 'fisher-exact', pairs: null },
      })
      const live = newAgent()
      await report(
        ['v1', 'v2'].flatMap((release) =>
          Array.from({ length: 6 }, () => run(live, release, { unit: `conversation ${nextId()}` })),
        ),
      )
      expect((await decide(await agentIdOf(live))).body).toMatchObject({ pairing: 'none', verdict: 'continue' })
    })
  })

  describe('evidence', () => {
    test('RO8: the digest covers exactly the compared rows, and whoever reads them can make it again', async () => {
      const { agent, agentId } = await improvedAgent()
      const { body: first } = await decide(agentId)
      await report([run(agent, 'v3'), run(agent, 'v2', { synthetic: true }), run(newAgent(), 'v2')])
      const { body: again } = await decide(agentId, { policy: 'success-only', pairing: 'none' })
      expect(again.evidenceDigest).toBe(first.evidenceDigest)

      const rowsOf = async (release: string) => {
        const path = `/api/v1/executions?agentId=${agentId}&release=${release}&limit=200`
        const { body } = await server.request<{ items: readonly ExecutionItem[] }>('GET', path)
        return body.items
          .filter(({ synthetic }) => !synthetic)
          .map(({ executionId, unit, status, durationMs, totals: { costNanoUsd } }) => ({
            executionId,
            unit,
            status,
            durationMs,
            costNanoUsd,
          }))
      }
      const text = canonicalEvidence({ control: await rowsOf('v1'), candidate: await rowsOf('v2') })
      expect(createHash('sha256').update(text).digest('hex')).toBe(first.evidenceDigest)

      await report([run(agent, 'v2')])
      expect((await decide(agentId)).body.evidenceDigest).not.toBe(first.evidenceDigest)
    })

    test('RO9: what was decided stays as it was, whatever comes in later', async () => {
      const { agent, agentId } = await improvedAgent()
      const { body: before } = await decide(agentId)
      await report(
        Array.from({ length: 20 }, (_, task) => run(agent, 'v2', { unit: `task ${task}`, status: 'failure' })),
      )
      const { body: after } = await decide(agentId)
      expect([before.verdict, after.verdict]).toEqual(['promote', 'continue'])
      expect((await read(`/${before.comparisonId}`)).body).toEqual(before)
      const statement = server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
        tx.tables<{ release_comparisons: { verdict: string } }>().deleteFrom('release_comparisons').execute(),
      )
      await expect(statement).rejects.toThrow(/permission denied/)
    })

    test('RO10: only finished, real runs of the two releases count, in the environment that was named', async () => {
      const agent = newAgent()
      await report([
        run(agent, 'v1'),
        run(agent, 'v1', { environment: 'staging', status: 'failure' }),
        run(agent, 'v2'),
        run(agent, 'v2', { environment: 'staging' }),
        run(agent, 'v2', { synthetic: true }),
        run(agent, 'v2', { status: 'running', endedAt: null }),
        run(agent, 'v2', { status: 'waiting', endedAt: null }),
        run(agent, 'v2', { status: 'cancelled' }),
        run(agent, 'v3', { status: 'failure' }),
      ])
      const agentId = await agentIdOf(agent)
      const all = (await decide(agentId)).body
      expect([all.control.executions, all.candidate.executions]).toEqual([2, 2])
      const staging = (await decide(agentId, { environment: 'staging' })).body
      expect(staging).toMatchObject({
        environment: 'staging',
        control: { executions: 1, successes: 0 },
        candidate: { executions: 1, successes: 1 },
      })
    })

    test('RO11: a cost that nobody knows stays unknown, in the reply and in the record', async () => {
      const agent = newAgent()
      const executions = pairedRuns(agent, { both: 3, gained: 0 })
      const actions = executions.map(({ executionId, release, startedAt, endedAt }) => ({
        executionId,
        actionId: executionId.slice(16),
        agent,
        release,
        kind: 'llm',
        name: 'reply',
        status: 'success',
        startedAt,
        endedAt,
        model: release === 'v1' ? 'gpt-4.1' : 'ft:gpt-4.1-2025-04-14:acme:support:1',
        usage: { inputTokens: 1000, outputTokens: 100 },
      }))
      await report(executions, actions)
      await server.newEvents()
      const { body } = await decide(await agentIdOf(agent))
      expect(body.control.costsKnown).toBe(3)
      expect(body.control.costNanoUsd).toBeGreaterThan(0)
      expect(body.candidate).toMatchObject({ costNanoUsd: null, costsKnown: 0 })
      const [event] = await server.newEvents()
      expect(event?.payload).toMatchObject({ evidence: { candidate: { costNanoUsd: null, costsKnown: 0 } } })
    })
  })

  describe('who may', () => {
    test('a viewer reads and does not decide; a developer decides', async () => {
      const { agentId } = await improvedAgent()
      const developer = await server.keyFor('developer')
      const viewer = await server.keyFor('viewer')
      await server.newEvents()
      const refused = await decide<Problem>(agentId, {}, viewer)
      expect([refused.status, refused.body.code]).toEqual([403, 'not-allowed'])
      expect(await server.newEvents()).toEqual([])
      const decided = await decide(agentId, {}, developer)
      expect(decided.status).toBe(201)
      expect((await read(`/${decided.body.comparisonId}`, viewer)).body).toEqual(decided.body)
      const nobody = await server.request('GET', '/api/v1/comparisons', { key: null })
      expect(nobody.status).toBe(401)
    })

    test('another organization finds neither the agent nor the comparison', async () => {
      const { agentId } = await improvedAgent()
      const { body: comparison } = await decide(agentId)
      const other = await foreignKey()
      expect((await decide(agentId, {}, other)).status).toBe(404)
      expect((await read(`/${comparison.comparisonId}`, other)).status).toBe(404)
      expect((await read<Page>('', other)).body).toEqual({ items: [], nextCursor: null })
    })
  })

  describe('reading', () => {
    test('pages run from the newest to the oldest, each comparison once, while new ones come in', async () => {
      const { agentId } = await improvedAgent()
      const made: string[] = []
      for (let at = 0; at < 5; at++) made.unshift((await decide(agentId)).body.comparisonId)
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: Page = (await read<Page>(`?agentId=${agentId}&limit=2${cursor && `&cursor=${cursor}`}`)).body
        seen.push(...page.items.map(({ comparisonId }) => comparisonId))
        cursor = page.nextCursor
        await decide(agentId)
      }
      expect(seen).toEqual(made)
    })

    test('a cursor of another question is refused', async () => {
      const { agentId } = await improvedAgent()
      await decide(agentId)
      await decide(agentId)
      const { nextCursor } = (await read<Page>(`?agentId=${agentId}&limit=1`)).body
      for (const query of [`?cursor=${nextCursor}`, '?cursor=made-up']) {
        const { status, body } = await read<Problem>(query)
        expect([status, body.code]).toEqual([400, 'invalid-cursor'])
      }
    })

    test('an unknown comparison is refused with a hint', async () => {
      const { status, body } = await read<Problem>(`/${unknownId}`)
      expect([status, body.code]).toEqual([404, 'not-found'])
      expect(body.detail).toContain('GET /api/v1/comparisons')
    })
  })

  test('the decision’s ledger entry can be checked offline by a stranger', async () => {
    const { agentId } = await improvedAgent()
    const { body: comparison } = await decide(agentId)
    await server.settle()
    const path = `/api/v1/ledger/events/${comparison.eventId}/proof`
    const { status, body: proof } = await server.request<ProofFile>('GET', path)
    expect(status).toBe(200)
    const key = parseVerifierKey(proof.verifierKey)
    if (!key.ok) throw new Error('the proof names a key')
    const verified = await verifyInclusionFile(proof, { key: key.value })
    expect(verified.ok).toBe(true)
    const { evidenceDigest, verdict, because } = comparison
    const payload = expect.objectContaining({ evidenceDigest, verdict, because })
    expect(JSON.parse(proof.entry)).toMatchObject({ type: 'rollouts.comparison.decided', payload })
    const tampered = { ...proof, entry: proof.entry.replace('"promote"', '"reject"') }
    expect(tampered.entry).not.toBe(proof.entry)
    expect((await verifyInclusionFile(tampered, { key: key.value })).ok).toBe(false)
  })

  test('the lines are tunables: a stricter alpha, once approved, decides the next comparison', async () => {
    const agent = newAgent()
    await report(pairedRuns(agent, { both: 0, gained: 6 }))
    const agentId = await agentIdOf(agent)
    const policy = { policy: 'success-only' } as const
    expect((await decide(agentId, policy)).body).toMatchObject({ verdict: 'promote', success: { pValue: 1 / 32 } })
    await changeAlpha(0.02)
    expect((await decide(agentId, policy)).body).toMatchObject({
      verdict: 'continue',
      because: { rule: 'success-difference-not-shown', limit: 0.02 },
      success: { alpha: 0.02 },
    })
    await changeAlpha(0.05)
  })

  /** Through the approval gate: asked for by the test's key, approved by the first admin in person. */
  const changeAlpha = async (value: number) => {
    const change = { value, reason: 'the test moves the line' }
    const path = '/api/v1/tunables/rollouts.alpha'
    const refused = await server.request<Problem & { action: object }>('PUT', path, { body: change })
    expect(refused.body.code).toBe('approval-required')
    const asked = await server.request<ApprovalRequest>('POST', '/api/v1/approvals', {
      body: { ...refused.body.action, reason: change.reason },
    })
    const { approvalId, actionDigest } = asked.body
    const vote = await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, {
      key: null,
      headers: { cookie: await adminSession(), 'sec-fetch-site': 'same-origin' },
      body: { verdict: 'approve', actionDigest },
    })
    expect(vote.status).toBe(200)
    const changed = await server.request('PUT', path, { body: { ...change, approvalId } })
    expect(changed.status).toBe(200)
  }

  let session: string | null = null
  const adminSession = async () => {
    if (session !== null) return session
    const linkToken = new URL(server.signInLink ?? '').hash.replace('#token=', '')
    const reply = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
    session = (reply.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    return session
  }
})

interface ExecutionItem {
  readonly executionId: string
  readonly unit: string | null
  readonly status: 'success' | 'failure'
  readonly durationMs: number | null
  readonly synthetic: boolean
  readonly totals: { readonly costNanoUsd: number | null }
}
