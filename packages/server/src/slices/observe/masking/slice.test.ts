import {
  type ApprovalRequest,
  defaultMaskingSettings,
  type MaskingOverview,
  type MaskingSettings,
  type MaskingTrialResult,
  type RevealedToken,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Store } from '../../../ports/store.ts'
import { StoreUnavailable } from '../../../ports/store-errors.ts'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { type PeopleServer, type Person, startPeopleServer } from '../../../testkit/people-server.ts'
import { approvalsSlice } from '../../govern/approvals/index.ts'
import { identitySlice } from '../../govern/identity/index.ts'
import { maskingSlice, maskTelemetry, maskTexts } from './index.ts'

type Refused = { code: string; detail: string; action: Record<string, unknown> }

const text = 'write to Ada@Example.com or ada@example.com, not to bob@corp.example'
const row = {
  executionId: '1'.repeat(32),
  agent: 'support',
  namesAgent: true,
  ownAgent: true,
  input: JSON.stringify(text),
  output: '"done"',
  attributes: JSON.stringify({ 'gen_ai.input.messages': text, 'gen_ai.usage.input_tokens': 7 }),
  errorMessage: null,
  masked: 0,
}

describeOnStores('masking', (kind) => {
  let server: PeopleServer
  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice, approvalsSlice, maskingSlice])
  })
  afterAll(async () => server.close())

  const put = (body: unknown, by: Person, path = '') =>
    server.request<MaskingOverview['organization'] & Refused>(by.proof, 'PUT', `/api/v1/masking${path}`, body)
  const change = (settings: Partial<MaskingSettings>, by: Person, rest: Record<string, unknown> = {}) =>
    put({ settings: { ...defaultMaskingSettings, ...settings }, reason: 'r', ...rest }, by)
  const post = <Body = Refused>(path: string, body: unknown, by: Person) =>
    server.request<Body & Refused>(by.proof, 'POST', `/api/v1/masking/${path}`, body)
  const approvedBy = async (action: Record<string, unknown>, author: Person, approver: Person) => {
    const asked = await server.request<ApprovalRequest>(author.proof, 'POST', '/api/v1/approvals', {
      ...action,
      reason: 'r',
    })
    const { approvalId, actionDigest } = asked.body
    await server.request(approver.proof, 'POST', `/api/v1/approvals/${approvalId}/votes`, {
      verdict: 'approve',
      actionDigest,
    })
    return approvalId
  }
  /** Changes settings whatever their impact, with a second admin's approval. */
  const changeApproved = async (settings: Partial<MaskingSettings>, by: Person) => {
    const refused = await change(settings, by)
    if (refused.status === 200) return refused
    const approvalId = await approvedBy(refused.body.action, by, await server.addPerson('admin', by))
    return change(settings, by, { approvalId })
  }
  const mask = async (rows: readonly (typeof row)[], of: Person) => {
    const masked = await maskTelemetry(server.deps, of.organizationId, { executions: [], actions: rows })
    if (!masked.ok) throw new Error(masked.refusal.detail)
    return masked.value
  }
  const inputOf = async (of: Person, input = text) => {
    const [masked] = (await mask([{ ...row, input: JSON.stringify(input) }], of)).actions
    return JSON.parse(masked?.input ?? 'null') as string
  }
  const eventsOf = async (of: Person) => (await server.events(of)).filter(({ type }) => type.startsWith('masking.'))

  test('ID14: every route asks for its scope, whoever comes', async () => {
    expect(wrongCases(await accessCases(server, maskingSlice))).toEqual([])
  })

  test('MK2: an organization that set nothing has all classes masked, and says so', async () => {
    const owner = await server.addOrganization()
    const { body } = await server.request<MaskingOverview>(owner.proof, 'GET', '/api/v1/masking')
    expect(body).toEqual({
      organization: { settings: defaultMaskingSettings, version: 0, changedBy: null, changedAt: null },
      agents: [],
    })
    expect(await inputOf(owner)).toBe('write to [masked:email] or [masked:email], not to [masked:email]')
    const masked = await maskTexts(server.deps, owner.organizationId, ['call me on 9472 7916'])
    expect(masked).toEqual({ ok: true, value: [{ text: 'call me on [masked:phone]', masked: 1 }] })
  })

  test('MK4: more masking runs by itself, is a version with its because, and is told without what the lists hold', async () => {
    const owner = await server.addOrganization()
    const rules = [{ name: 'employee', pattern: 'EMP-[0-9]{6}', sample: 'EMP-123456 of Ada' }]
    expect(await change({ rules }, owner, { expectedVersion: 0 })).toMatchObject({
      status: 200,
      body: { version: 1, settings: { rules }, changedBy: `user:${owner.userId}` },
    })
    expect(await inputOf(owner, 'ask EMP-000417')).toBe('ask [masked:employee]')
    expect(await change({ rules }, owner)).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await change({}, owner, { expectedVersion: 0 })).toMatchObject({ status: 412 })
    const events = await eventsOf(owner)
    expect(events).toMatchObject([
      {
        type: 'masking.settings.changed',
        subject: 'masking',
        payload: { agent: null, version: 1, impact: 'LOW', to: { rules: ['employee'] }, approvalId: null },
      },
    ])
    expect(JSON.stringify(events)).not.toContain('EMP-')
  })

  test.each([
    ['a class', { classes: ['email' as const] }, 'class-switched-off'],
    ['an exception', { allow: { values: ['ada@example.com'], domains: [], patterns: [] } }, 'exception-added'],
  ])('MK4: less masking waits for an approval of exactly that: %s', async (_, settings, rule) => {
    const owner = await server.addOrganization()
    const refused = await change(settings, owner)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required', action: { impact: 'HIGH' } } })
    expect(JSON.stringify(refused.body.action)).not.toContain('ada@')
    expect(await inputOf(owner, 'ada@example.com')).toBe('[masked:email]')
    const approvalId = await approvedBy(refused.body.action, owner, await server.addPerson('admin', owner))
    const other = await change({ classes: [] }, owner, { approvalId })
    expect(other).toMatchObject({ status: 409, body: { code: 'approval-digest-mismatch' } })
    expect(await change(settings, owner, { approvalId })).toMatchObject({ status: 200, body: { version: 1 } })
    expect(await eventsOf(owner)).toMatchObject([
      { type: 'masking.settings.changed', payload: { impact: 'HIGH', because: { rule }, approvalId } },
    ])
  })

  test('MK2: exceptions stay: values however they are spelt, domains with those below, patterns as a whole', async () => {
    const owner = await server.addOrganization()
    const allow = {
      values: ['ADA@example.com', '+1 604 696 5272'],
      domains: ['corp.example'],
      patterns: ['[a-z]+@desk\\.example'],
    }
    expect((await changeApproved({ allow }, owner)).status).toBe(200)
    expect(await inputOf(owner, 'ada@example.com eve@example.com')).toBe('ada@example.com [masked:email]')
    expect(await inputOf(owner, 'a@corp.example b@hr.corp.example c@notcorp.example')).toBe(
      'a@corp.example b@hr.corp.example [masked:email]',
    )
    expect(await inputOf(owner, 'call +1-604-696-5272, help@desk.example, h1@desk.example')).toBe(
      'call +1-604-696-5272, help@desk.example, [masked:email]',
    )
  })

  test('MK1: no exception and no switch lets a secret through', async () => {
    const owner = await server.addOrganization()
    const secret = `ghp_${'aB3dE5gH7jK9'.repeat(3)}`
    const allow = { values: [secret], domains: [], patterns: ['.*'] }
    expect((await changeApproved({ classes: [], allow }, owner)).status).toBe(200)
    expect(await inputOf(owner, `use ${secret}`)).toBe('use [masked:github]')
  })

  test('MK6: an agent has its inputs thrown away, with what repeats them; the others keep theirs', async () => {
    const owner = await server.addOrganization()
    const changed = await put({ override: { storeInputs: false }, reason: 'r' }, owner, '/agents/support')
    expect(changed).toMatchObject({ status: 200, body: { agent: 'support', version: 1 } })
    const { actions, withheld } = await mask([row, { ...row, agent: 'triage' }], owner)
    expect(withheld).toBe(1)
    expect(actions[0]).toMatchObject({ input: null, output: '"done"', attributes: '{"gen_ai.usage.input_tokens":7}' })
    expect(actions[1]?.input).toContain('[masked:email]')
    const back = await put({ override: {}, reason: 'r' }, owner, '/agents/support')
    expect(back).toMatchObject({ status: 409, body: { code: 'approval-required', action: { impact: 'HIGH' } } })
    const { body } = await server.request<MaskingOverview>(owner.proof, 'GET', '/api/v1/masking')
    expect(body.agents).toMatchObject([{ agent: 'support', override: { storeInputs: false } }])
    expect(await eventsOf(owner)).toMatchObject([
      { subject: 'masking/support', payload: { agent: 'support', impact: 'LOW' } },
    ])
  })

  test('MK5: a change that another process made counts after a second at the latest', async () => {
    const owner = await server.addOrganization()
    expect(await inputOf(owner, 'EMP-000417')).toBe('EMP-000417')
    // What another process leaves behind when its hint is lost: the row alone.
    await server.testStore.owner.migrate(async (sql) => {
      await sql.exec('set local role none')
      const settings = {
        ...defaultMaskingSettings,
        rules: [{ name: 'employee', pattern: 'EMP-[0-9]{6}', sample: 'EMP-123456' }],
      }
      await sql.query(
        `insert into masking_settings (organization_id, agent, version, settings, reason, changed_by, changed_at)
         values ($1, '', 1, $2::jsonb, 'r', 'user:x', now())`,
        [owner.organizationId, JSON.stringify(settings)],
      )
    })
    server.deps.clock.advance(1_000)
    expect(await inputOf(owner, 'EMP-000417')).toBe('[masked:employee]')
  })

  test('MK5: settings that are half a second old are renewed beside the work, and count no longer than a second', async () => {
    const owner = await server.addOrganization()
    let reads = 0
    let isDown = false
    const store = {
      listen: async () => async () => {},
      transaction: async (...asked: Parameters<Store['transaction']>) => {
        reads += 1
        if (isDown) throw new StoreUnavailable('the database is away')
        return server.deps.store.transaction(...asked)
      },
    } as unknown as Store
    const deps = { ...server.deps, store }
    const masked = () => maskTexts(deps, owner.organizationId, ['ada@example.com'])
    const fine = { ok: true, value: [{ text: '[masked:email]', masked: 1 }] }
    expect([await masked(), await masked(), reads]).toEqual([fine, fine, 1])
    server.deps.clock.advance(500)
    expect([await masked(), await masked(), reads]).toEqual([fine, fine, 2])
    await vi.waitFor(async () => {
      isDown = true
      server.deps.clock.advance(400)
      expect(await masked()).toEqual(fine)
    })
    server.deps.clock.advance(1_000)
    expect(await masked()).toMatchObject({ ok: false, refusal: { code: 'store-unavailable' } })
    isDown = false
    expect(await masked()).toEqual(fine)
  })

  test('MK7: the same value has one token, an admin turns it back with a reason, and erasure ends that for ever', async () => {
    const owner = await server.addOrganization()
    expect((await changeApproved({ mode: 'token' }, owner)).status).toBe(200)
    const masked = await inputOf(owner)
    const [first = '', second = '', third = ''] = masked.match(/\[token:email:[a-zA-Z]{22}\]/g) ?? []
    expect(first).toBe(second)
    expect(third).not.toBe(first)
    expect(await inputOf(owner, 'ADA@EXAMPLE.COM again')).toBe(`${first} again`)
    expect(await inputOf(owner, masked)).toBe(masked)

    const revealed = await post<RevealedToken>('reveal', { token: first, reason: 'fraud case 12' }, owner)
    expect(revealed).toMatchObject({ status: 200, body: { class: 'email', value: 'Ada@Example.com' } })
    expect(revealed.headers.get('cache-control')).toBe('no-store')
    expect(await post('reveal', { token: first }, owner)).toMatchObject({ status: 400 })
    const developer = await server.addPerson('developer', owner)
    expect(await post('reveal', { token: first, reason: 'r' }, developer)).toMatchObject({ status: 403 })

    const erased = await post('erase', { value: 'ada@example.com', reason: 'asked to be forgotten' }, owner)
    expect(erased).toMatchObject({ status: 200, body: { token: first } })
    expect(await post('erase', { token: first, reason: 'again' }, owner)).toMatchObject({ status: 200 })
    expect(await post('reveal', { token: first, reason: 'r' }, owner)).toMatchObject({
      status: 410,
      body: { code: 'evidence-erased' },
    })
    expect(await inputOf(owner, 'ada@example.com')).not.toBe(first)
    const told = (await server.events(owner)).filter(({ type }) => /^(masking\.token|identity\.subject)/.test(type))
    expect(told).toMatchObject([
      { type: 'masking.token.revealed', payload: { token: first, class: 'email', reason: 'fraud case 12' } },
      { type: 'identity.subject.erased' },
      { type: 'masking.token.erased', payload: { token: first, reason: 'asked to be forgotten' } },
    ])
    expect(JSON.stringify(told).toLowerCase()).not.toContain('ada@example')
  })

  test('MK7: the tables hold no value in clear, and nothing that an erased value could be guessed by', async () => {
    const owner = await server.addOrganization()
    await changeApproved({ mode: 'token' }, owner)
    const token = await inputOf(owner, 'eve@example.com')
    const stored = async () =>
      await server.testStore.owner.migrate(async (sql) => {
        await sql.exec('set local role none')
        const rows = await sql.query<{ row: string }>(
          'select to_jsonb(t)::text as row from masking_tokens t where organization_id = $1 and token = $2',
          [owner.organizationId, token],
        )
        return rows.map(({ row: one }) => one)
      })
    expect((await stored()).join()).not.toContain('eve@')
    await post('erase', { token, reason: 'r' }, owner)
    expect(JSON.parse((await stored())[0] ?? '{}')).toMatchObject({ token, value_sealed: null, value_index: null })
  })

  test('MK7: many at once give a value one token', async () => {
    const owner = await server.addOrganization()
    await changeApproved({ mode: 'token' }, owner)
    const tokens = await Promise.all(Array.from({ length: 8 }, () => inputOf(owner, 'race@example.com')))
    expect(new Set(tokens).size).toBe(1)
  })

  test.each([
    ['is no RE2', { pattern: '(?=a)a', sample: 'a' }, 'no RE2 expression'],
    ['finds nothing in its sample', { pattern: 'EMP-[0-9]+', sample: 'EMP' }, 'nothing in its own sample'],
    ['matches the empty text', { pattern: 'a*', sample: 'aa' }, 'matches the empty text'],
    ['is too large', { pattern: 'a{1000}b{1000}c{1000}', sample: 'a' }, 'too large'],
  ])('MK8: a rule that %s is not saved, and the refusal says why', async (_, rule, why) => {
    const owner = await server.addOrganization()
    const reply = await change({ rules: [{ name: 'own', ...rule }] }, owner)
    expect(reply).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    expect(reply.body.detail).toContain(why)
    expect(await eventsOf(owner)).toEqual([])
  })

  test('MK8: a pattern that stops other engines is done in a moment', async () => {
    const owner = await server.addOrganization()
    await change({ rules: [{ name: 'own', pattern: '(a+)+b', sample: 'aab' }] }, owner)
    const before = performance.now()
    expect(await inputOf(owner, 'a'.repeat(20_000))).toHaveLength(20_000)
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  test('MK9: a trial says what would be masked and by which rule, under settings not saved yet, and keeps nothing', async () => {
    const owner = await server.addOrganization()
    const asked = { text: 'ada@example.com 780 6326', field: 'phone' }
    const { status, body } = await post<MaskingTrialResult>('try', asked, owner)
    expect(status).toBe(200)
    expect(body).toEqual({
      text: '[masked:email] [masked:phone]',
      finds: [
        { class: 'email', rule: 'email', start: 0, end: 15, replacement: '[masked:email]' },
        { class: 'phone', rule: 'phone', start: 16, end: 24, replacement: '[masked:phone]' },
      ],
      storeInputs: true,
      storeOutputs: true,
    })
    const settings = { ...defaultMaskingSettings, mode: 'token', classes: ['email'] }
    expect(await post('try', { ...asked, settings }, owner)).toMatchObject({
      body: { text: `[token:email:${'x'.repeat(22)}] 780 6326` },
    })
    const bad = { ...settings, rules: [{ name: 'own', pattern: '(', sample: 'a' }] }
    expect(await post('try', { ...asked, settings: bad }, owner)).toMatchObject({ status: 422 })
    expect(await eventsOf(owner)).toEqual([])
  })

  test("MK9: another organization's settings and tokens are not there", async () => {
    const owner = await server.addOrganization()
    const stranger = await server.addOrganization()
    await changeApproved({ mode: 'token' }, owner)
    const token = await inputOf(owner, 'eve@example.com')
    expect(await post('reveal', { token, reason: 'r' }, stranger)).toMatchObject({ status: 404 })
    expect(await post('erase', { value: 'eve@example.com', reason: 'r' }, stranger)).toMatchObject({ status: 404 })
    expect(await inputOf(stranger, 'eve@example.com')).toBe('[masked:email]')
    const { body } = await server.request<MaskingOverview>(stranger.proof, 'GET', '/api/v1/masking')
    expect(body.organization.version).toBe(0)
  })
})
