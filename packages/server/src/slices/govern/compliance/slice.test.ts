import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type {
  AuditLog,
  ComplianceAssessment,
  ComplianceFramework,
  EvidencePack,
  EvidencePackSummary,
} from '@metaagent/contract'
import { AuditFileCheck, auditFormOf, parseAuditHeader, utf8Bytes, verifyEvidencePack } from '@metaagent/verify'
import { runVerifyCli } from '@metaagent/verify/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Caller } from '../../../ports/slice.ts'
import { describeOnStores, openTestStore } from '../../../testkit/database.ts'
import { callerOf, type SliceServer, startSliceServer } from '../../../testkit/slice-server.ts'
import { createTestDeps, type TestDeps } from '../../../testkit/test-deps.ts'
import type { TestStore } from '../../../testkit/test-stores.ts'
import { append, journalSlice, type NewEvent } from '../journal/index.ts'
import { ledgerSlice, sequenceNow } from '../ledger/index.ts'
import { complianceSlice } from './index.ts'

const ann = { kind: 'user', id: 'ann' } as const
const trail = '/api/v1/governance/compliance'

const key = (name: string): NewEvent => ({
  type: 'identity.api_key.created',
  subject: 'api-key/1',
  actor: ann,
  payload: { apiKeyId: randomUUID(), name, prefix: 'mk', scopes: [] },
})
const revoked = (): NewEvent => ({
  type: 'identity.api_key.revoked',
  subject: 'api-key/1',
  actor: { kind: 'system', id: 'keys' },
  payload: { apiKeyId: randomUUID() },
})
const decided = (verdict: 'approved' | 'rejected'): NewEvent => ({
  type: 'approvals.request.decided',
  subject: `approval/${verdict}`,
  actor: ann,
  payload: {
    approvalId: randomUUID(),
    verdict,
    actionDigest: 'sha256:1',
    because: { rule: 'enough-votes', observed: 1, limit: 1, text: 'Enough people agreed.' },
  },
})
const repriced = (provider: string): NewEvent => ({
  type: 'costs.repricing.requested',
  subject: 'repricing/1',
  actor: ann,
  payload: { repricingId: randomUUID(), from: 'a', to: 'b', provider, model: null, reason: 'r' },
})
const paused = (agentId: string): NewEvent => ({
  type: 'registry.agent.paused',
  subject: `agent/${agentId}`,
  actor: ann,
  payload: { agentId, because: { rule: 'r', observed: null, limit: null, text: 't' } },
})

describeOnStores('compliance', (kind) => {
  let opened: TestStore
  let server: SliceServer
  let deps: TestDeps
  beforeAll(async () => {
    opened = await openTestStore(kind)
    deps = createTestDeps(opened.store)
    server = await startSliceServer(deps, [journalSlice, ledgerSlice, complianceSlice])
  })
  afterAll(async () => {
    await server.close()
    await opened.close()
  })

  const newAdmin = (): Caller => callerOf(randomUUID(), 'admin')
  const happen = async ({ organizationId }: Caller, events: readonly NewEvent[]) => {
    await deps.store.transaction({ organizationId }, (tx) => append(deps, tx, events))
    await sequenceNow(deps)
  }
  const pageOf = async (caller: Caller, query = '') =>
    (await server.request<{ items: AuditLog[]; nextCursor: string | null }>(caller, 'GET', `${trail}/audit${query}`))
      .body
  const period = () => {
    const now = Number(deps.clock.now())
    return { from: new Date(now - 3_600_000).toISOString(), to: new Date(now + 3_600_000).toISOString() }
  }
  const inPeriod = () => new URLSearchParams(period()).toString()
  const typesOf = async ({ organizationId }: Caller) => {
    await sequenceNow(deps)
    return (await pageOf(callerOf(organizationId, 'admin'), '?limit=200')).items.map(({ type }) => type)
  }

  test('CA3: the trail shows what fits, newest first and page by page, and nobody else’s', async () => {
    const [own, other] = [newAdmin(), newAdmin()]
    const agentId = randomUUID()
    await happen(other, [key('theirs')])
    await happen(own, [
      key('a'),
      revoked(),
      repriced('openai'),
      repriced('mistral'),
      paused(agentId),
      decided('approved'),
    ])
    const all = await pageOf(own)
    expect(all.items.map(({ index }) => index)).toEqual([5, 4, 3, 2, 1, 0])
    expect(all.nextCursor).toBeNull()
    expect(all.items[0]).toMatchObject({
      type: 'approvals.request.decided',
      actor: ann,
      because: { rule: 'enough-votes' },
      proof: '/api/v1/ledger/entries/5/proof',
    })
    const places = async (query: string) => (await pageOf(own, query)).items.map(({ index }) => index)
    expect(await places('?provider=openai')).toEqual([2])
    expect(await places(`?agent=${agentId}`)).toEqual([4])
    expect(await places('?actor=system:keys')).toEqual([1])
    expect(await places('?actor=ann')).toEqual([5, 4, 3, 2, 0])
    expect(await places('?type=identity.*&actor=ann')).toEqual([0])
    expect(await places('?subject=approval/approved')).toEqual([5])
    expect(await places(`?${inPeriod()}`)).toHaveLength(6)
    expect(await places(`?from=${period().to}`)).toEqual([])
    expect(await places(`?to=${period().from}`)).toEqual([])
    expect(await places('?actor=%00')).toEqual([])
    const seen: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(own, `?limit=2&actor=ann${cursor}`)
      seen.push(...page.items.map(({ index }) => index))
      cursor = page.nextCursor === null ? null : `&cursor=${encodeURIComponent(page.nextCursor)}`
    }
    expect(seen).toEqual([5, 4, 3, 2, 0])
    expect((await server.request(own, 'GET', `${trail}/audit?cursor=x`)).status).toBe(400)
    expect((await pageOf(newAdmin())).items).toEqual([])
  })

  test('CA5, CA6: the trail as a file is checked offline entry by entry, in both forms, and its making is an entry', async () => {
    const own = newAdmin()
    await happen(own, [key('=cmd|a'), revoked(), key('two')])
    const check = async (text: string, head: ReturnType<typeof parseAuditHeader>) => {
      const [first = '', ...lines] = text.replace(/\n$/, '').split('\n')
      const form = auditFormOf(first)
      if (form === null) throw new Error('no export')
      const header = form.header ?? head
      if (header === null) throw new Error('no head')
      const started = await AuditFileCheck.start(header, form.form)
      if (!started.ok) return started
      for (const line of lines) {
        const added = started.value.line(utf8Bytes(line))
        if (!added.ok) return added
      }
      return started.value.finish()
    }
    const json = await server.request<Record<string, unknown>>(own, 'GET', `${trail}/export?type=identity.*`)
    expect(json.headers.get('content-disposition')).toMatch(
      /^attachment; filename="audit-trail-\d{4}-\d\d-\d\d\.json"$/,
    )
    expect(json.body).toMatchObject({ kind: 'selection', filter: '{"type":"identity.*"}' })
    const file = Buffer.from(await server.bytes(own, `${trail}/export?type=identity.*&format=json`)).toString()
    expect(await check(file, null)).toMatchObject({ ok: true, value: { entries: 3 } })
    expect(await check(file.replace('two', 'six'), null)).toMatchObject({ ok: false })
    const csv = await server.request<string>(own, 'GET', `${trail}/export?format=csv&actor=ann`)
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const head = parseAuditHeader(Buffer.from(csv.headers.get('x-ledger-export-head') ?? '', 'base64').toString())
    expect(await check(csv.body, head)).toMatchObject({ ok: true, value: { entries: 2 } })
    expect(await typesOf(own)).toContain('compliance.trail.exported')
    expect((await server.request(newAdmin(), 'GET', `${trail}/export`)).body).toMatchObject({
      code: 'not-sequenced-yet',
    })
    expect((await server.request(own, 'GET', `${trail}/export?format=xlsx`)).status).toBe(400)
  })

  test('CA1, CA2: a framework is assessed on what the ledger holds of a period, and conditions count', async () => {
    const own = newAdmin()
    const frameworks = (
      await server.request<{ items: ComplianceFramework[] }>(own, 'GET', '/api/v1/compliance/frameworks')
    ).body.items
    expect(frameworks.map(({ id }) => id)).toContain('eu-ai-act')
    const assessed = async (id: string) =>
      (
        await server.request<ComplianceAssessment>(
          own,
          'GET',
          `/api/v1/compliance/frameworks/${id}/assessment?${inPeriod()}`,
        )
      ).body
    await happen(own, [key('a'), decided('rejected')])
    const stateOf = ({ controls }: ComplianceAssessment, id: string) => controls.find((one) => one.id === id)
    const first = await assessed('soc2')
    expect(stateOf(first, 'CC8.1')).toMatchObject({ state: 'gap', because: { rule: 'evidence-missing' } })
    expect(stateOf(first, 'CC6.4')).toMatchObject({ state: 'outside' })
    expect(stateOf(first, 'CC6.1')?.evidence[0]).toMatchObject({ id: 'credentials-issued', count: 1, places: '0' })
    expect(stateOf(await assessed('eu-ai-act'), '14(4)(d)')).toMatchObject({ state: 'covered' })
    await happen(own, [revoked()])
    expect(stateOf(await assessed('owasp-agentic'), 'ASI03')).toMatchObject({ state: 'covered' })
    const empty = `/api/v1/compliance/frameworks/soc2/assessment?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z`
    expect((await server.request<ComplianceAssessment>(own, 'GET', empty)).body).toMatchObject({ covered: 0 })
    const backwards = empty.replace('2020-02', '2019-02')
    expect((await server.request(own, 'GET', backwards)).status).toBe(400)
    expect((await server.request(own, 'GET', empty.replace('soc2', 'nobody'))).status).toBe(404)
  })

  test('CA4, CA5: a pack is checked offline from each entry to the one checkpoint; whatever is changed in it is refused', async () => {
    const own = newAdmin()
    await happen(own, [...Array.from({ length: 30 }, (_, n) => key(`key ${n}`)), revoked(), decided('approved')])
    const order = { framework: 'soc2', ...period() }
    const made = await server.request<EvidencePackSummary>(own, 'POST', '/api/v1/compliance/packs', order)
    expect(made).toMatchObject({ status: 201, body: { treeSize: 32, framework: { id: 'soc2' } } })
    const file = Buffer.from(await server.bytes(own, `/api/v1/compliance/packs/${made.body.packId}`)).toString()
    const pack = JSON.parse(file) as EvidencePack
    const issued = pack.controls.find(({ id }) => id === 'CC6.1')?.evidence[0]
    expect(issued).toMatchObject({ count: 30, places: '0-29' })
    expect(issued?.listed).toHaveLength(20)
    expect(pack.gaps).toBeGreaterThan(3)
    expect(await verifyEvidencePack(file)).toMatchObject({
      ok: true,
      value: { entries: made.body.entries, covered: made.body.covered, gaps: made.body.gaps },
    })
    const check = async (text: string) => {
      let out = ''
      const io = {
        stdin: Readable.from([Buffer.from(text)]),
        writeOut: (words: string) => {
          out += words
        },
        writeError: () => {},
      }
      return { code: await runVerifyCli(['-', '--key', pack.verifierKey], io), out }
    }
    expect(await check(file)).toMatchObject({ code: 0, out: expect.stringContaining('gaps') })
    expect((await check(file.replace('"state":"gap"', '"state":"covered"'))).code).toBe(1)
    for (const [from, to] of [
      ['"state":"gap"', '"state":"covered"'],
      ['key 29', 'key 28'],
      ['"places":"0-29"', '"places":"0-28"'],
      [`"covered":${pack.covered}`, `"covered":${pack.covered + 1}`],
      ['"types":["identity.api_key.created"]', '"types":["identity.api_key.revoked"]'],
      ['"is":["approved"]', '"is":["expired"]'],
      [`"to":"${pack.to}"`, `"to":"${pack.from}"`],
    ] as const) {
      expect(file, from).toContain(from)
      expect(await verifyEvidencePack(file.replaceAll(from, to)), from).toMatchObject({ ok: false })
    }
    await sequenceNow(deps)
    const [event] = (await pageOf(own, '?type=compliance.*')).items
    expect(event).toMatchObject({ type: 'compliance.pack.created', eventId: made.body.eventId })
    const entry = await server.request<{ content: unknown }>(own, 'GET', `/api/v1/ledger/events/${made.body.eventId}`)
    expect(entry.body.content).toMatchObject({ payload: { digest: made.body.digest } })
    const listed = await server.request<{ items: EvidencePackSummary[] }>(
      own,
      'GET',
      '/api/v1/compliance/packs?framework=soc2',
    )
    expect(listed.body.items).toEqual([made.body])
    expect((await server.request(newAdmin(), 'GET', `/api/v1/compliance/packs/${made.body.packId}`)).status).toBe(404)
    expect(
      (await server.request(callerOf(own.organizationId, 'viewer'), 'POST', '/api/v1/compliance/packs', order)).status,
    ).toBe(403)
  })
})
