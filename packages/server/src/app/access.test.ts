import { type AccessScope, type Role, scopesOfRole } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentedRoutes } from '../http/ingest-routes.ts'
import type { Route } from '../ports/slice.ts'
import { createOrganization } from '../slices/govern/identity/index.ts'
import { accessCases, addCustomPerson, type CustomPerson, wrongCases } from '../testkit/access-matrix.ts'
import { describeOnStores } from '../testkit/database.ts'
import { makeOneOfEverything, type OneOfEverything } from '../testkit/one-of-everything.ts'
import { type PeopleServer, startPeopleServer, tokenOfLink } from '../testkit/people-server.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'
import { slices } from './slices.ts'

// Who may ask what, over HTTP, made from the slices' own routes: a new route is covered, or named here, or a failure.

const routes = slices.flatMap((slice) => slice.routes)
const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`

/** All that anybody may ask without a credential. */
const openOperations = [
  'GET /.well-known/agent-card.json',
  'GET /.well-known/ai-catalog.json',
  'GET /.well-known/jwks.json',
  'GET /api/v1/agent-card-keys',
  'GET /api/v1/ai-catalogs/{organizationId}',
  'GET /api/v1/health',
  'GET /api/v1/specialists/{specialistId}/agent-card.json',
  'GET /api/v1/specialists/{specialistId}/server.json',
  'GET /readyz',
  'POST /api/v1/auth/sign-in',
  'POST /api/v1/webhooks/{sourceId}',
  'POST /api/v1/webhooks/{sourceId}/{secret}',
  'POST /api/v1/witness/{organizationId}/add-checkpoint',
]

const roles: readonly Role[] = ['admin', 'developer', 'viewer']

describeOnStores('roles at every endpoint', (kind) => {
  let server: PeopleServer
  let custom: CustomPerson
  beforeAll(async () => {
    server = await startPeopleServer(kind, slices)
    custom = await addCustomPerson(server)
  })
  afterAll(async () => await server.close())

  test.each(slices.map((slice) => [slice.name, slice] as const))(
    '%s lets in exactly whom each of its routes declares',
    async (_, slice) => {
      const cases = await accessCases(server, slice, custom)
      const asked = new Set(cases.map(({ route }) => route))
      expect([...asked]).toEqual(slice.routes.filter((route) => route.kind !== 'stream').map(nameOf))
      expect(wrongCases(cases)).toEqual([])
    },
  )

  test('streams open for whom they declare and for nobody else', async () => {
    const streams = routes.filter((route) => route.kind === 'stream')
    expect(streams.length).toBeGreaterThan(0)
    for (const { path, access } of streams) {
      const asked = async (key: string | null) => {
        const abort = new AbortController()
        const headers = key === null ? {} : { authorization: `Bearer ${key}` }
        const { status } = await fetch(`${server.url}${path}`, { headers, signal: abort.signal })
        abort.abort()
        return status
      }
      expect(await asked(null), path).toBe(401)
      for (const role of roles) {
        const may = access !== null && scopesOfRole[role].includes(access)
        expect(await asked(await server.addKey(role)), `${role} ${path}`).toBe(may ? 200 : 403)
      }
      const others = scopesOfRole.admin.filter((scope) => scope !== access)
      expect(await asked(await server.addKey(others)), `all but ${access} ${path}`).toBe(403)
    }
  })

  test('a custom role is like no built-in one', () => {
    for (const role of roles) expect(new Set(scopesOfRole[role])).not.toEqual(custom.scopes)
  })

  test('a HEAD is asked like its GET', async () => {
    for (const { method, path, access, kind: form } of routes) {
      if (method !== 'GET' || access === null || form === 'stream') continue
      const { status } = await server.request({}, 'HEAD', path.replaceAll(/:\w+/g, 'x'))
      expect(status, path).toBe(401)
    }
  })
})

describeOnStores('one organization and another', (kind) => {
  let server: TestServer
  let own: OneOfEverything
  /** A person of another organization, with every right there. */
  let stranger: Readonly<Record<string, string>>
  /** Keys of that organization, by the role whose scopes they hold. */
  let strangersKeys: Readonly<Record<string, string>>
  beforeAll(async () => {
    server = await startTestServer(kind)
    own = await makeOneOfEverything(server)
    stranger = await signInStranger(server)
    strangersKeys = {
      developer: await addKeyOf(server, stranger, 'developer'),
      viewer: await addKeyOf(server, stranger, 'viewer'),
    }
  })
  afterAll(async () => await server.close())

  test('the open operations are exactly the named ones', async () => {
    const documented = Object.entries(server.composed.shell.openApi()['paths'] as Record<string, object>).flatMap(
      ([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    )
    const open: string[] = []
    for (const { method, path } of documented) {
      const reply = await server.request<{ code?: string } | null>(method, path.replaceAll(/\{[^}]+\}/g, 'x'), {
        key: null,
      })
      if (reply.body?.code !== 'not-authenticated') open.push(`${method} ${path}`)
      else expect(reply.status).toBe(401)
    }
    expect(open.toSorted()).toEqual(openOperations)
    const declared = routes
      .filter(({ access }) => access === null)
      .map((route) => nameOf(route).replaceAll(/:(\w+)/g, '{$1}'))
    expect(declared.toSorted()).toEqual(openOperations.filter((name) => declared.includes(name)))
  })

  test('the OpenAPI document says of each operation which scope it takes, and every reference in it leads somewhere', () => {
    const document = server.composed.shell.openApi() as unknown as Document
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => {
        const scopes = security.map((kind) => Object.values(kind).join())
        return [`${method.toUpperCase()} ${path}`, [...new Set(scopes)].join() || null] as const
      }),
    )
    const declared = [...routes, ...documentedRoutes].map(
      (route) =>
        [
          nameOf(route)
            .replaceAll(/:(\w+)/g, '{$1}')
            .replace(/\*$/, '{*}'),
          route.access,
        ] as const,
    )
    expect(Object.fromEntries(documented)).toMatchObject(Object.fromEntries(declared))
    const text = JSON.stringify(document)
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => String(reference)))
    expect(references.size).toBeGreaterThan(100)
    expect([...references].filter((reference) => leadsTo(document, reference) === undefined)).toEqual([])
  })

  test.each([
    ['/api/v1/telemetry', 'telemetry:write', {}],
    ['/v1/traces', 'telemetry:write', {}],
    ['/api/v1/qa/events', 'judgments:write', { events: [null] }],
  ] as const)('%s takes reports of those alone who may write them', async (path, scope, body) => {
    const asked = async (key: string | null) => {
      const reply = await server.request<{ code?: string }>('POST', path, { key, body })
      return reply.status === 200 ? 'let through' : `${reply.status} ${reply.body.code}`
    }
    expect(await asked(null)).toBe('401 not-authenticated')
    for (const role of roles) {
      const may = scopesOfRole[role].includes(scope)
      expect(await asked(await server.keyFor(role)), role).toBe(may ? 'let through' : '403 not-allowed')
    }
    const others = scopesOfRole.admin.filter((other) => other !== scope)
    expect(await asked(await server.keyFor(others))).toBe('403 not-allowed')
    expect(await asked(await server.keyFor([scope] satisfies AccessScope[]))).toBe('let through')
  })

  describe('by the id of an object', () => {
    // An open address takes no caller: what comes there carries its own proof (webhooks).
    const byId = routes.filter((route) => route.access !== null && paramsOf(route).some((name) => isOwned(name)))

    test('there are such routes, and every parameter is known here', () => {
      expect(byId.length).toBeGreaterThan(20)
      const unknown = routes.flatMap(paramsOf).filter((name) => !isOwned(name) && !(name in sharedParams))
      expect([...new Set(unknown)]).toEqual([])
    })

    test.each(byId.map((route) => [nameOf(route), route] as const))('%s is 404 for a stranger', async (_, route) => {
      const path = addressOf(route, { ...sharedParams, ...own.params })
      const body = bodies[route.operationId]
      await server.newEvents()
      const asked = await server.request(route.method, path, { key: null, headers: stranger, body })
      expect(asked).toMatchObject({ status: 404 })
      expect(marksIn(asked.body, own, path)).toEqual([])
      expect(await server.newEvents()).toEqual([])
      for (const [role, key] of Object.entries(strangersKeys)) {
        const may = scopesOfRole[role as Role].includes(route.access ?? 'self:read')
        const refused = may ? { status: 404 } : { status: 403, body: { code: 'not-allowed', scope: route.access } }
        expect(await server.request(route.method, path, { key, body }), role).toMatchObject(refused)
      }
      // The address is right: its owner is answered there.
      if (route.method === 'GET') expect((await server.request('GET', path)).status).toBe(200)
    })
  })

  test('no list, stream head, tile or proof shows a stranger anything', async () => {
    // What is for privileged clients alone is refused to everybody here; metaqore-clients.test.ts asks it.
    const reads = routes.filter((route) => route.method === 'GET' && route.kind !== 'stream' && !route.privileged)
    const shared = reads.filter((route) => !paramsOf(route).some((name) => isOwned(name)))
    expect(shared.length).toBeGreaterThan(20)
    let shownToOwner = 0
    for (const route of shared) {
      const path = `${addressOf(route, sharedParams)}${queries[route.operationId] ?? ''}`
      const asked = await server.request('GET', path, { key: null, headers: stranger })
      expect([200, 404], path).toContain(asked.status)
      expect(marksIn(asked.body, own, path), path).toEqual([])
      if (marksIn((await server.request('GET', path)).body, own, path).length > 0) shownToOwner += 1
    }
    // The marks would be found: the owner's own replies are full of them.
    expect(shownToOwner).toBeGreaterThan(10)
  })

  test('a list that is asked for the objects of another organization is empty', async () => {
    const { agentId = '', eventId = '', comparisonId = '' } = own.params
    const lists = [
      `/api/v1/executions?agentId=${agentId}`,
      '/api/v1/executions?unit=tenant-a',
      `/api/v1/comparisons?agentId=${agentId}`,
      `/api/v1/ledger/entries?subject=comparison/${comparisonId}`,
      `/api/v1/journal/events?subject=comparison/${comparisonId}`,
      `/api/v1/journal/events?correlationId=${eventId}`,
      '/api/v1/agents?q=tenant-a',
      '/api/v1/approvals?state=pending',
    ]
    for (const path of lists) {
      const asked = await server.request<{ items: unknown[] }>('GET', path, { key: null, headers: stranger })
      expect(asked, path).toMatchObject({ status: 200, body: { items: [] } })
    }
  })

  test('a stream shows a stranger nothing', async () => {
    for (const route of routes.filter(({ kind: form }) => form === 'stream')) {
      const abort = new AbortController()
      const path = `${route.path}${queries[route.operationId] ?? ''}`
      const response = await fetch(`${server.url}${path}`, { headers: stranger, signal: abort.signal })
      expect(response.status, path).toBe(200)
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!/^event: /m.test(text) || !text.endsWith('\n\n')) {
        const piece = await reader?.read()
        if (piece?.value === undefined) break
        text += piece.value
      }
      abort.abort()
      expect(text, path).toMatch(/^event: /m)
      expect(marksIn(text, own, ''), path).toEqual([])
    }
  })
})

/** Parameters that name nothing of one organization alone. */
const sharedParams: Readonly<Record<string, string>> = {
  index: '0',
  treeSize: '1',
  month: '2026-01',
  secret: 'x',
  key: 'health.silent_after_minutes',
  // A name, not an id: masking may be set for an agent before its first report.
  agent: 'x',
  // A name, not an id: whoever provides it publishes it first.
  dependency: 'x',
  '*': '0/000.p/1',
  table: 'agent_executions',
  // Whose catalog is public: nobody's here.
  organizationId: '01900000-0000-7000-8000-0000000000ff',
  // A framework is a file that is shipped, the same for everybody.
  framework: 'soc2',
  // Every organization begins with it.
  document: 'QA.md',
  version: '1',
  artifactVersion: '1',
  // A name, not an id, and the same in every organization where that judge works.
  judge: 'tenant-a',
}

const ownedParams = [
  'cardId',
  'specialistId',
  'actionId',
  'artifactId',
  'conflictId',
  'projectId',
  'taskId',
  'agentId',
  'anchorId',
  'logId',
  'alertDeliveryId',
  'alertId',
  'amendmentId',
  'apiKeyId',
  'approvalId',
  'arbitrationId',
  'auditId',
  'channelId',
  'comparisonId',
  'conversationId',
  'correlationId',
  'deadLetterId',
  'deletionId',
  'exportId',
  'holdId',
  'packId',
  'deliveryId',
  'driftAlarmId',
  'driftStreamId',
  'eventId',
  'executionId',
  'issuerId',
  'judgmentId',
  'metric',
  'name',
  'probeId',
  'slaId',
  'priceId',
  'repricingId',
  'ruleId',
  'silenceId',
  'sourceId',
  'roleId',
  'subjectId',
  'userId',
  'viewId',
  'macro',
  'macroExecutionId',
  'policyId',
  'experimentId',
  'runId',
]

const isOwned = (name: string) => ownedParams.includes(name)

/** What routes need to get as far as looking for the object. */
const bodies: Readonly<Record<string, unknown>> = {
  changeSpecialist: { owner: 'a stranger', reason: 'x' },
  addSpecialistVersion: {
    version: '2.0.0',
    reason: 'x',
    definition: {
      title: 'x',
      description: 'x',
      skills: [{ id: 'x', name: 'x', description: 'x', tags: ['x'] }],
      endpoints: [{ url: 'https://x.example', binding: 'JSONRPC', protocolVersion: '1.0' }],
      sensitivityCeiling: 'PUBLIC',
    },
  },
  moveSpecialist: { version: '1.0.0', verb: 'retire', reason: 'x' },
  approveForeignCard: { digest: 'sha256:0', reason: 'x' },
  judgeDriftAlarm: { verdict: 'true' },
  liftLegalHold: { reason: 'a stranger' },
  changeMacro: { definition: { steps: [{ name: 'x', kind: 'journal-event' }] } },
  dryRunMacro: { inputs: {} },
  runMacro: { reason: 'a stranger' },
  cancelMacroExecution: { reason: 'a stranger' },
  changeFallback: {
    version: 1,
    name: 'a stranger',
    primary: { kind: 'macro', name: 'x' },
    fallbacks: [{ macro: 'y' }],
    thresholds: { failuresMax: 0 },
  },
  changeAnchor: { name: 'a stranger', settings: { kind: 'file' } },
  changeChaosExperiment: {
    version: 1,
    name: 'a stranger',
    hypothesis: 'x',
    target: { kind: 'metric', metric: 'x' },
    injection: { kind: 'qa-failures', metric: 'x' },
    steadyState: [{ kind: 'open-alerts', max: 0 }],
  },
  startChaosRun: {},
  abortChaosRun: { reason: 'a stranger' },
  changeArbitrationPolicy: { policy: 'majority', expectedVersion: 0, reason: 'x' },
  labelAudit: { verdict: 'pass' },
  changeUser: { role: 'admin' },
  resolveConflict: { strategy: 'keep-first' },
  changeProject: {},
  changeTask: {},
  changeArtifact: {},
  changeRole: { name: 'a stranger', scopes: ['fleet:read'], expectedVersion: 1 },
  editAmendment: { draft: 'x', expectedRevision: 1, note: 'x' },
  rebaseAmendment: { expectedRevision: 1 },
  ratifyAmendment: { draftDigest: 'sha256:0', reason: 'x' },
  rejectAmendment: { reason: 'x' },
  withdrawAmendment: { reason: 'x' },
  voteOnApproval: { verdict: 'approve', actionDigest: 'sha256:0' },
  changeAgent: { owner: 'a stranger' },
  acknowledgeAlert: { comment: 'a stranger' },
  changeAlertRule: {
    definition: { name: 'a stranger', condition: { kind: 'silent', silentForMinutes: 5 } },
    expectedVersion: 1,
  },
  changeAlertChannel: { name: 'a stranger', settings: { kind: 'slack' } },
  changeAlertChannelSecret: { secret: 'a stranger' },
  changeSla: { version: 1, name: 'a stranger', indicator: { kind: 'success' } },
  changeDependency: { kind: 'tool', target: 'x' },
  changeProbe: {
    name: 'x',
    agentId: '01900000-0000-7000-8000-0000000000ff',
    kind: 'http',
    url: 'https://probe.example/',
    schedule: '* * * * *',
    assertions: [{ kind: 'status', min: 200, max: 299 }],
  },
  removeDependency: { kind: 'tool', target: 'x' },
  changeSavedView: { name: 'a stranger' },
  changeWebhookSource: { enabled: false },
  compareReleases: { controlRelease: 'tenant-a-release-1', candidateRelease: 'tenant-a-release-2', policy: 'guarded' },
}

const queries: Readonly<Record<string, string>> = {
  assessComplianceFramework: '?from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z',
  previewRetention: '?days=30',
  compareDocumentVersions: '?from=0&to=1',
  lookUpPrice: '?model=tenant-a-model',
  proveLedgerInclusion: '?index=0',
  proveLedgerConsistency: '?from=1',
  proveDeploymentLedgerInclusion: '?index=0',
  proveDeploymentLedgerConsistency: '?from=1',
  getFleetHealth: '?window=all',
  streamFleetHealth: '?window=all',
  getBlastRadius: '?kind=model&target=x',
  getJudgeTrust: '?metric=tenant-a',
}

function paramsOf({ path }: Route): readonly string[] {
  return [...path.matchAll(/:(\w+)/g), ...path.matchAll(/(\*)$/g)].map(([, name]) => String(name))
}

function addressOf(route: Route, values: Readonly<Record<string, string>>): string {
  return route.path.replaceAll(/:(\w+)|\*$/g, (whole, name: string | undefined) => String(values[name ?? whole]))
}

/** What of an organization's own stands in a reply, except what the asker put into the address. */
function marksIn(body: unknown, { marks }: OneOfEverything, path: string): readonly string[] {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return marks.filter((mark) => text.includes(mark) && !path.includes(mark))
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security: readonly Readonly<Record<string, string[]>>[] }>>>
  >
}

/** What a local reference (`#/components/…`) points to; undefined: nothing. */
function leadsTo(document: unknown, reference: string): unknown {
  const parts = reference.replace(/^#\//, '').split('/')
  return parts.reduce((at, part) => (at as Readonly<Record<string, unknown>> | undefined)?.[part], document)
}

async function addKeyOf(server: TestServer, headers: Readonly<Record<string, string>>, role: Role): Promise<string> {
  const body = { name: role, scopes: scopesOfRole[role] }
  const made = await server.request<{ secret: string }>('POST', '/api/v1/identity/api-keys', {
    key: null,
    headers,
    body,
  })
  return made.body.secret
}

async function signInStranger(server: TestServer): Promise<Readonly<Record<string, string>>> {
  const made = await server.deps.store.transaction('deployment', (tx) =>
    createOrganization(server.deps, tx, {
      name: 'Strangers',
      adminEmail: 'admin@strangers.example',
      adminName: null,
      actor: { kind: 'system', id: 'test' },
    }),
  )
  const linkToken = tokenOfLink(made.signInLink)
  const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
  const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0]
  if (cookie === undefined) throw new Error('the stranger was not signed in')
  await server.settle()
  return { cookie, 'sec-fetch-site': 'same-origin' }
}
