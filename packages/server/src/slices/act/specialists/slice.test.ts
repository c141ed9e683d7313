import {
  AgentCard,
  AiCatalog,
  type DiscoveryPage,
  type ForeignCard,
  type JournalEvent,
  type Specialist,
  type SpecialistDocuments,
  type SpecialistMove,
} from '@metaagent/contract'
import { createRemoteJWKSet, exportJWK, FlattenedSign, flattenedVerify, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { createLexicalEmbedder } from '../../../adapters/embedder/lexical.ts'
import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { startLocalServer } from '../../../testkit/channels/local-server.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { type SignedIn, signedInAdmins } from '../../../testkit/signed-in.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

type Refused = { code: string; detail: string; action: Record<string, unknown> }
type Found = z.output<typeof DiscoveryPage>

const skill = (id: string, description: string, tags = ['work']) => ({ id, name: id, description, tags })
const definitionOf = (name: string, description: string, over: Record<string, unknown> = {}) => ({
  title: name,
  description,
  skills: [skill(`${name}-skill`, description)],
  endpoints: [
    { url: `https://${name}.example.com/a2a`, binding: 'JSONRPC', protocolVersion: '1.0' },
    { url: `https://${name}.example.com/mcp`, binding: 'MCP-STREAMABLE-HTTP', protocolVersion: '2025-11-25' },
  ],
  sensitivityCeiling: 'INTERNAL',
  ...over,
})

describeOnStores('specialists', (kind) => {
  let server: TestServer
  let author: SignedIn
  let approver: SignedIn
  let outside: Awaited<ReturnType<typeof startLocalServer>>
  /** What the server of others answers, by path. */
  const served: Record<string, unknown> = {}

  beforeAll(async () => {
    // An embedder that is paid for, with the vectors of the one that is not.
    const embedder = { ...createLexicalEmbedder(), name: 'paid', provider: 'openai', model: 'text-embedding-3-small' }
    server = await startTestServer(kind, { embedder })
    ;[author, approver] = await signedInAdmins(server)
    outside = await startLocalServer(({ path }) =>
      path in served ? { status: 200, body: JSON.stringify(served[path]) } : { status: 404, body: '' },
    )
  })
  afterAll(async () => {
    await outside.close()
    await server.close()
  })

  const send = <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request<Body & Refused>(method, `/api/v1${path}`, {
      key: null,
      headers: { ...author, ...headers },
      ...(body === undefined ? {} : { body }),
    })
  const anybody = <Body = unknown>(path: string) => server.request<Body>('GET', path, { key: null })
  const etag = (reply: { headers: Headers }) => ({ 'if-match': reply.headers.get('etag') ?? '' })
  const approved = async (action: Record<string, unknown>) => {
    const asked = await send<{ approvalId: string; actionDigest: string }>('POST', '/approvals', {
      ...action,
      reason: 'r',
    })
    const { approvalId, actionDigest } = asked.body
    const body = { verdict: 'approve', actionDigest }
    await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, { key: null, headers: approver, body })
    return approvalId
  }
  /** Sends it, and again with the approval that it turned out to need. */
  const sendApproved = async <Body>(method: string, path: string, body: object, headers: Record<string, string>) => {
    const refused = await send<Body>(method, path, body, headers)
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    return await send<Body>(method, path, { ...body, approvalId: await approved(refused.body.action) }, headers)
  }
  const create = (name: string, description: string, over: Record<string, unknown> = {}, headers = {}) =>
    send<Specialist>(
      'POST',
      '/specialists',
      { name, owner: 'team', version: '1.0.0', definition: definitionOf(name, description, over), reason: 'r' },
      headers,
    )
  const read = (id: string) => send<Specialist>('GET', `/specialists/${id}`)
  const move = async (id: string, body: Record<string, unknown>) =>
    send<Specialist>(
      'POST',
      `/specialists/${id}/moves`,
      { version: '1.0.0', reason: 'r', ...body },
      etag(await read(id)),
    )
  const evaluation = { score: 0.9, suite: 'suite' }
  const activate = async (id: string, version = '1.0.0') => {
    await move(id, { version, verb: 'train', trainingRun: 'run-7' })
    await move(id, { version, verb: 'evaluate', evaluation })
    const body = { version, verb: 'activate', reason: 'r' }
    return await sendApproved<Specialist>('POST', `/specialists/${id}/moves`, body, etag(await read(id)))
  }
  const discover = async (query: Record<string, string>) =>
    (await send<Found>('GET', `/specialist-discovery?${new URLSearchParams(query)}`)).body
  const told = async (subject: string): Promise<readonly JournalEvent[]> =>
    (await server.newEvents()).filter((event) => event.subject === subject)
  const signer = async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }
    const sign = async (card: Record<string, unknown>, jku: string) => {
      const signed = await new FlattenedSign(Buffer.from(canonicalJson(card)))
        .setProtectedHeader({ alg: 'ES256', typ: 'JOSE', kid: 'k1', jku })
        .sign(privateKey)
      return { ...card, signatures: [{ protected: signed.protected, signature: signed.signature }] }
    }
    return { jwk, sign }
  }
  const foreign = (name: string, description: string) => ({
    name,
    description,
    version: '1.0.0',
    supportedInterfaces: [{ url: 'https://other.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [skill('foreign-skill', description)],
  })
  const importCard = (body: Record<string, unknown>, headers = {}) =>
    send<ForeignCard>('POST', '/foreign-cards', { reason: 'r', ...body }, headers)
  const approveCard = async (card: ForeignCard, over: Record<string, unknown> = {}) => {
    const path = `/foreign-cards/${card.cardId}`
    const body = { digest: card.seenDigest, reason: 'r', ...over }
    return await sendApproved<ForeignCard>('POST', `${path}/approve`, body, etag(await send('GET', path)))
  }

  test('SP1, SP2: a version goes its way, is approved by its digest, and every move is told and kept', async () => {
    const made = await create('translator', 'Translates letters into French.')
    expect(made).toMatchObject({ status: 201, body: { isListed: false, versions: [{ state: 'proposed' }] } })
    const { specialistId } = made.body
    expect(await move(specialistId, { verb: 'activate' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await move(specialistId, { verb: 'train', evaluation })).toMatchObject({ status: 422 })
    const active = await activate(specialistId)
    expect(active).toMatchObject({
      status: 200,
      body: { isListed: true, versions: [{ state: 'active', trainingRun: 'run-7', evaluation }] },
    })
    const events = await told(`specialist/${specialistId}`)
    expect(events.map(({ type }) => type)).toEqual([
      'specialist.proposed',
      'decision.specialist',
      'specialist.training',
      'decision.specialist',
      'specialist.evaluated',
      'decision.specialist',
      'specialist.activated',
      'decision.specialist',
    ])
    const [version] = active.body.versions
    expect(events.at(-2)).toMatchObject({
      correlationId: version?.approvalId,
      payload: { digest: version?.digest, impact: 'HIGH', from: 'evaluated', because: { rule: 'sensitivity-ceiling' } },
    })
    expect(events.at(-1)).toMatchObject({ causationId: events.at(-2)?.eventId, payload: { verdict: 'active' } })
    const moves = await send<{ items: SpecialistMove[] }>('GET', `/specialists/${specialistId}/moves?limit=2`)
    expect(moves.body.items.map(({ verb }) => verb)).toEqual(['activate', 'evaluate'])
  })

  test('SP2: a newer version that is activated retires the former; a version is never said anew', async () => {
    const { specialistId } = (await create('planner', 'Plans journeys.')).body
    await activate(specialistId)
    const again = { version: '1.0.0', definition: definitionOf('planner', 'Plans other journeys.'), reason: 'r' }
    const path = `/specialists/${specialistId}/versions`
    expect(await send('POST', path, again, etag(await read(specialistId)))).toMatchObject({
      status: 409,
      body: { code: 'already-exists' },
    })
    const next = await send<Specialist>('POST', path, { ...again, version: '1.1.0' }, etag(await read(specialistId)))
    expect(next.body.versions.map(({ version, state }) => [version, state])).toEqual([
      ['1.1.0', 'proposed'],
      ['1.0.0', 'active'],
    ])
    await server.newEvents()
    const moved = await activate(specialistId, '1.1.0')
    expect(moved.body.versions.map(({ version, state }) => [version, state])).toEqual([
      ['1.1.0', 'active'],
      ['1.0.0', 'retired'],
    ])
    const retired = (await told(`specialist/${specialistId}`)).find(({ type }) => type === 'specialist.retired')
    expect(retired?.payload).toMatchObject({
      version: '1.0.0',
      because: { rule: 'one-active-version', observed: '1.1.0' },
    })
    expect(await move(specialistId, { version: '1.0.0', verb: 'train' })).toMatchObject({ status: 409 })
  })

  test('SP9: a change needs the ETag that was read, a creation that comes again creates nothing', async () => {
    const key = { 'idempotency-key': 'once-1' }
    const first = await create('once', 'Works once.', {}, key)
    const second = await create('once', 'Works once.', {}, key)
    expect([second.status, second.body.specialistId]).toEqual([201, first.body.specialistId])
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await create('other', 'Works once.', {}, key)).toMatchObject({ body: { code: 'idempotency-key-reused' } })
    expect(await create('once', 'Works once.')).toMatchObject({ status: 409, body: { code: 'already-exists' } })
    const path = `/specialists/${first.body.specialistId}`
    const body = { owner: 'others', reason: 'r' }
    expect(await send('PATCH', path, body)).toMatchObject({ status: 428, body: { code: 'precondition-required' } })
    const changed = await send<Specialist>('PATCH', path, body, etag(first))
    expect(changed).toMatchObject({ status: 200, body: { owner: 'others', revision: 2 } })
    expect(await send('PATCH', path, body, etag(first))).toMatchObject({ status: 412 })
    expect(await send('DELETE', path, undefined, etag(first))).toMatchObject({ status: 412 })
    expect(await send('DELETE', path, undefined, etag(changed))).toMatchObject({ status: 204 })
    expect(await read(first.body.specialistId)).toMatchObject({ status: 404 })
    const events = await told(`specialist/${first.body.specialistId}`)
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['specialist.changed', 'specialist.removed'])
  })

  test('SP2: an active specialist is not removed', async () => {
    const { specialistId } = (await create('keeper', 'Keeps watch.')).body
    const active = await activate(specialistId)
    expect(await send('DELETE', `/specialists/${specialistId}`, undefined, etag(active))).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
  })

  test('SP3, SP4: nothing is public before the organization says so; then cards are signed and verify', async () => {
    const { specialistId } = (await create('public-one', 'Reads public notices.')).body
    const proposed = (await create('public-two', 'Is not active.')).body.specialistId
    await activate(specialistId)
    const addresses = [
      `/api/v1/specialists/${specialistId}/agent-card.json`,
      `/api/v1/specialists/${specialistId}/server.json`,
    ]
    const catalog = `/api/v1/ai-catalogs/${server.organizationId}`
    for (const path of [...addresses, catalog]) expect(await anybody(path), path).toMatchObject({ status: 404 })
    const own = (await anybody<AgentCard>('/.well-known/agent-card.json')).body
    expect(own.skills.map(({ id }) => id)).toEqual(['discover-specialists'])
    expect((await anybody<AiCatalog>('/.well-known/ai-catalog.json')).body.entries).toHaveLength(1)
    await server.newEvents()
    const listing = await send('GET', '/specialist-listing')
    const opened = { isPublic: true, publisherDomain: 'example.com', reason: 'r' }
    await sendApproved('PUT', '/specialist-listing', opened, etag(listing))
    expect(await told('specialist-listing')).toMatchObject([
      { type: 'specialist.listing.changed', payload: { impact: 'HIGH' } },
    ])

    const card = await anybody<AgentCard>(addresses[0] ?? '')
    expect(card).toMatchObject({ status: 200, body: { name: 'public-one', version: '1.0.0' } })
    expect(AgentCard.parse(card.body)).toEqual(card.body)
    await verifies(card.body)
    await verifies((await anybody<AgentCard>('/.well-known/agent-card.json')).body)
    expect(await anybody(addresses[1] ?? '')).toMatchObject({ status: 200, body: { name: 'com.example/public-one' } })
    expect(await anybody(`/api/v1/specialists/${proposed}/agent-card.json`)).toMatchObject({ status: 404 })
    const entries = await anybody<AiCatalog>('/.well-known/ai-catalog.json')
    expect(entries.headers.get('content-type')).toContain('application/ai-catalog+json')
    expect(AiCatalog.parse(entries.body).entries.map(({ identifier }) => identifier)).toEqual(
      expect.arrayContaining(['urn:air:example.com:agent:public-one', 'urn:air:example.com:mcp:public-one']),
    )
    expect(JSON.stringify(entries.body)).not.toContain('public-two')
    const documents = await send<SpecialistDocuments>('GET', `/specialists/${proposed}/documents`)
    expect(documents.body).toMatchObject({ isPublic: false, agentCard: { name: 'public-two' } })

    const closed = { isPublic: false, publisherDomain: null, reason: 'r' }
    const closing = await send('PUT', '/specialist-listing', closed, etag(await send('GET', '/specialist-listing')))
    expect(closing).toMatchObject({ status: 200, body: { isPublic: false } })
    for (const path of [...addresses, catalog]) expect(await anybody(path), path).toMatchObject({ status: 404 })
  })

  const verifies = async (card: AgentCard) => {
    const { signatures = [], ...said } = card
    const [signature] = signatures
    if (signature === undefined) throw new Error('the card is not signed')
    const keys = createRemoteJWKSet(new URL(`${server.url}/api/v1/agent-card-keys`))
    const of = (payload: unknown) => ({
      protected: signature.protected,
      signature: signature.signature,
      payload: Buffer.from(canonicalJson(payload)).toString('base64url'),
    })
    expect((await flattenedVerify(of(said), keys)).protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JOSE' })
    await expect(flattenedVerify(of({ ...said, name: 'forged' }), keys)).rejects.toThrow()
  }

  test('SP5, SP6: discovery filters, ranks by likeness, and pages through', async () => {
    const legal = {
      sensitivityCeiling: 'SENSITIVE',
      skills: [skill('review', 'Reviews contracts for risks', ['legal'])],
    }
    const reviewer = (await create('reviewer', 'Reviews contracts and finds unusual clauses.', legal)).body.specialistId
    const cook = (await create('cook', 'Writes recipes for soups and stews.')).body.specialistId
    await create('sleeper', 'Reviews contracts too, but nobody approved it.', legal)
    await activate(reviewer)
    await activate(cook)
    const names = async (query: Record<string, string>) => (await discover(query)).items.map(({ name }) => name)
    expect(await names({ skill: 'review' })).toEqual(['reviewer'])
    expect(await names({ tag: 'LEGAL' })).toEqual(['reviewer'])
    expect(await names({ q: 'unusual clause' })).toEqual(['reviewer'])
    expect(await names({ sensitivity: 'SENSITIVE' })).toEqual(['reviewer'])
    const before = await discover({ like: 'review a contract', q: 'recipes' })
    expect(before).toMatchObject({ embedder: 'paid', withoutVector: 1, items: [{ name: 'cook', similarity: null }] })
    await server.newEvents()
    await server.composed.jobs.runAll(['specialists.vectors'])
    const paid = (await server.newEvents()).filter(({ type }) => type === 'specialist.embedded')
    expect(paid[0]?.payload).toMatchObject({ embedder: 'paid', inputTokens: null, costNanoUsd: null })
    const like = 'review contracts and find unusual clauses'
    const [first, ...others] = (await discover({ like })).items
    expect(first).toMatchObject({ name: 'reviewer', because: { rule: 'likeness' } })
    expect(others.every(({ similarity }) => (similarity ?? -1) <= (first?.similarity ?? 0))).toBe(true)
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Found = await discover({ like, limit: '2', ...(cursor === '' ? {} : { cursor }) })
      paged.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(paged).toEqual([first, ...others].map((one) => one?.id))
    const again = await send('GET', `/specialist-discovery?${new URLSearchParams({ cursor: 'x', like })}`)
    expect(again).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
    const listed = await send<{ items: { name: string }[] }>('GET', '/specialists?tag=legal')
    expect(listed.body.items.map(({ name }) => name)).toEqual(['reviewer', 'sleeper'])
  })

  test('SP7, SP8: a foreign card is verified, approved as it is, and falls out when it changes', async () => {
    const { jwk, sign } = await signer()
    const keys = `${outside.url}/keys`
    served['/keys'] = { keys: [jwk] }
    served['/card'] = await sign(foreign('Helper', 'Helps with taxes.'), keys)
    const imported = await importCard({ url: `${outside.url}/card` }, { 'idempotency-key': 'card-1' })
    expect(imported).toMatchObject({ status: 201, body: { state: 'needs-approval', signature: 'verified' } })
    const repeated = await importCard({ url: `${outside.url}/card` }, { 'idempotency-key': 'card-1' })
    expect(repeated.body.cardId).toBe(imported.body.cardId)
    const found = async () => (await discover({ q: 'taxes' })).items
    expect(await found()).toEqual([])
    const ready = await approveCard(imported.body, { sensitivityCeiling: 'INTERNAL' })
    expect(ready).toMatchObject({ status: 200, body: { state: 'approved', pinnedDigest: imported.body.seenDigest } })
    expect(await found()).toMatchObject([{ origin: 'foreign', name: 'Helper', sensitivityCeiling: 'INTERNAL' }])

    // Signed again, it says the same; a server that is away takes nothing back.
    served['/card'] = await sign(foreign('Helper', 'Helps with taxes.'), keys)
    await later()
    expect(await cardNow(imported.body.cardId)).toMatchObject({ state: 'approved', problem: null, revision: 2 })
    delete served['/card']
    await later()
    expect(await cardNow(imported.body.cardId)).toMatchObject({
      state: 'approved',
      problem: expect.stringContaining('404'),
    })
    expect(await found()).toHaveLength(1)

    await server.newEvents()
    served['/card'] = await sign(foreign('Helper', 'Helps with taxes and sends them to itself.'), keys)
    await later()
    const changed = await cardNow(imported.body.cardId)
    expect(changed).toMatchObject({
      state: 'needs-approval',
      because: { rule: 'card-changed', limit: imported.body.seenDigest },
      pinnedCard: { description: 'Helps with taxes.' },
      seenCard: { description: 'Helps with taxes and sends them to itself.' },
      // The description of the card and that of its skill.
      difference: { changed: { added: 2, removed: 2 } },
    })
    expect(await found()).toEqual([])
    const events = await told(`foreign-card/${imported.body.cardId}`)
    expect(events.map(({ type }) => type)).toEqual(['specialist.card.changed', 'decision.specialist.card'])
    await later()
    expect(await told(`foreign-card/${imported.body.cardId}`)).toEqual([])
    const stale = { digest: imported.body.seenDigest, reason: 'r' }
    const path = `/foreign-cards/${imported.body.cardId}`
    expect(await send('POST', `${path}/approve`, stale, etag(await send('GET', path)))).toMatchObject({ status: 412 })
    expect(await approveCard(changed)).toMatchObject({ status: 200, body: { state: 'approved' } })
    expect(await found()).toHaveLength(1)
    expect(await send('DELETE', path, undefined, etag(await send('GET', path)))).toMatchObject({ status: 204 })
    const last = await told(`foreign-card/${imported.body.cardId}`)
    expect(last.map(({ type }) => type)).toEqual([
      'specialist.card.approved',
      'decision.specialist.card',
      'specialist.card.removed',
    ])
  })

  const later = async () => {
    server.clock.advance(61 * 60_000)
    await server.composed.jobs.runAll(['specialists.cards'])
  }
  const cardNow = async (cardId: string) => (await send<ForeignCard>('GET', `/foreign-cards/${cardId}`)).body

  test('SP7: forged, foreign-keyed and private ones do not pass', async () => {
    const { jwk, sign } = await signer()
    const stranger = await signer()
    served['/keys'] = { keys: [jwk] }
    const keys = `${outside.url}/keys`
    served['/forged'] = {
      ...(await sign(foreign('Forged', 'Is honest.'), keys)),
      description: 'Is not what was signed.',
    }
    expect(await importCard({ url: `${outside.url}/forged` })).toMatchObject({
      status: 401,
      body: { code: 'signature-refused' },
    })
    // A card that names the keys of its forger elsewhere is not believed; one that is pinned is held to its key.
    const elsewhere = await stranger.sign(foreign('Elsewhere', 'Names its own keys.'), 'https://elsewhere.example/keys')
    served['/elsewhere'] = elsewhere
    expect(await importCard({ url: `${outside.url}/elsewhere` })).toMatchObject({
      status: 201,
      body: { signature: 'unverifiable' },
    })
    expect(await importCard({ card: elsewhere, pinnedKey: jwk })).toMatchObject({ body: { code: 'signature-refused' } })
    expect(await importCard({ card: elsewhere, pinnedKey: stranger.jwk })).toMatchObject({
      status: 201,
      body: { signature: 'verified', url: null, nextCheckAt: null },
    })
    expect(await importCard({ card: foreign('Plain', 'Signs nothing.') })).toMatchObject({
      body: { signature: 'unsigned' },
    })
    const refused = await importCard({ url: 'http://10.0.0.1/.well-known/agent-card.json' })
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('not on the public internet') },
    })
    const old = await importCard({ card: { name: 'Old', url: 'https://old.example', skills: [] } })
    expect(old).toMatchObject({ status: 422, body: { detail: expect.stringContaining('no AgentCard of A2A 1.0') } })
    const torn = await importCard({ card: foreign('Torn', 'Half of a pair: \ud800') })
    expect(torn).toMatchObject({ status: 422, body: { detail: expect.stringContaining('surrogate') } })
    expect(await send('GET', '/specialists?owner=%00')).toMatchObject({ status: 400, body: { code: 'invalid-query' } })
    expect(await create('torn', 'It holds \0.')).toMatchObject({ status: 400, body: { code: 'invalid-body' } })
    const secret = await importCard({ card: foreign('Secret', 'x'), pinnedKey: { ...jwk, d: 'x' } })
    expect(secret).toMatchObject({ status: 400, body: { code: 'invalid-body' } })
  })
})
