import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type {
  ApprovalRequest,
  JournalEvent,
  Macro,
  MacroDryRun,
  MacroExecutionDetail,
  MacroExecutionPage,
  MacroValidation,
  PublishedDependencyList,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { signedInAdmins } from '../../../testkit/signed-in.ts'
import { executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { cancelExecution, MacroDependencyManager, macroHealth, registerStepExecutors, startMacro } from './index.ts'
import { startedExecution, stateAfter } from './model/execution/state.ts'
import { executionById, selectExecutionEvents } from './store/executions.ts'

interface Asked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describeOnStores('playbooks', (kind) => {
  let server: TestServer
  let receiver: Server
  let url = ''
  let asked: Asked[] = []
  /** How the receiver answers, by path; 200 where nothing is said. */
  let answers: Record<string, (attempt: number) => { status: number; body?: string }> = {}
  let admins: readonly [Record<string, string>, Record<string, string>]

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => {
        const path = request.url ?? ''
        asked.push({ path, headers: request.headers, body })
        const attempt = asked.filter((one) => one.path === path).length
        const answer = answers[path]?.(attempt) ?? { status: 200, body: '{"ticket":"T-1"}' }
        response.writeHead(answer.status).end(answer.body ?? '')
      })
    })
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
    const address = receiver.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
    server = await startTestServer(kind)
    admins = await signedInAdmins(server)
  })
  afterAll(async () => {
    await server.close()
    receiver.closeAllConnections()
    await new Promise((done) => receiver.close(done))
  })
  beforeEach(async () => {
    asked = []
    answers = {}
    await server.newEvents()
  })

  const httpStep = (name: string, change: object = {}) => ({
    name,
    kind: 'http-call',
    arguments: { url: `${url}/${name}`, body: { of: name } },
    retries: { attemptsMax: 2, backoffMs: 1_000, factor: 2, backoffMaxMs: 5_000 },
    ...change,
  })
  const undo = (name: string) => ({ kind: 'http-call', arguments: { url: `${url}/undo-${name}` } })
  /** A macro that is in force where nobody has to approve it. */
  const order = (name: string, steps: readonly object[], change: object = {}, definition: object = {}) => ({
    name,
    environments: ['staging'],
    enabled: true,
    impact: 'LOW',
    definition: { steps, ...definition },
    ...change,
  })
  const add = async (name: string, steps: readonly object[], change: object = {}, definition: object = {}) => {
    const made = await server.request<Macro>('POST', '/api/v1/macros', { body: order(name, steps, change, definition) })
    expect(made.body, JSON.stringify(made.body)).toMatchObject({ name })
    return made.body
  }
  const run = async (name: string, inputs: object = {}) => {
    const body = { inputs, environment: 'staging', reason: 'A test.' }
    const made = await server.request<MacroExecutionDetail>('POST', `/api/v1/macros/${name}/run`, { body })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    return made.body.macroExecutionId
  }
  const execution = async (id: string) =>
    (await server.request<MacroExecutionDetail>('GET', `/api/v1/macro-executions/${id}`)).body
  const inTx = <T>(work: Parameters<typeof server.deps.store.transaction<T>>[1]) =>
    server.deps.store.transaction({ organizationId: server.organizationId }, work)
  const recoveries = async () => (await server.newEvents()).filter(({ type }) => type.startsWith('recovery.'))
  const settleFor = async (ms: number, times = 1) => {
    for (let turn = 0; turn < times; turn += 1) {
      server.clock.advance(ms)
      await server.settle()
    }
  }
  /** The state folded anew from the events, beside the one that is kept. */
  const folded = async (id: string) =>
    inTx(async (tx) => {
      const kept = await executionById(tx, id, false)
      if (kept === null) throw new Error('the execution is there')
      const start = startedExecution({
        executionId: id,
        inputs: kept.inputs,
        startedAtMs: kept.startedAt.getTime(),
      })
      const events = await selectExecutionEvents(tx, id)
      return [events.reduce((state, { event }) => stateAfter(state, event), start), kept.state] as const
    })

  test('PY10: a macro runs to its end, each call signed and under its key, and its story is told', async () => {
    await add(
      'restart',
      [
        httpStep('drain', { arguments: { url: `${url}/drain`, body: { service: '{{inputs.service}}' } } }),
        httpStep('restart', { arguments: { url: `${url}/restart`, body: { ticket: '{{steps.drain.body.ticket}}' } } }),
        {
          name: 'tell',
          kind: 'journal-event',
          arguments: { name: 'restarted', data: { service: '{{inputs.service}}' } },
        },
      ],
      {},
      { inputs: { type: 'object', properties: { service: { type: 'string' } }, required: ['service'] } },
    )
    const { secret } = (await server.request<{ secret: string }>('POST', '/api/v1/macros/restart/secret')).body
    await server.newEvents()
    const id = await run('restart', { service: 'search' })
    await server.settle()
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ['/drain', '{"service":"search"}'],
      ['/restart', '{"ticket":"T-1"}'],
    ])
    for (const [at, { headers, body }] of asked.entries()) {
      expect(headers['idempotency-key']).toBe(`${id}/${at === 0 ? 'drain' : 'restart'}`)
      const signed = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]))
      // The library holds the time against its own clock.
      const verify = () =>
        new Webhook(secret).sign(
          String(signed['webhook-id']),
          new Date(Number(signed['webhook-timestamp']) * 1000),
          body,
        )
      expect(signed['webhook-signature']).toBe(verify())
    }
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/macro-execution-stream`, {
      headers: { authorization: `Bearer ${server.adminKey}` },
      signal: abort.signal,
    })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let told = ''
    while (!told.includes('event: executions')) told += (await reader?.read())?.value ?? 'event: executions'
    abort.abort()
    expect(told).toContain(`"macroExecutionId":"${id}"`)
    const detail = await execution(id)
    expect(detail).toMatchObject({ status: 'succeeded', stepsDone: 3, stepsTotal: 3, currentStep: null, nextAt: null })
    expect(detail.steps.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['succeeded', 1],
      ['succeeded', 1],
      ['succeeded', 1],
    ])
    const story = await recoveries()
    expect(story.map(({ type }) => type)).toEqual(['recovery.started', 'recovery.signal', 'recovery.succeeded'])
    expect(new Set(story.map(({ correlationId }) => correlationId))).toEqual(new Set([id]))
    expect(story[1]?.payload).toMatchObject({ name: 'restarted', data: { service: 'search' } })
    const [fold, kept] = await folded(id)
    expect(fold).toEqual(kept)
    const [figures] = (await inTx((tx) => macroHealth(tx, { now: server.clock.now() }))).filter(
      ({ macro }) => macro === 'restart',
    )
    expect(figures).toMatchObject({ executions: 1, successRate: 1, blocked: false })
  })

  test('PY8, PY11: what fails is tried again under the same key after its wait, and what is final is not', async () => {
    await add('retried', [httpStep('flaky')])
    answers['/flaky'] = (attempt) => ({ status: attempt === 1 ? 503 : 200 })
    const id = await run('retried')
    await server.settle()
    expect(await execution(id)).toMatchObject({ status: 'running', steps: [{ attempts: 1 }] })
    await settleFor(500)
    expect(asked).toHaveLength(1)
    await settleFor(600)
    expect(await execution(id)).toMatchObject({ status: 'succeeded' })
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(asked).toHaveLength(2)
    answers['/flaky'] = () => ({ status: 404, body: 'nobody here' })
    const other = await run('retried')
    await settleFor(0)
    expect(await execution(other)).toMatchObject({ status: 'failed', endedBecause: { rule: 'not-retryable' } })
    expect(asked).toHaveLength(3)
    expect((await recoveries()).map(({ type }) => type)).toEqual([
      'recovery.started',
      'recovery.succeeded',
      'recovery.started',
      'recovery.failed',
    ])
  })

  test('PY9: what succeeded before a failure is undone in reverse, and that is told as compensated', async () => {
    await add('undone', [
      httpStep('first', { compensation: undo('first') }),
      httpStep('second', { compensation: undo('second') }),
      httpStep('third'),
    ])
    answers['/third'] = () => ({ status: 400 })
    const id = await run('undone')
    await server.settle()
    expect(asked.map(({ path }) => path)).toEqual(['/first', '/second', '/third', '/undo-second', '/undo-first'])
    expect(asked[3]?.headers['idempotency-key']).toBe(`${id}/second:compensation`)
    const detail = await execution(id)
    expect(detail).toMatchObject({ status: 'compensated', endedBecause: { rule: 'not-retryable' } })
    expect(detail.steps.map(({ state }) => state)).toEqual(['undone', 'undone', 'failed'])
    expect((await recoveries()).at(-1)).toMatchObject({ type: 'recovery.compensated', payload: { undone: 2 } })
    expect((await folded(id)).map((state) => JSON.stringify(state, Object.keys(state).toSorted()))).toHaveLength(2)
  })

  test('PY12: a process that dies in the middle of a step leaves it to another, which makes it again under its key', async () => {
    await add('orphan', [httpStep('slow', { timeoutMs: 10_000 })])
    const id = await run('orphan')
    // As a process does it that dies after the release was committed and before anything was answered.
    const { plan } = await import('./actions/plan.ts')
    expect(await inTx((tx) => plan(server.deps, tx, id))).toMatchObject({ attempt: { step: { name: 'slow' } } })
    await settleFor(1_000)
    expect(asked).toHaveLength(0)
    expect(await execution(id)).toMatchObject({ status: 'running', steps: [{ state: 'running', attempts: 1 }] })
    await settleFor(11_000, 2)
    expect(asked.map(({ headers }) => headers['idempotency-key'])).toEqual([`${id}/slow`])
    expect(await execution(id)).toMatchObject({ status: 'succeeded', steps: [{ attempts: 2 }] })
  })

  test('PY13: many workers at once make each call once', async () => {
    await add('contested', [httpStep('one'), httpStep('two'), httpStep('three')])
    const ids = [await run('contested'), await run('contested'), await run('contested')]
    const { advanceDue } = await import('./actions/advance.ts')
    await Promise.all(Array.from({ length: 6 }, () => advanceDue({ ...server.deps })))
    await settleFor(31_000)
    expect(asked).toHaveLength(9)
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(9)
    for (const id of ids) expect(await execution(id)).toMatchObject({ status: 'succeeded' })
  })

  test('PY14: a cancelled execution begins nothing more and undoes what it did', async () => {
    await add('cancelled', [
      httpStep('done', { compensation: undo('done') }),
      { name: 'pause', kind: 'wait-for', timeoutMs: 3_600_000, arguments: { event: { type: 'macro_blocked' } } },
      httpStep('never'),
    ])
    const id = await run('cancelled')
    await server.settle()
    expect(await execution(id)).toMatchObject({ status: 'running', currentStep: 'pause' })
    const body = { reason: 'Enough.' }
    expect(await server.request('POST', `/api/v1/macro-executions/${id}/cancel`, { body })).toMatchObject({
      status: 200,
    })
    await server.settle()
    expect(asked.map(({ path }) => path)).toEqual(['/done', '/undo-done'])
    expect(await execution(id)).toMatchObject({ status: 'cancelled', endedBecause: { rule: 'cancelled' } })
    expect(await server.request('POST', `/api/v1/macro-executions/${id}/cancel`, { body })).toMatchObject({
      status: 409,
    })
    expect((await recoveries()).at(-1)?.type).toBe('recovery.cancelled')
  })

  test('PY15: a step that asks people goes on when they approve and ends when they do not', async () => {
    await add(
      'asking',
      [
        {
          name: 'ask',
          kind: 'ask-human',
          timeoutMs: 3_600_000,
          arguments: { question: 'Fail over to {{inputs.region}}?' },
        },
        httpStep('after'),
      ],
      {},
      { inputs: { type: 'object', properties: { region: { type: 'string' } } } },
    )
    const [id, other] = [await run('asking', { region: 'eu' }), await run('asking', { region: 'us' })]
    await server.settle()
    const pending = await server.request<{ items: ApprovalRequest[] }>('GET', '/api/v1/approvals?state=pending')
    const requests = pending.body.items.filter(({ operation }) => operation === 'playbooks.step.confirm')
    expect(requests.map(({ reason }) => reason).toSorted()).toEqual(['Fail over to eu?', 'Fail over to us?'])
    for (const request of requests) {
      const verdict = request.subject.endsWith(id) ? 'approve' : 'reject'
      const body = { verdict, actionDigest: request.actionDigest }
      const path = `/api/v1/approvals/${request.approvalId}/votes`
      const voted = await server.request('POST', path, { key: null, headers: admins[0], body })
      expect(voted.status, JSON.stringify(voted.body)).toBe(200)
    }
    await settleFor(15_000, 2)
    expect(await execution(id)).toMatchObject({ status: 'succeeded' })
    expect(await execution(other)).toMatchObject({
      status: 'failed',
      steps: [{ state: 'failed', attempts: 1 }, { state: 'skipped' }],
    })
    expect(asked.map(({ path }) => path)).toEqual(['/after'])
  })

  test('PY16: a wait ends with the event it waits for, and at its time without one', async () => {
    const wait = (timeoutMs: number) => ({
      name: 'wait',
      kind: 'wait-for',
      timeoutMs,
      arguments: { event: { type: 'playbooks.dependency.published', where: { '/name': 'crm' } } },
    })
    await add('patient', [wait(60_000)])
    const id = await run('patient')
    await server.settle()
    await server.request('PUT', '/api/v1/macro-dependencies/other', { body: { version: '1.0.0', schema: true } })
    await settleFor(2_000)
    expect(await execution(id)).toMatchObject({ status: 'running' })
    await server.request('PUT', '/api/v1/macro-dependencies/crm', { body: { version: '1.0.0', schema: true } })
    await settleFor(2_000, 2)
    expect(await execution(id)).toMatchObject({ status: 'succeeded' })
    const late = await run('patient')
    await server.settle()
    await settleFor(61_000)
    expect(await execution(late)).toMatchObject({ status: 'failed', steps: [{ attempts: 1 }] })
  })

  test('PY16: a wait for health ends when the agent is in the state, and at once when there is no such agent', async () => {
    const agent = 'watched'
    const watch = (name: string) => ({
      name: 'watch',
      kind: 'wait-for',
      timeoutMs: 60_000,
      arguments: { health: { agent: name, window: '24h', states: ['healthy', 'unknown'] } },
    })
    const reported = await server.request('POST', '/api/v1/telemetry', {
      body: { executions: [executionReport({ agent })] },
    })
    expect(reported.status).toBe(200)
    await add('watching', [watch(agent)])
    await add('blind', [watch('nobody')])
    const [seen, unseen] = [await run('watching'), await run('blind')]
    await settleFor(1_000, 2)
    expect(await execution(seen)).toMatchObject({ status: 'succeeded', steps: [{ events: [{}, { output: {} }] }] })
    expect(await execution(unseen)).toMatchObject({ status: 'failed', endedBecause: { rule: 'not-retryable' } })
  })

  test('PY17: a macro starts another and waits for its end; a loop and an unknown kind are refused on save', async () => {
    await add('inner', [httpStep('inside')])
    const start = (macro: string) => ({ name: 'start', kind: 'start-macro', arguments: { macro } })
    await add('outer', [start('inner'), httpStep('outside')])
    const id = await run('outer')
    await settleFor(2_000, 3)
    expect(await execution(id)).toMatchObject({ status: 'succeeded' })
    expect(asked.map(({ path }) => path)).toEqual(['/inside', '/outside'])
    const page = await server.request<z.infer<typeof MacroExecutionPage>>('GET', '/api/v1/macro-executions?macro=inner')
    expect(page.body.items).toMatchObject([{ parentId: id, correlationId: id, status: 'succeeded' }])
    const looped = order('inner', [start('outer')])
    const { name: _name, ...change } = looped
    const refused = await server.request<{ code: string; problems: object[] }>('PUT', '/api/v1/macros/inner', {
      body: change,
    })
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'macro-refused',
        problems: [{ path: '/steps/0/arguments/macro', because: { rule: 'macro-loop' } }],
      },
    })
    const unknown = await server.request<z.infer<typeof MacroValidation>>('POST', '/api/v1/macro-validations', {
      body: { definition: { steps: [{ name: 'x', kind: 'teleport', arguments: {} }], inputs: { type: 'nonsense' } } },
    })
    expect(unknown.body.problems.map(({ path, because }) => [path, because.rule])).toEqual([
      ['/steps/0/kind', 'unknown-kind'],
      ['/inputs', 'schema-invalid'],
    ])
    const steps = [
      { name: 'a', kind: 'wait-for', arguments: {} },
      { name: 'b', kind: 'wait-for', arguments: { health: { agent: 'x', states: ['well'] } } },
      { name: 'c', kind: 'notify', arguments: { channel: '{{steps.b.state}}' } },
    ]
    const placed = await server.request<z.infer<typeof MacroValidation>>('POST', '/api/v1/macro-validations', {
      body: { definition: { steps } },
    })
    expect(placed.body.problems.map(({ path }) => path)).toEqual([
      '/steps/0/arguments',
      '/steps/1/arguments/health/states/0',
      '/steps/2/arguments/title',
    ])
  })

  test('PY4, PY5: a change of a dependency blocks and unblocks with its differences, and a replay of the journal says the same', async () => {
    const schema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }
    const dependencies = [{ name: 'billing', direction: 'writing', range: '^2.0.0', schema }]
    await server.newEvents()
    const made = await add('dependent', [httpStep('bill')], {}, { dependencies })
    expect(made).toMatchObject({
      state: 'blocked',
      blocks: [{ because: { rule: 'dependency-unknown' }, version: null }],
    })
    const publish = (version: string, published: object) =>
      server.request('PUT', '/api/v1/macro-dependencies/billing', { body: { version, schema: published } })
    const macro = async () => (await server.request<Macro>('GET', '/api/v1/macros/dependent')).body
    await publish('2.1.0', schema)
    expect(await macro()).toMatchObject({ state: 'ready', blocks: [] })
    const narrowed = { ...schema, required: ['id', 'iban'] }
    await publish('2.2.0', narrowed)
    expect(await macro()).toMatchObject({
      state: 'blocked',
      blocks: [
        {
          dependency: 'billing',
          version: '2.2.0',
          because: { rule: 'accepts-no-less', limit: 0 },
          changes: [{ path: '/schema/required', kind: 'narrowed', effect: 'narrows' }],
        },
      ],
    })
    const body = { inputs: {}, environment: 'staging', reason: 'Try.' }
    expect(await server.request('POST', '/api/v1/macros/dependent/run', { body })).toMatchObject({
      status: 409,
      body: { code: 'macro-blocked', blocks: [{ dependency: 'billing' }] },
    })
    await publish('3.0.0', schema)
    expect((await macro()).blocks).toMatchObject([
      { because: { rule: 'version-outside-range' }, changes: [{ path: '/version' }] },
    ])
    const list = await server.request<z.infer<typeof PublishedDependencyList>>('GET', '/api/v1/macro-dependencies')
    expect(list.body.items.find(({ name }) => name === 'billing')).toMatchObject({
      revision: 3,
      usedBy: [{ macro: 'dependent', blocked: true }],
    })
    const told = (await server.newEvents()).filter(({ type }) => type.startsWith('macro_'))
    expect(told.map(({ type, causationId }) => [type, causationId !== null])).toEqual([
      ['macro_blocked', true],
      ['macro_unblocked', true],
      ['macro_blocked', true],
      ['macro_blocked', true],
    ])
    const everything: JournalEvent[] = []
    for (let cursor = ''; ; ) {
      const page = await server.request<{ items: JournalEvent[]; nextCursor: string | null }>(
        'GET',
        `/api/v1/journal/events?type=playbooks.*&limit=200${cursor}`,
      )
      everything.push(...page.body.items)
      if (page.body.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(page.body.nextCursor)}`
    }
    const replayed = new MacroDependencyManager().replay(everything.toReversed())
    expect([...replayed.keys()]).toEqual(['dependent'])
    expect(replayed.get('dependent')).toEqual((await macro()).blocks)
    await publish('2.3.0', schema)
    expect(await macro()).toMatchObject({ state: 'ready' })
  })

  test('a provider publishes by a signed event from outside, and one that makes no sense is told and changes nothing', async () => {
    await server.request('POST', '/api/v1/journal/sources', { body: { name: 'ci', algorithm: 'none' } })
    const send = (payload: object) =>
      server.request('POST', '/api/v1/journal/events', {
        body: { source: 'ci', type: 'macro_dependency.published', payload },
      })
    await send({ name: 'catalogue', version: '1.0.0', schema: true })
    await send({ name: 'catalogue', version: 'newest', schema: true })
    await send({ version: '1.0.0' })
    await server.settle()
    const { body } = await server.request<z.infer<typeof PublishedDependencyList>>('GET', '/api/v1/macro-dependencies')
    expect(body.items.find(({ name }) => name === 'catalogue')).toMatchObject({
      version: '1.0.0',
      revision: 1,
      source: 'source:ci',
    })
    const told = (await server.newEvents()).filter(({ type }) => type === 'playbooks.dependency.refused')
    expect(told).toHaveLength(2)
  })

  test('PY18: saving in force and running by hand pass the gate of their environment and impact', async () => {
    const refused = await server.request<{ code: string; action: object }>('POST', '/api/v1/macros', {
      body: order('governed', [httpStep('act')], { environments: ['staging', 'production'] }),
    })
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'approval-required', action: { environment: 'production', impact: 'MODERATE' } },
    })
    const asking = { ...refused.body.action, reason: 'We need it.' }
    const request = await server.request<ApprovalRequest>('POST', '/api/v1/approvals', {
      key: null,
      headers: admins[1],
      body: asking,
    })
    const vote = { verdict: 'approve', actionDigest: request.body.actionDigest }
    const voted = await server.request('POST', `/api/v1/approvals/${request.body.approvalId}/votes`, {
      key: null,
      headers: admins[0],
      body: vote,
    })
    expect(voted.status, JSON.stringify(voted.body)).toBe(200)
    const body = {
      ...order('governed', [httpStep('act')], { environments: ['staging', 'production'], impact: 'LOW' }),
      approvalId: request.body.approvalId,
    }
    expect(await server.request('POST', '/api/v1/macros', { body })).toMatchObject({
      status: 201,
      body: { state: 'ready', version: 1 },
    })
    const { name: _name, approvalId: _id, ...change } = body
    const changed = await server.request('PUT', '/api/v1/macros/governed', {
      body: { ...change, definition: { steps: [httpStep('other')] } },
    })
    expect(changed).toMatchObject({ status: 409, body: { action: { impact: 'HIGH' } } })
    const off = await server.request('PUT', '/api/v1/macros/governed', { body: { ...change, expectedVersion: 7 } })
    expect(off.status).toBe(412)
    await add('critical', [httpStep('act')], { impact: 'MODERATE' })
    const inForce = await server.request('POST', '/api/v1/macros/critical/run', {
      body: { environment: 'production', reason: 'x' },
    })
    expect(inForce).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const events = (await server.newEvents()).filter(({ type }) => type === 'playbooks.macro.saved')
    expect(events.map(({ payload }) => Object(payload).approvalId)).toEqual([request.body.approvalId, null])
  })

  test('PY19: a dry run and a simulated execution touch nothing outside, and simulations have figures of their own', async () => {
    const agent = 'payments'
    const reported = await server.request('POST', '/api/v1/telemetry', {
      body: { executions: [executionReport({ agent })] },
    })
    expect(reported.status).toBe(200)
    await add(
      'simulated',
      [
        httpStep('call', { arguments: { url: `${url}/call`, body: { at: '{{inputs.at}}' } } }),
        { name: 'tell', kind: 'journal-event', arguments: { name: 'drill', data: '{{steps.call.body.ticket}}' } },
        { name: 'pause', kind: 'pause-agent', arguments: { agent } },
      ],
      {},
      { inputs: { type: 'object', properties: { at: { type: 'integer' } } } },
    )
    const dry = await server.request<MacroDryRun>('POST', '/api/v1/macros/simulated/dry-run', {
      body: { inputs: { at: 7 } },
    })
    expect(dry.body).toMatchObject({
      problems: [],
      blocks: [],
      steps: [
        { arguments: { body: { at: 7 } }, idempotencyKey: '(execution id)/call' },
        { arguments: { data: '{{steps.call.body.ticket}}' } },
        { kind: 'pause-agent' },
      ],
    })
    const misfit = await server.request<MacroDryRun>('POST', '/api/v1/macros/simulated/dry-run', {
      body: { inputs: { at: 'x' } },
    })
    expect(misfit.body.problems).toMatchObject([{ path: '/inputs/at' }])
    const start = {
      name: 'simulated',
      inputs: { at: 7 },
      environment: 'staging',
      because: { rule: 'chaos', observed: null, limit: null, text: 'A drill.' },
      synthetic: true,
    }
    const started = await inTx((tx) => startMacro(server.deps, tx, { ...start, idempotencyKey: 'drill/1' }))
    const again = await inTx((tx) => startMacro(server.deps, tx, { ...start, idempotencyKey: 'drill/1' }))
    expect(again).toEqual(started)
    await server.settle()
    expect(asked).toEqual([])
    expect(started.ok && (await execution(started.value.executionId))).toMatchObject({
      status: 'succeeded',
      synthetic: true,
      dry: true,
    })
    const of = async (synthetic: boolean) =>
      (await inTx((tx) => macroHealth(tx, { now: server.clock.now(), synthetic }))).find(
        ({ macro }) => macro === 'simulated',
      )
    expect(await of(false)).toMatchObject({ executions: 0, successRate: null, latencyP95Ms: null })
    expect(await of(true)).toMatchObject({ executions: 1, successRate: 1 })
    const agents = await server.request<{ items: { name: string; pausedAt: string | null; agentId: string }[] }>(
      'GET',
      '/api/v1/agents?q=payments',
    )
    expect(agents.body.items[0]?.pausedAt).toBeNull()
    const live = await inTx((tx) => startMacro(server.deps, tx, { ...start, dry: false }))
    await server.settle()
    expect(asked.map(({ headers }) => headers['x-metaagent-synthetic'])).toEqual(['true'])
    const paused = await server.request<{ pausedAt: string | null }>(
      'GET',
      `/api/v1/agents/${agents.body.items[0]?.agentId}`,
    )
    expect(paused.body.pausedAt).not.toBeNull()
    expect(live.ok).toBe(true)
  })

  test('a message goes into the outbox of its channel, and a channel that is not there ends the macro', async () => {
    const secret = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`
    await server.request('POST', '/api/v1/alert-channels', {
      body: { name: 'ops', settings: { kind: 'webhook', url: `${url}/ops` }, secret },
    })
    const notify = (channel: string) => ({
      name: 'tell',
      kind: 'notify',
      arguments: { channel, title: 'It runs again' },
    })
    await add('loud', [notify('ops')])
    await add('mute', [notify('nobody')])
    const [heard, unheard] = [await run('loud'), await run('mute')]
    await settleFor(1_000, 2)
    expect(asked.filter(({ path }) => path === '/ops').map(({ body }) => JSON.parse(body).type)).toEqual([
      'alerts.recovery',
    ])
    expect(await execution(heard)).toMatchObject({ status: 'succeeded' })
    expect(await execution(unheard)).toMatchObject({
      status: 'failed',
      steps: [{ events: [{}, { because: { rule: 'not-found' } }] }],
    })
  })

  test('PY20: kinds of other slices are carried out, and one that breaks ends the execution with what it did undone', async () => {
    const undone: string[] = []
    const base = { arguments: z.object({}), timeoutMaxMs: 60_000, hasEffect: true, summary: 'Of a test.' }
    const because = { rule: 'done', observed: null, limit: null, text: 'Done.' }
    registerStepExecutors([
      {
        ...base,
        kind: 'test-apply',
        mode: 'apply',
        apply: async (_deps, _tx, step) => {
          if (step.compensation) undone.push(step.idempotencyKey)
          return { kind: 'succeeded', output: null, because }
        },
      },
      {
        ...base,
        kind: 'test-broken',
        mode: 'apply',
        apply: async (_deps, tx) => {
          // As a fault of ours: the database refuses everything after it.
          await sql`select 1 / 0`.execute(tx.tables())
          return { kind: 'succeeded', output: null, because }
        },
      },
    ])
    const retries = { attemptsMax: 2, backoffMs: 0, factor: 1, backoffMaxMs: 0 }
    const apply = { kind: 'test-apply', arguments: {} }
    await add('foreign', [
      { name: 'first', ...apply, compensation: apply },
      { name: 'breaks', kind: 'test-broken', arguments: {}, retries },
    ])
    const id = await run('foreign')
    await settleFor(0, 4)
    expect(await execution(id)).toMatchObject({
      status: 'compensated',
      steps: [{ state: 'undone' }, { state: 'failed', attempts: 2 }],
    })
    expect(undone).toEqual([`${id}/first:compensation`])
    expect(server.log.lines.filter(({ message }) => message.includes('could not go on')).length).toBeGreaterThan(0)
  })

  test('what cannot be is refused with what to do', async () => {
    await add('strict', [httpStep('call')])
    const statuses = async (path: string, bodies: readonly (readonly [object, number])[]) => {
      for (const [body, status] of bodies)
        expect((await server.request('POST', path, { body })).status, `${path} ${JSON.stringify(body)}`).toBe(status)
    }
    await statuses('/api/v1/macros', [
      [order('strict', [httpStep('call')]), 409],
      [order('Not A Name', [httpStep('call')]), 400],
      [order('nowhere', [httpStep('call')], { environments: [] }), 422],
      [order('badcall', [{ name: 'x', kind: 'http-call', arguments: { url: 'ftp://a.example' } }]), 422],
      [order('longcall', [httpStep('call', { timeoutMs: 600_000 })]), 422],
      [order('longer', [httpStep('call')], {}, { timeoutMs: 1_000 }), 422],
      [
        order(
          'badrange',
          [httpStep('call')],
          {},
          { dependencies: [{ name: 'a', direction: 'reading', range: 'soon', schema: true }] },
        ),
        422,
      ],
    ])
    await statuses('/api/v1/macros/strict/run', [
      [{ environment: 'staging', reason: 'x', inputs: { not: 'declared' } }, 422],
      [{ environment: 'lab', reason: 'x' }, 409],
      [{ environment: 'staging' }, 400],
    ])
    expect(
      (await server.request('POST', '/api/v1/macros/nobody/run', { body: { environment: 'staging', reason: 'x' } }))
        .status,
    ).toBe(404)
    expect(
      (await server.request('PUT', '/api/v1/macro-dependencies/x', { body: { version: 'one', schema: true } })).status,
    ).toBe(422)
    expect(
      (
        await server.request('PUT', '/api/v1/macro-dependencies/x', {
          body: { version: '1.0.0', schema: { pattern: '(?=a)' } },
        })
      ).status,
    ).toBe(422)
    const kinds = await server.request<{ items: { kind: string }[] }>('GET', '/api/v1/macro-step-kinds')
    expect(kinds.body.items.map((one) => one.kind).filter((one) => !one.startsWith('test-'))).toEqual([
      'ask-human',
      'http-call',
      'journal-event',
      'notify',
      'pause-agent',
      'resume-agent',
      'start-macro',
      'wait-for',
    ])
    const gone = await inTx((tx) =>
      cancelExecution(server.deps, tx, {
        executionId: '01900000-0000-7000-8000-0000000000ff',
        because: { rule: 'x', observed: null, limit: null, text: 'x' },
      }),
    )
    expect(gone.ok).toBe(false)
  })
})
