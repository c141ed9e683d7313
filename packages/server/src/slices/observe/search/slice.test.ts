import type { ExecutionPage, SearchState, SimilarExecutions } from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { createLexicalEmbedder } from '../../../adapters/embedder/lexical.ts'
import { createOpenAiEmbedder } from '../../../adapters/embedder/openai-compatible.ts'
import { systemClock } from '../../../adapters/system/system-clock.ts'
import type { Embedder } from '../../../ports/embedder.ts'
import type { Deps } from '../../../ports/slice.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { type LlmServer, startLlmServer } from '../../../testkit/llm/llm-server.ts'
import { actionReport, executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { executionsForSearch, leaveSearchQueue } from '../telemetry/index.ts'
import { embedWaiting } from './actions/embed.ts'
import { readTexts } from './actions/read-texts.ts'
import { segmentSize } from './model/postings.ts'
import { findWordQuery } from './store/segments.ts'
import { deleteWords } from './store/words.ts'

const actor = { kind: 'system', id: 'test' } as const

async function send(server: TestServer, body: Readonly<Record<string, unknown>>, key = server.adminKey) {
  const reply = await server.request<{ rejected: unknown[] }>('POST', '/api/v1/telemetry', { body, key })
  expect(reply.body.rejected).toEqual([])
}

async function otherKey(server: TestServer): Promise<{ organizationId: string; secret: string }> {
  const { deps } = server
  const { organizationId } = await deps.store.transaction('deployment', (tx) =>
    createOrganization(deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
  )
  const scopes = ['executions:read', 'telemetry:write'] as const
  const { secret } = await deps.store.transaction({ organizationId }, (tx) =>
    issueApiKey(deps, tx, { name: 'other', scopes, expiresAt: null, actor }),
  )
  return { organizationId, secret }
}

const count = async (server: TestServer, table: string, organizationId = server.organizationId) => {
  const { rows } = await server.deps.store.transaction({ organizationId }, (tx) =>
    sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(tx.tables()),
  )
  return rows[0]?.count
}

describeOnStores('words in segments', (kind) => {
  let server: TestServer
  let other: { organizationId: string; secret: string }
  const needle = executionReport({ unit: 'needle', input: 'a quixotic invoice', output: 'paid by the zephyr express' })
  const found = async (q: string, key = server.adminKey, more = '') => {
    const path = `/api/v1/executions?limit=200&q=${encodeURIComponent(q)}${more}`
    const { status, body } = await server.request<z.infer<typeof ExecutionPage>>('GET', path, { key })
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  const unitsOf = async (q: string, key = server.adminKey) =>
    (await found(q, key)).items.flatMap(({ unit }) => unit ?? []).toSorted()

  beforeAll(async () => {
    server = await startTestServer(kind)
    other = await otherKey(server)
    const hay = (unit: string, output: string) => executionReport({ unit, output, input: 'common straw' })
    const executions = Array.from({ length: segmentSize + 20 }, (_, index) =>
      hay(`hay${index % 7}`, index % 2 === 0 ? `even stalk${index}` : `odd stalk${index}`),
    )
    await send(server, { executions: [needle, ...executions] })
    await send(server, { executions: [hay('theirs', 'their quixotic straw')] }, other.secret)
    await readTexts(server.deps)
  })
  afterAll(async () => await server.close())

  test('S1: a word is found in a segment and outside of one, by its beginning, in a phrase, and with what arrived later', async () => {
    expect(await count(server, 'word_segments')).toBe(1)
    expect(await count(server, 'unsealed_words')).toBe(21)
    for (let index = 0; index < segmentSize + 20; index += 41)
      expect((await unitsOf(`stalk${index}`)).length, `stalk${index}`).toBe(1)
    expect(await unitsOf('quixot*')).toEqual(['needle'])
    expect((await unitsOf('stalk51*')).length).toBe(11)
    expect(await unitsOf('"zephyr express"')).toEqual(['needle'])
    expect(await unitsOf('"express zephyr" or quixotic')).toEqual(['needle'])
    expect(await unitsOf('"express zephyr"')).toEqual([])
    expect(await unitsOf('quixotic -"zephyr express"')).toEqual([])
    await send(server, { actions: [actionReport(needle.executionId, 1, { output: 'and a nightingale' })] })
    await readTexts(server.deps)
    expect(await unitsOf('nightingale quixotic')).toEqual(['needle'])
  })

  test('S1: pages neither repeat nor leave out an execution, with words and with phrases', async () => {
    for (const q of ['even', '"common straw" even']) {
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const path = `/api/v1/executions?limit=100&q=${encodeURIComponent(q)}${after}`
        const { body }: { body: z.infer<typeof ExecutionPage> } = await server.request('GET', path)
        seen.push(...body.items.map(({ executionId }) => executionId))
        cursor = body.nextCursor
      }
      expect([seen.length, new Set(seen).size], q).toEqual([(segmentSize + 20) / 2, (segmentSize + 20) / 2])
    }
  })

  test('S2: by candidates and by walking the same executions are found', async () => {
    const { store, findWords } = server.deps
    for (const q of ['quixotic', 'stalk3*', 'even stalk10', 'odd or quixotic', 'straw -even', 'hay1 -stalk1']) {
      const ids = async (isWalk: boolean) =>
        store.transaction({ organizationId: server.organizationId }, async (tx) => {
          const filter = await findWords(tx, { q, fromDay: null, toDay: null, limit: 50 })
          if (!filter.ok) throw new Error(filter.refusal.detail)
          const { candidates, condition } = filter.value
          expect(candidates, q).not.toBeNull()
          const among = isWalk
            ? sql`true`
            : sql`e.execution_id = any(${(candidates ?? []).map(({ executionId }) => executionId)}::uuid[])`
          const { rows } = await sql<{ id: string }>`select e.execution_id as id from agent_executions e
            where ${among} and ${condition} order by 1`.execute(tx.tables())
          return rows.map(({ id }) => id)
        })
      const walked = await ids(true)
      expect(await ids(false), q).toEqual(walked)
      expect(walked.length, q).toBeGreaterThan(0)
    }
    const none = await store.transaction({ organizationId: server.organizationId }, (tx) =>
      findWords(tx, { q: '-even', fromDay: null, toDay: null, limit: 50 }),
    )
    expect(none).toMatchObject({ value: { candidates: null } })
    expect((await found('-even')).items.length).toBe(200)
  })

  test('S2: other filters hold beside words, and days leave segments out', async () => {
    expect((await found('quixotic', server.adminKey, '&unit=hay1')).items).toEqual([])
    expect((await found('quixotic', server.adminKey, '&to=2020-01-01T00:00:00Z')).items).toEqual([])
    expect((await found('quixotic', server.adminKey, '&from=2020-01-01T00:00:00Z')).items.length).toBe(1)
  })

  test('S3: an organization finds only its own', async () => {
    expect(await unitsOf('quixotic', other.secret)).toEqual(['theirs'])
    expect(await unitsOf('quixotic')).toEqual(['needle'])
    expect(await count(server, 'word_segments', other.organizationId)).toBe(0)
  })

  test('S3: the index is used under row-level security, for a word and without reading other blocks', async () => {
    const plan = await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx.tables())
      const part = { fromDay: null, toDay: null, segmentIds: null }
      const { rows } = await sql<{
        'QUERY PLAN': string
      }>`explain (costs off) ${findWordQuery(tx, 'quixotic', part)}`.execute(tx.tables())
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    })
    expect(plan).toMatch(
      /Index Scan Backward using word_blocks_pkey on word_blocks\n.*Index Cond: .*first_word <= 'quixotic'/,
    )
    expect(plan).not.toContain('Seq Scan')
  })

  test('S4: what is noted again while it is read stays in the queue', async () => {
    const { deps, organizationId } = server
    const late = executionReport({ unit: 'late', output: 'first part' })
    await send(server, { executions: [late] })
    const read = await deps.store.transaction({ organizationId }, (tx) => executionsForSearch(deps, tx, 10))
    await send(server, { actions: [actionReport(late.executionId, 1, { output: 'second part' })] })
    await deps.store.transaction({ organizationId }, (tx) => leaveSearchQueue(deps, tx, read))
    expect(await count(server, 'execution_search_queue')).toBe(1)
    await readTexts(deps)
    expect(await count(server, 'execution_search_queue')).toBe(0)
    expect(await unitsOf('"second part"')).toEqual(['late'])
  })

  test('S5: words that retention lets go of leave the segments, what is left is found as before', async () => {
    const { deps, organizationId } = server
    const scope = { organizationId }
    const words = (like: string) =>
      deps.store.transaction(scope, async (tx) => {
        const { rows } = await sql<{ n: number }>`select count(*) as n from word_blocks
          where ' ' || words || ' ' like ${`% ${like} %`}`.execute(tx.tables())
        return rows[0]?.n
      })
    const sealed = await deps.store.transaction(scope, async (tx) => {
      const { rows } = await sql<{ id: string }>`select u.execution_id as id from execution_words u
        where not exists (select from unsealed_words q where q.execution_id = u.execution_id)`.execute(tx.tables())
      return rows.map(({ id }) => id)
    })
    expect(await words('common')).toBe(1)
    await deps.store.transaction(scope, (tx) => deleteWords(tx, sealed))
    // The day is still there through those that are in no segment: it goes when its last words do.
    await deps.store.transaction(scope, (tx) => sql`delete from execution_words`.execute(tx.tables()))
    await readTexts(deps)
    expect([await count(server, 'word_segments'), await words('common')]).toEqual([0, 0])
    expect(await unitsOf('quixotic')).toEqual([])
    expect(await unitsOf('quixotic', other.secret)).toEqual(['theirs'])
  })

  test('a question without a word is refused, and says why', async () => {
    const { status, body } = await server.request('GET', '/api/v1/executions?q=!!!')
    expect([status, body]).toMatchObject([400, { code: 'invalid-query', detail: expect.stringContaining('no word') }])
  })
})

type Similar = z.infer<typeof SimilarExecutions>

describeOnStores('executions that are like one', (kind) => {
  let server: TestServer
  const report = (agent: string, output: string, more: object = {}) =>
    executionReport({ agent, output, input: 'a question of a customer', ...more })
  const first = report('billing', 'the refund of the invoice goes back to the gift card')
  const alike = report('billing', 'the refund of this invoice goes back to a credit card', { status: 'failure' })
  const unlike = report('booking', 'restart the device and open its settings for mobile data')
  const similar = async (executionId: string, query = '', key = server.adminKey) =>
    server.request<Similar & { code: string }>('GET', `/api/v1/executions/${executionId}/similar${query}`, { key })
  beforeAll(async () => {
    server = await startTestServer(kind)
    await send(server, { executions: [first, alike, unlike] })
  })
  afterAll(async () => await server.close())

  test('S6: one that is not read yet is pending, one that runs is running; nothing is shown in place of an answer', async () => {
    expect((await similar(first.executionId)).body).toMatchObject({ state: 'pending', items: [] })
    const open = executionReport({ status: 'running', endedAt: null })
    await send(server, { executions: [open] })
    await readTexts(server.deps)
    expect((await similar(open.executionId)).body).toMatchObject({ state: 'running', items: [] })
  })

  test('S7: the most similar come first, each with what is known of it, and the embedder by its name', async () => {
    const { body } = await similar(first.executionId)
    expect(body.embedder).toEqual({ name: 'lexical-384-v1', model: 'hashed-words', dimensions: 384 })
    expect(body.state).toBe('ready')
    expect(body.items.map(({ executionId }) => executionId)).toEqual([alike.executionId, unlike.executionId])
    expect(body.items[0]).toMatchObject({ agent: 'billing', status: 'failure', costNanoUsd: null })
    expect(body.items[0]?.similarity).toBeGreaterThan((body.items[1]?.similarity ?? 1) + 0.1)
    const ids = async (query: string) =>
      (await similar(first.executionId, query)).body.items.map((one) => one.executionId)
    expect(await ids('?limit=1')).toEqual([alike.executionId])
    expect(await ids('?agent=booking')).toEqual([unlike.executionId])
    expect(await ids('?status=success')).toEqual([unlike.executionId])
    expect(await ids('?status=cancelled')).toEqual([])
  })

  test('S7: both ways of comparing give the same figures', async () => {
    const { body } = await similar(first.executionId)
    // Recorded from the arithmetic of the server without pgvector; PGlite answers by pgvector's operator.
    expect(body.items.map(({ similarity }) => similarity)).toMatchInlineSnapshot(`
      [
        0.853,
        0.4735,
      ]
    `)
  })

  test('S3: another organization is not compared with, nor answered', async () => {
    const other = await otherKey(server)
    const twin = report('billing', 'the refund of the invoice goes back to the gift card')
    await send(server, { executions: [twin] }, other.secret)
    await readTexts(server.deps)
    expect((await similar(twin.executionId, '', other.secret)).body.items).toEqual([])
    expect((await similar(first.executionId)).body.items.length).toBe(2)
    expect((await similar(first.executionId, '', other.secret)).body.code).toBe('not-found')
    expect((await similar(first.executionId, '?agent=nobody')).body.code).toBe('not-found')
  })

  describe('with an endpoint', () => {
    let llm: LlmServer
    let deps: Deps
    const model = 'text-embedding-3-small'
    beforeAll(async () => {
      llm = await startLlmServer()
      const endpoint = { url: `${llm.url}/v1`, apiKey: 'secret', model, dimensions: null }
      deps = { ...server.deps, embedder: createOpenAiEmbedder(endpoint, { ...systemClock, after: soon }) }
      await server.newEvents()
    })
    afterAll(async () => await llm.close())
    const soon = (_delayMs: number, callback: () => void) => {
      callback()
      return () => {}
    }
    const spaces = async () =>
      server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
        const { rows } = await sql<{ embedder: string; n: number }>`select embedder, count(*) as n
          from execution_embeddings group by 1 order by 1`.execute(tx.tables())
        return rows.map(({ embedder, n }) => [embedder, n])
      })

    test('S8: an endpoint that is away leaves everything as it is, and is asked again at the next turn', async () => {
      for (let times = 0; times < 3; times++)
        llm.script({ when: { model }, error: { status: 503, type: 'server_error', message: 'away' } })
      await embedWaiting(deps)
      expect(await spaces()).toEqual([['lexical-384-v1', 3]])
      expect(server.log.lines.map(({ message }) => message)).toContain('vectors of executions wait for their embedder')
    })

    test('S8: a change of embedder computes all vectors anew, tells what they cost, and never compares old with new', async () => {
      await embedWaiting(deps)
      const { embedder } = deps as { embedder: Embedder }
      expect(await spaces()).toEqual([[embedder.space, 3]])
      expect((await similar(first.executionId)).body).toMatchObject({ state: 'pending', items: [] })
      const told = (await server.newEvents()).filter(({ type }) => type === 'search.executions.embedded')
      expect(told.map(({ payload }) => payload)).toEqual([
        { embedder: embedder.name, model, executions: 3, inputTokens: expect.any(Number), costNanoUsd: null },
      ])
      const sent = llm.requests.flatMap(({ body }) => body['input'] as string[])
      expect(sent.every((text) => text.length <= 8_000)).toBe(true)
      const state = await server.request<z.infer<typeof SearchState>>('GET', '/api/v1/search/state')
      expect(state.body.usage).toMatchObject([{ model, calls: 1, executions: 3, costNanoUsd: null, unpricedCalls: 1 }])
    })

    test('S8: texts that did not change are not paid for again, those that did are', async () => {
      const asked = llm.requests.length
      await embedWaiting(deps)
      expect(llm.requests.length).toBe(asked)
      await send(server, { actions: [actionReport(alike.executionId, 1, { output: 'one more step' })] })
      await readTexts(deps)
      await embedWaiting(deps)
      expect(llm.requests.length).toBe(asked + 1)
      expect(llm.requests.at(-1)?.body['input']).toHaveLength(1)
    })

    test('S8: a text that the endpoint refuses does not stop the others', async () => {
      const refused = report('billing', 'never embed this')
      await send(server, { executions: [refused, report('billing', 'embed this')] })
      await readTexts(deps)
      llm.script({ when: { model }, error: { status: 400, type: 'invalid_request_error', message: 'no' } })
      llm.script({ when: { model }, error: { status: 400, type: 'invalid_request_error', message: 'no' } })
      await embedWaiting(deps)
      expect((await spaces()).map(([, n]) => n)).toEqual([5])
      const { rows } = await deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
        sql`select refusal from execution_embeddings where embedding is null`.execute(tx.tables()),
      )
      expect(rows).toEqual([{ refusal: expect.stringContaining('400') }])
    })

    test('S8: back to words, all vectors are computed anew without a call', async () => {
      const asked = llm.requests.length
      await embedWaiting({ ...deps, embedder: createLexicalEmbedder() })
      expect(await spaces()).toEqual([['lexical-384-v1', 5]])
      expect(llm.requests.length).toBe(asked)
    })
  })
})
