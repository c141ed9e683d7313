import { createJournalWorker } from '../slices/govern/journal/index.ts'
import type { TestServer } from './test-server.ts'

/** Objects of one organization, one of each kind that the API knows. */
export interface OneOfEverything {
  /** Values for the parameters of routes, by name; `name` is an event source's. */
  readonly params: Readonly<Record<string, string>>
  /** Words and ids that nobody outside the organization may ever be shown. */
  readonly marks: readonly string[]
}

type Body = Readonly<Record<string, unknown>>

const word = 'tenant-a'
const releases = [`${word}-release-1`, `${word}-release-2`] as const

/** Makes one of everything in the first organization of a test server, through the API, and lets all jobs follow. */
export async function makeOneOfEverything(server: TestServer): Promise<OneOfEverything> {
  const post = async <Reply = Body>(path: string, body: Body): Promise<Reply> => {
    const reply = await server.request<Reply>('POST', `/api/v1${path}`, { body })
    if (reply.status > 299) throw new Error(`${path} was refused: ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const execution = await reportRuns(server, post)
  await breakSubscriber(server)
  const [agent] = await itemsOf(server, '/agents')
  const { user } = await post<{ user: Body }>('/identity/users', { email: `${word}@example.com`, role: 'viewer' })
  const { apiKey } = await post<{ apiKey: Body }>('/identity/api-keys', { name: word, scopes: ['fleet:read'] })
  const role = await post('/identity/roles', { name: `${word}-role`, scopes: ['fleet:read'] })
  const issuer = await post('/identity/issuers', {
    issuer: `https://${word}.example`,
    audience: word,
    jwksUrl: `https://${word}.example/keys`,
    algorithms: ['ES256'],
    role: 'viewer',
  })
  await post('/journal/sources', { name: `${word}-source`, algorithm: 'none' })
  await post('/journal/events', { source: `${word}-source`, type: 'ci.build.done', payload: { note: word } })
  const approval = await post('/approvals', {
    operation: 'rollouts.promote',
    subject: `${word}-subject`,
    environment: 'production',
    impact: 'HIGH',
    parameters: { word },
    reason: word,
  })
  await changeTunable(server)
  await changeMasking(server)
  const deletion = await askDeletion(server, post)
  const person = { kind: 'user', value: `${word}-held` }
  const hold = await post('/privacy/holds', { scope: { kind: 'subject', subject: person }, reason: word })
  const access = await post('/privacy/access-exports', { subject: person, reason: word })
  await server.settle()
  const year = { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' }
  const pack = await post('/compliance/packs', { framework: 'soc2', ...year })
  const [controlRelease, candidateRelease] = releases
  const probe = await post('/probes', {
    name: `${word}-probe`,
    agentId: agent?.['agentId'],
    kind: 'http',
    url: 'https://probe.example/',
    schedule: '0 0 1 1 *',
    assertions: [{ kind: 'status', min: 200, max: 299 }],
  })
  const compared = { controlRelease, candidateRelease, policy: 'guarded' }
  const comparison = await post(`/agents/${agent?.['agentId']}/comparisons`, compared)
  const sla = await post('/slas', { name: word, indicator: { kind: 'success' } })
  await judge(server, execution.executionId)
  await label(server, post)
  await arbitrate(server, post)
  const anchor = await post('/anchors', { name: word, settings: { kind: 'file' } })
  await post(`/anchors/${anchor['anchorId']}/run`, {})
  const vkey = 'tenant-a.example+0f716b0a+Af0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY'
  const watchedLog = await post('/witness/logs', { origin: `${word}.example`, verifierKeys: [vkey] })
  const webhook = await post<{ source: Body; secret: string }>('/webhook-sources', { name: word, kind: 'n8n' })
  const delivered = await server.request<Body>(
    'POST',
    `/api/v1/webhooks/${webhook.source['sourceId']}/${webhook.secret}`,
    { key: null, body: { unmapped: word } },
  )
  const [judgment] = await itemsOf(server, '/judgments')
  const [arbitration] = await itemsOf(server, '/arbitrations')
  const [audit] = await itemsOf(server, '/audits')
  await post('/gateway/route', { agent: `${word}-agent`, provider: word, model: word, text: word })
  const prices = { inputUsdPerMillion: '1' }
  const price = await post('/prices', { match: { kind: 'equals', value: `${word}-model` }, prices, note: word })
  const times = { from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z' }
  const repricing = await post('/costs/repricings', { ...times, model: word, reason: word })
  const watched = await watch(server, post)
  const view = await post('/views', { page: 'executions', name: word, shared: true, filters: { unit: word } })
  const amendment = await post('/documents', { name: `${word}.md`, text: word, reason: word })
  const recovered = await recover(post)
  const governed = await makeArtifacts(post)
  const specialized = await specialize(post)
  const [deadLetter] = await itemsOf(server, '/journal/dead-letters')
  const drifted = await drift(server)
  const params = stringsOf({
    ...execution,
    ...drifted,
    correlationId: execution.executionId,
    agentId: agent?.['agentId'],
    userId: user['userId'],
    subjectId: user['subjectId'],
    apiKeyId: apiKey['apiKeyId'],
    roleId: role['roleId'],
    issuerId: issuer['issuerId'],
    approvalId: approval['approvalId'],
    anchorId: anchor['anchorId'],
    logId: watchedLog['logId'],
    arbitrationId: arbitration?.['arbitrationId'],
    auditId: audit?.['auditId'],
    metric: word,
    amendmentId: amendment['amendmentId'],
    comparisonId: comparison['comparisonId'],
    probeId: probe['probeId'],
    deletionId: deletion['deletionId'],
    holdId: hold['holdId'],
    exportId: access['exportId'],
    packId: pack['packId'],
    eventId: comparison['eventId'],
    sourceId: webhook.source['sourceId'],
    deliveryId: delivered.body['deliveryId'],
    judgmentId: judgment?.['judgmentId'],
    deadLetterId: deadLetter?.['deadLetterId'],
    slaId: sla['slaId'],
    priceId: price['priceId'],
    repricingId: repricing['repricingId'],
    viewId: view['viewId'],
    ...watched,
    ...recovered,
    ...governed,
    ...specialized,
    name: `${word}-source`,
  })
  return { params, marks: [word, ...Object.values(params)] }
}

/** A project with a task and two artifacts that write one file, so that they conflict. */
async function makeArtifacts(post: <Reply = Body>(path: string, body: Body) => Promise<Reply>) {
  const { projectId } = await post('/projects', { name: `${word}-project`, description: word })
  const { taskId } = await post('/tasks', { projectId, title: `${word} task` })
  const artifact = { projectId, taskId, name: `${word} artifact`, type: 'code', path: `${word}.ts`, agent: word }
  await post('/artifacts', { ...artifact, content: `${word} one`, activate: true })
  const blocked = await post<{ artifact: Body; conflicts: readonly Body[] }>('/artifacts', {
    ...artifact,
    content: `${word} two`,
  })
  const { artifactId } = blocked.artifact
  return { projectId, taskId, artifactId, conflictId: blocked.conflicts[0]?.['conflictId'] }
}

async function reportRuns(server: TestServer, post: (path: string, body: Body) => Promise<unknown>) {
  const nowMs = Number(server.clock.now())
  const times = { startedAt: new Date(nowMs - 2000).toISOString(), endedAt: new Date(nowMs - 1000).toISOString() }
  const of = { agent: `${word}-agent`, environment: `${word}-environment` }
  const executionId = 'a'.repeat(32)
  const actionId = 'a'.repeat(16)
  const run = { ...of, ...times, status: 'success', unit: word, conversationId: word, input: { word } }
  await post('/telemetry', {
    executions: [
      { ...run, executionId, release: releases[0] },
      { ...run, executionId: 'b'.repeat(32), release: releases[1] },
    ],
    actions: [{ ...of, ...times, executionId, actionId, kind: 'tool', name: word, status: 'success', output: word }],
  })
  return { executionId, actionId, conversationId: word }
}

async function judge({ deps, clock, organizationId }: TestServer, executionId: string): Promise<void> {
  const judgment = {
    executionId,
    actionId: null,
    metric: word,
    verdict: 'qa_success',
    score: 1,
    label: word,
    explanation: word,
    judge: word,
    judgeKind: 'human',
    source: 'test',
    observedAt: clock.now(),
    idempotencyKey: word,
    recordedBy: { kind: 'system', id: 'test' },
  } as const
  await deps.store.transaction({ organizationId }, (tx) => deps.recordJudgments(tx, [judgment]))
}

/** A check that is switched off: a stream with an alarm. */
async function drift(server: TestServer) {
  const { deps, clock, organizationId } = server
  const judgment = {
    executionId: null,
    actionId: null,
    subject: { kind: 'artifact', id: `${word}-check` },
    metric: `${word}-check`,
    verdict: null,
    notice: { type: 'qa_disabled', change: 'disabled' },
    score: null,
    label: null,
    explanation: null,
    judge: word,
    judgeKind: 'code',
    source: 'test',
    observedAt: clock.now(),
    idempotencyKey: `${word}-disabled`,
    recordedBy: { kind: 'system', id: 'test' },
  } as const
  await deps.store.transaction({ organizationId }, (tx) => deps.recordJudgments(tx, [judgment]))
  await server.settle()
  const [alarm] = await itemsOf(server, '/drift/alarms')
  return { driftStreamId: alarm?.['streamId'], driftAlarmId: alarm?.['alarmId'] }
}

/** What a verdict ought to be, and a word of the organization's own. */
async function label(server: TestServer, post: (path: string, body: Body) => Promise<unknown>): Promise<void> {
  await post('/qa/events', {
    type: 'qa_warning',
    judge: word,
    judgeKind: 'code',
    subject: { kind: 'artifact', id: word },
    metric: word,
  })
  await post('/qa/labels', { labels: [{ subject: { kind: 'artifact', id: word }, metric: word, verdict: 'pass' }] })
  const body = { words: [{ word, meaning: 'fail' }], reason: word }
  const reply = await server.request('PUT', '/api/v1/qa/status-words', { body })
  if (reply.status !== 200) throw new Error(`the status words were not changed: ${JSON.stringify(reply.body)}`)
}

/** Two judges who contradict each other, so that a human is asked. */
async function arbitrate(server: TestServer, post: (path: string, body: Body) => Promise<unknown>): Promise<void> {
  const said = { judgeKind: 'model', subject: { kind: 'artifact', id: `${word}-report` }, metric: word }
  await post('/qa/events', { type: 'qa_success', judge: `${word}-lenient`, ...said })
  await post('/qa/events', { type: 'qa_failure', judge: `${word}-strict`, ...said })
  while ((await server.composed.journal.runOnce()) > 0);
}

/** A rule that fires, what silences it and who would be told. Runs the jobs, too. */
async function watch(server: TestServer, post: (path: string, body: Body) => Promise<Body>) {
  const condition = { kind: 'figure', figure: 'executions', window: '24h', operator: '>=', threshold: 1 }
  const rule = await post('/alert-rules', { name: `${word}-rule`, condition })
  const matchers = [{ name: 'alertname', operator: '=', value: `${word}-rule` }]
  const endsAt = new Date(server.clock.now() + 3_600_000).toISOString()
  const silence = await post('/alert-silences', { matchers, endsAt, comment: word })
  const settings = { kind: 'webhook', url: `https://${word}.example/hook` }
  const secret = `whsec_${'A'.repeat(32)}`
  const channel = await post('/alert-channels', { name: `${word}-channel`, settings, secret })
  server.clock.advance(1_000)
  await server.settle()
  const [alert] = await itemsOf(server, '/alerts')
  await post(`/alert-channels/${channel['channelId']}/test`, {})
  const [message] = await itemsOf(server, '/alert-deliveries')
  return {
    ruleId: rule['ruleId'],
    silenceId: silence['silenceId'],
    channelId: channel['channelId'],
    alertId: alert?.['alertId'],
    alertDeliveryId: message?.['deliveryId'],
  }
}

/** A subscriber that fails until its first event is set aside. */
async function breakSubscriber(server: TestServer): Promise<void> {
  const handle = async () => {
    throw new Error(word)
  }
  const worker = createJournalWorker(server.deps, [{ name: 'broken', pattern: 'registry.agent.*', handle }])
  for (let second = 0; second < 20; second++) {
    await worker.runOnce()
    server.clock.advance(1000)
  }
  await worker.stop()
}

/** A macro that waits for what never comes, and an execution of it. */
async function recover(post: (path: string, body: Body) => Promise<Body>) {
  const macro = `${word}-macro`
  const wait = { name: 'wait', kind: 'wait-for', arguments: { event: { type: word } }, timeoutMs: 3_600_000 }
  const definition = { steps: [wait], inputs: true }
  await post('/macros', { name: macro, environments: ['staging'], enabled: true, impact: 'LOW', definition })
  const run = await post(`/macros/${macro}/run`, { inputs: { word }, environment: 'staging', reason: word })
  return { macro, macroExecutionId: run['macroExecutionId'], ...(await prepareFor(macro, post)) }
}

/** What takes over from a macro, and an experiment with a run that shows whether it does. */
async function prepareFor(macro: string, post: (path: string, body: Body) => Promise<Body>) {
  const spare = `${word}-spare`
  const definition = { steps: [{ name: 'tell', kind: 'journal-event', arguments: { name: 'spare' } }] }
  await post('/macros', { name: spare, environments: ['staging'], enabled: true, impact: 'LOW', definition })
  const primary = { kind: 'macro', name: macro }
  const of = { name: word, environment: 'staging' }
  const thresholds = { failuresMax: 0 }
  const policy = await post('/fallbacks', { ...of, primary, fallbacks: [{ macro: spare }], thresholds })
  const experiment = await post('/chaos-experiments', {
    ...of,
    hypothesis: word,
    target: primary,
    injection: { kind: 'qa-failures', metric: word },
    steadyState: [{ kind: 'open-alerts', max: 1_000 }],
  })
  const run = await post(`/chaos-experiments/${experiment['experimentId']}/runs`, {})
  return { policyId: policy['policyId'], experimentId: experiment['experimentId'], runId: run['runId'] }
}

/** A specialist, and the card of somebody else's. */
async function specialize(post: (path: string, body: Body) => Promise<Body>) {
  const skills = [{ id: word, name: word, description: word, tags: [word] }]
  const url = `https://${word}.example/a2a`
  const endpoints = [{ url, binding: 'JSONRPC', protocolVersion: '1.0' }]
  const definition = { title: word, description: word, skills, endpoints, sensitivityCeiling: 'PUBLIC' }
  const made = { name: `${word}-specialist`, owner: word, version: '1.0.0', definition, reason: word }
  const specialist = await post('/specialists', made)
  const card = {
    name: word,
    description: word,
    version: '1.0.0',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills,
  }
  const foreign = await post('/foreign-cards', { card, reason: word })
  return { specialistId: specialist['specialistId'], cardId: foreign['cardId'] }
}

async function changeTunable(server: TestServer): Promise<void> {
  const path = '/api/v1/tunables/health.silent_after_minutes'
  const reply = await server.request('PUT', path, { body: { value: 61, reason: word } })
  if (reply.status !== 200) throw new Error(`the tunable was not changed: ${JSON.stringify(reply.body)}`)
}

async function changeMasking(server: TestServer): Promise<void> {
  const path = `/api/v1/masking/agents/${word}-agent`
  const reply = await server.request('PUT', path, { body: { override: { mode: 'mask' }, reason: word } })
  if (reply.status !== 200) throw new Error(`masking was not changed: ${JSON.stringify(reply.body)}`)
}

/** A person's data that is to go, with the approval that it needs. Nobody is called so. */
async function askDeletion(server: TestServer, post: (path: string, body: Body) => Promise<Body>): Promise<Body> {
  const wanted = { subject: { kind: 'user', value: `${word}-person` }, reason: word }
  const path = '/api/v1/privacy/deletions'
  const refused = await server.request<{ action: Body }>('POST', path, { body: wanted })
  const { approvalId, actionDigest } = await post('/approvals', { ...refused.body.action, reason: word })
  const { signInLink } = await post('/identity/users', { email: `${word}-approver@example.com`, role: 'admin' })
  const linkToken = String(signInLink).split('#token=')[1]
  const { headers } = await server.request('POST', '/api/v1/auth/sign-in', { key: null, body: { linkToken } })
  const cookie = /metaagent_session=[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0] ?? ''
  const voted = await server.request('POST', `/api/v1/approvals/${approvalId}/votes`, {
    key: null,
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    body: { verdict: 'approve', actionDigest },
  })
  if (voted.status !== 200) throw new Error(`the vote was refused: ${JSON.stringify(voted.body)}`)
  return post('/privacy/deletions', { ...wanted, approvalId })
}

async function itemsOf(server: TestServer, path: string): Promise<readonly Body[]> {
  return (await server.request<{ items: Body[] }>('GET', `/api/v1${path}`)).body.items
}

function stringsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const unknown = Object.keys(values).filter((name) => typeof values[name] !== 'string')
  if (unknown.length > 0) throw new Error(`the API gave no ${unknown.join(', ')}`)
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}
