import {
  type ApprovalRequest,
  defaultGatewayRules,
  type GatewayDryRunResult,
  type GatewayRoute,
  type GatewayRouted,
  type GatewayRules,
  type GatewayRulesState,
  type GatewayTrialResult,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { type PeopleServer, type Person, startPeopleServer } from '../../../testkit/people-server.ts'
import { callerOf } from '../../../testkit/slice-server.ts'
import { approvalsSlice } from '../../govern/approvals/index.ts'
import { identitySlice } from '../../govern/identity/index.ts'
import { maskingSlice } from '../../observe/masking/index.ts'
import { gatewaySlice, SecureGateway } from './index.ts'

type Refused = { code: string; action: Record<string, unknown> }

const secret = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`
const local = { provider: 'local', model: 'llama', region: null }
const to = { agent: 'support', provider: 'openai', model: 'gpt-5' }

describeOnStores('the secure gateway', (kind) => {
  let server: PeopleServer
  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice, approvalsSlice, maskingSlice, gatewaySlice])
  })
  afterAll(async () => server.close())

  const ask = <Body>(by: Person, method: string, path: string, body?: unknown) =>
    server.request<Body & Refused>(by.proof, method, `/api/v1/gateway${path}`, body)
  const route = (by: Person, body: Record<string, unknown>) =>
    ask<GatewayRouted>(by, 'POST', '/route', { ...to, ...body })
  const approve = async (action: Record<string, unknown>, author: Person) => {
    const path = '/api/v1/approvals'
    const asked = await server.request<ApprovalRequest>(author.proof, 'POST', path, { ...action, reason: 'r' })
    const { approvalId, actionDigest } = asked.body
    const approver = await server.addPerson('admin', author)
    const vote = { verdict: 'approve', actionDigest }
    await server.request(approver.proof, 'POST', `${path}/${approvalId}/votes`, vote)
    return approvalId
  }
  const change = async (by: Person, rules: GatewayRules, rest: Record<string, unknown> = {}) =>
    ask<GatewayRulesState>(by, 'PUT', '/rules', { rules, reason: 'r', ...rest })
  const changeApproved = async (by: Person, rules: GatewayRules) => {
    const refused = await change(by, rules)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required', action: { impact: 'HIGH' } } })
    return change(by, rules, { approvalId: await approve(refused.body.action, by) })
  }
  const eventsOf = async (of: Person) => (await server.events(of)).filter(({ type }) => /gateway/.test(type))

  test('GW11: every route asks for its scope, whoever comes, and an internal one for the deployment’s secret, too', async () => {
    const cases = await accessCases(server, gatewaySlice)
    expect(wrongCases(cases)).toEqual([])
    const internal = cases.filter(
      ({ route: name, expected }) => name.includes('/internal/') && expected === 'let through',
    )
    expect(new Set(internal.map(({ observed }) => observed))).toEqual(new Set(['privileged-only']))
  })

  test('GW2, GW6: a text that nobody declared is INTERNAL, leaves as it is, and is journaled by figures and digest', async () => {
    const owner = await server.addOrganization()
    const { status, body } = await route(owner, { text: 'the weather in Lisbon' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      decision: 'allow',
      sensitivity: 'INTERNAL',
      detected: null,
      findings: [],
      redacted: null,
    })
    expect(body.because.text).toContain('everyday texts')
    const events = await eventsOf(owner)
    expect(events.map(({ type }) => type)).toEqual(['gateway.routed', 'decision.gateway'])
    expect(events[0]?.payload).toMatchObject({
      decision: 'allow',
      payloadDigest: expect.stringMatching(/^hmac-sha256:/),
    })
  })

  test('GW5, GW6: personal data leaves redacted; no answer, row, event or approval holds the value', async () => {
    const owner = await server.addOrganization()
    const messages = [
      { role: 'system', content: 'Answer kindly.' },
      { role: 'user', content: [{ type: 'text', text: 'I am ada@example.com, card 4111 1111 1111 1111' }] },
      { role: 'user', content: 'again: ada@example.com' },
    ]
    const { body } = await route(owner, { messages, declared: 'PUBLIC' })
    expect(body).toMatchObject({ decision: 'redact', sensitivity: 'SENSITIVE', destination: { provider: 'openai' } })
    expect(body.raisedBecause.rule).toBe('raised-by-what-was-found')
    expect(body.findings.map(({ class: of, path }) => [of, path])).toEqual([
      ['email', '/1/content/0/text'],
      ['card', '/1/content/0/text'],
      ['email', '/2/content'],
    ])
    expect(body.findings[0]?.placeholder).toBe(body.findings[2]?.placeholder)
    expect(body.redacted?.messages).toMatchObject([{}, {}, { content: `again: ${body.findings[0]?.placeholder}` }])
    await route(owner, { text: `my key is ${secret}` })
    const stored = await server.deps.store.transaction({ organizationId: owner.organizationId }, async (tx) => {
      const { rows } = await sql`select to_jsonb(r)::text as row from gateway_routes r`.execute(tx.tables())
      return rows
    })
    expect(stored).toHaveLength(2)
    for (const kept of [{ ...body, redacted: null }, stored, await eventsOf(owner)])
      for (const value of ['ada@', '4111', 'kindly', secret]) expect(JSON.stringify(kept)).not.toContain(value)
    const again = await ask<GatewayTrialResult>(owner, 'POST', '/try', { ...to, messages: body.redacted?.messages })
    expect(again.body).toMatchObject({ decision: 'allow', findings: [] })
  })

  test('GW3, GW7: a secret waits for people, goes to the private model alone, and its approval fits once and nothing else', async () => {
    const owner = await server.addOrganization()
    const text = `my key is ${secret}`
    expect((await route(owner, { text })).body).toMatchObject({
      decision: 'deny',
      because: { rule: 'no-private-model' },
    })
    expect((await changeApproved(owner, { ...defaultGatewayRules, privateModels: [local] })).status).toBe(200)
    const waiting = (await route(owner, { text })).body
    expect(waiting).toMatchObject({ decision: 'require-approval', sensitivity: 'CRITICAL', destination: local })
    expect(JSON.stringify(waiting.approval)).not.toContain(secret)
    const approvalId = await approve(waiting.approval?.action ?? {}, owner)
    const other = await route(owner, { text: `${text}!`, approvalId })
    expect(other).toMatchObject({ status: 409, body: { code: 'approval-digest-mismatch' } })
    const routed = await route(owner, { text, approvalId })
    expect(routed.body).toMatchObject({ decision: 'reroute', destination: local, isPrivate: true, approvalId })
    expect((await route(owner, { text, approvalId })).status).toBeGreaterThanOrEqual(409)
    const decisions = await ask<{ items: GatewayRoute[] }>(owner, 'GET', '/routes?sensitivity=CRITICAL&limit=2')
    expect(decisions.body.items.map(({ decision }) => decision)).toEqual(['reroute', 'require-approval'])
  })

  test('what is no text, too deep, or both text and messages is refused, and a broken half of a letter in a text is no fault', async () => {
    const owner = await server.addOrganization()
    const codeOf = async (body: Record<string, unknown>) => (await route(owner, body)).body.code
    expect(await codeOf({})).toBe('invalid-body')
    expect(await codeOf({ text: 'x', messages: [] })).toBe('invalid-body')
    expect(await codeOf({ agent: '\ud800', text: 'x' })).toBe('invalid-body')
    const deep = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as unknown
    expect(await codeOf({ messages: [{ role: 'user', content: deep }] })).toBe('invalid-body')
    const broken = await route(owner, { messages: [{ role: 'user', content: 'half \ud800 of ada@example.com' }] })
    expect(broken.body).toMatchObject({ decision: 'redact', sensitivity: 'SENSITIVE' })
  })

  test('GW8: rules are versions with reason and event; of two changes at once one wins', async () => {
    const owner = await server.addOrganization()
    const [first] = defaultGatewayRules.rules
    const deny = { ...first, name: 'not the intern', agents: ['intern-*'], decision: 'deny' }
    const rules = { ...defaultGatewayRules, rules: [deny, ...defaultGatewayRules.rules] } as GatewayRules
    const both = await Promise.all([1, 2].map(() => change(owner, rules, { expectedVersion: 0 })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
    expect((await change(owner, rules)).body.code).toBe('conflict')
    expect((await route(owner, { agent: 'Intern-7', text: 'hello' })).body).toMatchObject({
      decision: 'deny',
      rulesVersion: 1,
      because: { rule: 'not the intern' },
    })
    expect((await eventsOf(owner))[0]).toMatchObject({
      type: 'gateway.rules.changed',
      payload: { version: 1, impact: 'LOW', because: { rule: 'holds-back-as-much' }, reason: 'r' },
    })
    const { body } = await ask<{ items: unknown[] }>(owner, 'GET', '/rules/versions')
    expect(body.items).toMatchObject([{ version: 1, reason: 'r' }])
    expect((await change(owner, { ...rules, rules: [{ ...deny, providers: [] }] } as never)).body.code).toBe(
      'invalid-body',
    )
  })

  test('GW9: a dry run tells what would have been decided, and a trial keeps nothing', async () => {
    const owner = await server.addOrganization()
    await route(owner, { text: 'hello' })
    await route(owner, { text: 'write to ada@example.com' })
    const before = (await eventsOf(owner)).length
    const rules = { ...defaultGatewayRules, rules: [], privateModels: [local] }
    const tried = await ask<GatewayDryRunResult>(owner, 'POST', '/rules/dry-run', { rules })
    expect(tried.body).toMatchObject({ routes: 2, isComplete: true, stricter: 2, looser: 0, impact: 'HIGH' })
    const trial = await ask<GatewayTrialResult>(owner, 'POST', '/try', { ...to, text: 'hello', rules })
    expect(trial.body).toMatchObject({ decision: 'reroute', because: { rule: 'no-rule-fits' } })
    expect((await eventsOf(owner)).length).toBe(before)
  })

  test('GW10: another organization has its own rules and sees no decision of this one', async () => {
    const [owner, other] = [await server.addOrganization(), await server.addOrganization()]
    await changeApproved(owner, { ...defaultGatewayRules, privateModels: [local] })
    await route(owner, { text: 'hello' })
    expect((await ask<GatewayRulesState>(other, 'GET', '/rules')).body).toMatchObject({ version: 0 })
    expect((await ask<{ items: unknown[] }>(other, 'GET', '/routes')).body.items).toEqual([])
  })

  test('GW5: within this process a model’s answer to a redacted payload has its values back', async () => {
    const owner = await server.addOrganization()
    const gateway = new SecureGateway(server.deps, callerOf(owner.organizationId, 'developer', owner.userId))
    const asked = { ...to, environment: 'production', text: 'write to ada@example.com' }
    const routed = await gateway.route(asked)
    if (!routed.ok) throw new Error(routed.refusal.detail)
    const { placeholders } = routed.value
    expect(gateway.restore(`Dear ${placeholders[0]?.placeholder},`, placeholders)).toBe('Dear ada@example.com,')
  })
})
