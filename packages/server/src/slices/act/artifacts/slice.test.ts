import type {
  ApprovalRequest,
  Artifact,
  ArtifactDetail,
  ArtifactOutcome,
  BlockingReport,
  Conflict,
  ConflictResolution,
  Project,
  Task,
  User,
} from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { vote } from '../../govern/approvals/index.ts'
import { hashOf } from './actions/hash.ts'
import { autoResolve } from './index.ts'

interface Problem {
  readonly code: string
  readonly detail: string
}

interface Listed<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

type Order = Readonly<Record<string, unknown>>

const privilegedToken = 'a shared secret of thirty-two characters'

describeOnStores('artifacts', (kind) => {
  let server: TestServer
  let count = 0

  beforeAll(async () => {
    server = await startTestServer(kind, { privilegedToken })
  })
  afterAll(async () => await server.close())

  const send = async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    await server.request<Body>(method, `/api/v1${path}`, { ...(body === undefined ? {} : { body }), headers })
  const newProject = async () => {
    const { body } = await send<Project>('POST', '/projects', { name: `project ${++count}` })
    return body.projectId
  }
  const hand = async (projectId: string, order: Order = {}) => {
    const made = await send<ArtifactOutcome>('POST', '/artifacts', {
      projectId,
      name: `artifact ${++count}`,
      type: 'code',
      content: `text ${count}`,
      ...order,
    })
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
    return made.body
  }
  const active = async (projectId: string, order: Order = {}) => {
    const made = await hand(projectId, { activate: true, ...order })
    expect(made.artifact.state, JSON.stringify(made.conflicts)).toBe('ACTIVE')
    return made.artifact
  }
  const read = async (artifactId: string) => (await send<ArtifactDetail>('GET', `/artifacts/${artifactId}`)).body
  const patch = async (artifactId: string, body: Order) =>
    await send<ArtifactOutcome & Problem>('PATCH', `/artifacts/${artifactId}`, body, { 'if-match': '*' })
  const resolve = async <Body = ConflictResolution>(conflictId: string | undefined, body: Order) =>
    await send<Body>('POST', `/governance/conflicts/${conflictId}/resolve`, body)
  const firstConflict = ({ conflicts }: ArtifactOutcome): Conflict => {
    const [first] = conflicts
    if (first === undefined) throw new Error('no conflict was found')
    return first
  }
  /** Two artifacts that write one file; the second is BLOCKED. */
  const clash = async (projectId: string, change: Order = {}, before: Order = {}) => {
    const path = `src/file-${++count}.ts`
    const standing = await active(projectId, { path, agent: 'writer', ...before })
    const blocked = await hand(projectId, { path, agent: 'rival', ...change })
    expect(blocked.result).toBe('blocked')
    return { standing, blocked, conflict: firstConflict(blocked), path }
  }
  /** An approval of this action by the organization's admin. */
  const approved = async (action: Order): Promise<string> => {
    const { body } = await send<ApprovalRequest>('POST', '/approvals', { ...action, reason: 'for the test' })
    const users = await send<Listed<User>>('GET', '/identity/users')
    const actor = { kind: 'user', userId: users.body.items[0]?.userId ?? '', sessionId: null } as const
    const { organizationId } = server
    const caller = { organizationId, actor, role: 'admin', scopes: new Set<never>() } as const
    const { approvalId, actionDigest } = body
    const voted = await server.deps.store.transaction({ organizationId }, (tx) =>
      vote(server.deps, tx, caller, approvalId, { verdict: 'approve', actionDigest }),
    )
    expect(voted).toMatchObject({ ok: true })
    return approvalId
  }
  const typesSince = async () => (await server.newEvents()).map(({ type }) => type)

  describe('projects and tasks', () => {
    test('AF11: projects and tasks are made, read, listed by project in pages, changed and removed, each with its event', async () => {
      await typesSince()
      const project = await send<Project>('POST', '/projects', { name: 'Shop' })
      expect(project.status).toBe(201)
      expect(project.headers.get('etag')).toBe('"1"')
      const { projectId } = project.body
      expect((await send<Problem>('POST', '/projects', { name: 'shop' })).body.code).toBe('already-exists')
      const order = { projectId, title: 'Write the cart', inputs: { b: 1, a: 2 }, agent: 'writer' }
      const tasks = [
        (await send<Task>('POST', '/tasks', order)).body,
        (await send<Task>('POST', '/tasks', { ...order, title: 'Test the cart' })).body,
      ]
      expect(tasks[0]?.inputsDigest).toBe(hashOf('{"a":2,"b":1}'))
      const pages: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const { body } = await send<Listed<Task>>('GET', `/tasks?project_id=${projectId}&limit=1${from}`)
        pages.push(...body.items.map(({ taskId }) => taskId))
        cursor = body.nextCursor
      }
      expect(pages).toEqual(tasks.map(({ taskId }) => taskId).toReversed())
      const [first] = tasks
      const changed = await send<Task>(
        'PATCH',
        `/tasks/${first?.taskId}`,
        { status: 'completed' },
        { 'if-match': '"1"' },
      )
      expect(changed.body).toMatchObject({ status: 'completed', revision: 2 })
      expect((await send('DELETE', `/tasks/${first?.taskId}`, undefined, { 'if-match': '"2"' })).status).toBe(204)
      expect((await send('GET', `/tasks/${first?.taskId}`)).status).toBe(404)
      const renamed = await send<Project>(
        'PATCH',
        `/projects/${projectId}`,
        { status: 'paused' },
        { 'if-match': '"1"' },
      )
      expect(renamed.body).toMatchObject({ status: 'paused', revision: 2 })
      const { artifactId } = await active(projectId)
      expect((await send('DELETE', `/projects/${projectId}`, undefined, { 'if-match': '"2"' })).status).toBe(204)
      expect((await read(artifactId)).state).toBe('ARCHIVED')
      expect((await send<Project>('GET', `/projects/${projectId}`)).body.status).toBe('archived')
      expect((await send<Problem>('POST', '/tasks', order)).body.code).toBe('conflict')
      expect(await typesSince()).toEqual([
        'project.created',
        'task.created',
        'task.created',
        'task.changed',
        'task.removed',
        'project.changed',
        'artifact.created',
        'artifact.activated',
        'decision.artifact',
        'artifact.archived',
        'decision.artifact',
        'project.archived',
      ])
    })

    test('AF8: a change needs If-Match: 428 without, 412 when it has changed, 200 with what was read', async () => {
      const { body, headers } = await send<Project>('POST', '/projects', { name: `project ${++count}` })
      const path = `/projects/${body.projectId}`
      const attempt = async (tags: Record<string, string>) =>
        await send<Problem>('PATCH', path, { description: 'x' }, tags)
      expect((await attempt({})).body.code).toBe('precondition-required')
      expect((await attempt({ 'if-match': '"9"' })).body.code).toBe('precondition-failed')
      expect((await attempt({ 'if-match': headers.get('etag') ?? '' })).status).toBe(200)
    })

    test('AF8: a creation with an Idempotency-Key happens once, also for two at the same time', async () => {
      const projectId = await newProject()
      const key = { 'idempotency-key': `key-${++count}` }
      const body = { projectId, name: 'once', type: 'code', content: 'x' }
      const create = async (one: Order) => await send<ArtifactOutcome & Problem>('POST', '/artifacts', one, key)
      const [a, b] = await Promise.all([create(body), create(body)])
      expect([a.status, b.status]).toEqual([201, 201])
      expect(b.body).toEqual(a.body)
      const replayed = [a, b].filter(({ headers }) => headers.get('idempotency-replayed') === 'true')
      expect(replayed).toHaveLength(1)
      expect((await create({ ...body, name: 'other' })).body.code).toBe('idempotency-key-reused')
      expect((await send<Listed<Artifact>>('GET', `/artifacts?projectId=${projectId}`)).body.items).toHaveLength(1)
    })
  })

  describe('versions', () => {
    test('AF4: content is hashed byte for byte, JSON canonically; a revision is another version and ACTIVE keeps its own', async () => {
      const projectId = await newProject()
      const text = await hand(projectId, { content: 'grüße\n' })
      expect(text.artifact.contentHash).toBe(hashOf('grüße\n'))
      const json = await hand(projectId, { content: { b: 1, a: [1.0, 'x'] } })
      expect(json.artifact.contentHash).toBe(hashOf('{"a":[1,"x"],"b":1}'))
      const revised = await patch(text.artifact.artifactId, { content: 'hello\n' })
      expect(revised.body.artifact).toMatchObject({ version: 2, state: 'DRAFT', contentHash: hashOf('hello\n') })
      const detail = await read(text.artifact.artifactId)
      expect(detail.versions.map(({ version, parentVersion }) => [version, parentVersion])).toEqual([
        [2, 1],
        [1, null],
      ])
      const first = await send<{ content: string }>('GET', `/artifacts/${text.artifact.artifactId}/versions/1`)
      expect(first.body.content).toBe('grüße\n')
      expect((await patch(text.artifact.artifactId, { state: 'ACTIVE' })).body.artifact.state).toBe('ACTIVE')
      expect((await patch(text.artifact.artifactId, { content: 'x' })).body.code).toBe('artifact-state')
      expect((await read(text.artifact.artifactId)).moves.find(({ verb }) => verb === 'revise')?.to).toBeNull()
    })

    test('AF4: content that is nested too deeply to be read is refused', async () => {
      const deep = `${'['.repeat(6_000)}${']'.repeat(6_000)}`
      const body = `{"projectId":"${await newProject()}","name":"x","type":"code","content":${deep}}`
      const refused = await send<Problem>('POST', '/artifacts', body, { 'content-type': 'application/json' })
      expect(refused).toMatchObject({ status: 400, body: { code: 'bad-request' } })
    })

    test('AF4: activation refuses bytes that are not those which were accepted', async () => {
      const { artifact } = await hand(await newProject())
      await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
        const altered = sql`update artifact_versions set content = 'altered' where artifact_id = ${artifact.artifactId}`
        await altered.execute(tx.tables())
      })
      expect((await patch(artifact.artifactId, { state: 'ACTIVE' })).body.code).toBe('content-altered')
      expect((await read(artifact.artifactId)).state).toBe('DRAFT')
    })

    test('AF11: a successor takes the place of what it names, and the lineage says so', async () => {
      const projectId = await newProject()
      const before = await active(projectId, { path: 'a.ts' })
      const after = await active(projectId, { path: 'a.ts', supersedes: before.artifactId })
      expect(await read(before.artifactId)).toMatchObject({ state: 'SUPERSEDED', supersededBy: after.artifactId })
      expect((await read(after.artifactId)).lineage.map(({ artifactId }) => artifactId)).toEqual([before.artifactId])
    })
  })

  describe('conflicts', () => {
    test('AF10: paths meet by key, folder and pattern; the same content, another project and another file do not', async () => {
      const projectId = await newProject()
      await active(projectId, { path: 'src/a.ts', content: 'one' })
      const found = async (order: Order) => {
        const { conflicts } = await hand(projectId, order)
        return conflicts.map(({ type, kind: own, severity }) => `${type} ${own} ${severity}`)
      }
      expect(await found({ path: 'src/a.ts' })).toEqual(['FILE_PATH SAME HIGH'])
      expect(await found({ path: 'src/a.ts', content: 'one' })).toEqual([])
      expect(await found({ path: 'SRC/A.ts', content: 'two' })).toEqual(['FILE_PATH CASE_ONLY MEDIUM'])
      expect(await found({ path: 'src/a.ts/b' })).toEqual(['FILE_PATH FILE_VS_DIR_PREFIX HIGH'])
      expect(await found({ path: 'src' })).toEqual(['FILE_PATH FILE_VS_DIR_PREFIX HIGH'])
      expect(await found({ claims: [{ operation: 'glob', path: 'src/*.ts' }] })).toEqual([
        'FILE_PATH GLOB_OVERLAP MEDIUM',
      ])
      expect(await found({ path: 'src/a.ts', operation: 'delete' })).toEqual(['FILE_PATH DELETE_VS_EDIT HIGH'])
      expect(await found({ path: 'src/b.ts' })).toEqual([])
      const elsewhere = await hand(await newProject(), { path: 'src/a.ts' })
      expect(elsewhere.conflicts).toEqual([])
      const refused = await send<Problem>('POST', '/artifacts', {
        projectId,
        name: 'x',
        type: 'code',
        content: 'x',
        path: '../x',
      })
      expect(refused).toMatchObject({ status: 422, body: { code: 'path-refused' } })
    })

    test('AF10: versions are read from manifests and declarations, all at once; the witness is the hint', async () => {
      const projectId = await newProject()
      const manifest = (range: string) => JSON.stringify({ dependencies: { left: range } })
      await active(projectId, { path: 'a/package.json', content: manifest('1 || 2') })
      await active(projectId, { requirements: [{ ecosystem: 'npm', name: 'left', range: '2 || 3' }] })
      const files = { files: { 'c/package.json': manifest('1 || 3') } }
      const blocked = await hand(projectId, { type: 'bundle', content: files })
      const conflict = firstConflict(blocked)
      expect(conflict).toMatchObject({
        type: 'DEPENDENCY_VERSION',
        kind: 'INCOMPATIBLE',
        subject: 'npm:left',
        severity: 'HIGH',
      })
      expect(conflict.members).toHaveLength(3)
      expect(conflict.witness).toMatch(/^2\./)
      expect(blocked.hints.join(' ')).toContain(String(conflict.witness))
      const fits = await hand(projectId, { requirements: [{ ecosystem: 'npm', name: 'left', range: '^2.0.0' }] })
      expect(fits.result).toBe('accepted')
      const unknown = await hand(projectId, { requirements: [{ ecosystem: 'npm', name: 'left', range: 'latest' }] })
      expect(unknown).toMatchObject({
        result: 'accepted',
        conflicts: [{ kind: 'UNKNOWN', severity: 'MEDIUM', blocking: false }],
      })
    })

    test('AF10: repeated tasks, circles and contradicting decisions are found, and agreeing ones are not', async () => {
      const projectId = await newProject()
      const task = async (title: string) =>
        (await send<Task>('POST', '/tasks', { projectId, title, inputs: { x: 1 } })).body.taskId
      const [one, twin] = [await task('Write the cart'), await task('write  the CART!')]
      await active(projectId, { taskId: one, agent: 'a' })
      const again = await hand(projectId, { taskId: twin, agent: 'b' })
      expect(firstConflict(again)).toMatchObject({ type: 'DUPLICATE_TASK', kind: 'TWIN_TASK', severity: 'MEDIUM' })
      expect((await hand(projectId, { taskId: one, agent: 'a' })).conflicts).toEqual([])

      const below = await hand(projectId)
      const above = await hand(projectId, { dependsOn: [{ kind: 'artifact', id: below.artifact.artifactId }] })
      const circle = await patch(below.artifact.artifactId, {
        dependsOn: [{ kind: 'artifact', id: above.artifact.artifactId }],
      })
      expect(circle.body.result).toBe('blocked')
      expect(firstConflict(circle.body)).toMatchObject({ type: 'CIRCULAR_DEPENDENCY', severity: 'CRITICAL' })
      expect((await patch(below.artifact.artifactId, { dependsOn: [] })).body.artifact.state).toBe('DRAFT')

      const decide = (choice: string, requirement = 'REQ-1') => ({
        type: 'decision',
        content: { decisions: [{ requirement, question: 'Which database?', choice }] },
      })
      await active(projectId, decide('PostgreSQL'))
      expect(firstConflict(await hand(projectId, decide('MySQL')))).toMatchObject({
        type: 'CONTRADICTING_DECISION',
        severity: 'HIGH',
      })
      expect((await hand(projectId, decide('postgresql'))).conflicts).toEqual([])
      expect((await hand(projectId, decide('MySQL', 'REQ-2'))).conflicts).toEqual([])
    })

    test('AF10: a schema that breaks what rests on it is found, one that only adds is not', async () => {
      const projectId = await newProject()
      const schema = (properties: Order, required: readonly string[]) => ({
        type: 'schema',
        content: { type: 'object', properties, required },
      })
      const name = `order ${++count}`
      const before = await active(projectId, { name, ...schema({ id: { type: 'string' } }, ['id']) })
      const successor = async (order: Order) => await hand(projectId, { name, supersedes: before.artifactId, ...order })
      const breaking = schema({ id: { type: 'integer' } }, ['id'])
      expect(firstConflict(await successor(breaking))).toMatchObject({ kind: 'BREAKS_NOBODY', severity: 'LOW' })
      await active(projectId, { dependsOn: [{ kind: 'artifact', id: before.artifactId }] })
      const broken = await successor(breaking)
      expect(firstConflict(broken)).toMatchObject({
        type: 'INCOMPATIBLE_SCHEMA',
        kind: 'BREAKS_DEPENDENTS',
        severity: 'HIGH',
      })
      expect(broken.result).toBe('blocked')
      expect((await successor(schema({ id: { type: 'string' } }, ['id']))).conflicts).toEqual([])
      expect(firstConflict(await hand(projectId, { name, ...breaking }))).toMatchObject({ kind: 'SAME_NAME' })
      const body = { projectId, name: 'x', type: 'schema', content: 'no JSON' }
      expect((await send<Problem>('POST', '/artifacts', body)).body.code).toBe('not-processable')
    })

    test('AF5: the same conflict is one row however often it is found, and ends with who leaves', async () => {
      const projectId = await newProject()
      const { standing, blocked, conflict } = await clash(projectId)
      const { artifactId } = blocked.artifact
      await typesSince()
      const again = await patch(artifactId, { state: 'ACTIVE' })
      expect(again.body).toMatchObject({ result: 'blocked', conflicts: [{ conflictId: conflict.conflictId }] })
      expect((await typesSince()).filter((type) => type === 'conflict.detected')).toEqual([])
      const listed = await send<{ items: Conflict[] }>(
        'GET',
        `/governance/conflicts?project_id=${projectId}&severity=HIGH`,
      )
      expect(listed.body.items).toHaveLength(1)
      expect((await send('DELETE', `/artifacts/${standing.artifactId}`, undefined, { 'if-match': '*' })).status).toBe(
        204,
      )
      expect((await read(artifactId)).state).toBe('DRAFT')
      const ended = await send<Conflict>('GET', `/governance/conflicts/${conflict.conflictId}`)
      expect(ended.body).toMatchObject({ state: 'gone', strategies: [] })
      expect(await typesSince()).toEqual([
        'artifact.archived',
        'decision.artifact',
        'conflict.ended',
        'artifact.unblocked',
        'decision.artifact',
      ])
      expect((await resolve<Problem>(conflict.conflictId, { strategy: 'keep-first' })).body.code).toBe('conflict')
    })
  })

  describe('resolutions', () => {
    test('AF6: serialise lets both stand, in order; asking again answers the same, another strategy is refused', async () => {
      const { standing, blocked, conflict } = await clash(await newProject())
      await typesSince()
      const done = await resolve(conflict.conflictId, { strategy: 'serialise', reason: 'One after the other.' })
      expect(done.body).toMatchObject({
        conflict: { state: 'resolved', resolution: { strategy: 'serialise', automatic: false } },
        effects: [{ artifactId: blocked.artifact.artifactId, effect: 'ordered', state: 'DRAFT' }, { effect: 'none' }],
        because: { rule: 'one-after-the-other' },
      })
      expect(await typesSince()).toEqual([
        'artifact.unblocked',
        'decision.artifact',
        'conflict.resolved',
        'decision.conflict',
      ])
      expect((await resolve(conflict.conflictId, { strategy: 'serialise' })).body).toEqual(done.body)
      expect((await resolve<Problem>(conflict.conflictId, { strategy: 'keep-first' })).body.code).toBe('conflict')
      const activated = await patch(blocked.artifact.artifactId, { state: 'ACTIVE' })
      expect(activated.body).toMatchObject({ result: 'accepted', artifact: { state: 'ACTIVE' } })
      expect((await read(blocked.artifact.artifactId)).dependsOn).toMatchObject([
        { id: standing.artifactId, reason: 'serialised' },
      ])
    })

    test('AF6: keep-first archives the newcomer; priority lets the higher one take the place', async () => {
      const projectId = await newProject()
      const kept = await clash(projectId)
      const first = await resolve(kept.conflict.conflictId, { strategy: 'keep-first' })
      expect(first.body.effects).toMatchObject([
        { effect: 'archived', state: 'ARCHIVED' },
        { effect: 'none', state: 'ACTIVE' },
      ])
      const raced = await clash(projectId, { priority: 200 })
      const second = await resolve(raced.conflict.conflictId, { strategy: 'priority' })
      expect(second.body.effects).toMatchObject([
        { effect: 'activated', state: 'ACTIVE' },
        { effect: 'superseded', state: 'SUPERSEDED' },
      ])
      expect(second.body.conflict.state).toBe('resolved')
    })

    test('AF6: merge joins both changes of a base; lines that both changed are a person’s, and nothing is left of the attempt', async () => {
      const projectId = await newProject()
      const base = await active(projectId, { path: 'm.ts', content: 'a\nb\nc\nd\ne\n' })
      const [mine, theirs, other] = [
        await hand(projectId, { path: 'm.ts', content: 'A\nb\nc\nd\ne\n', supersedes: base.artifactId }),
        await hand(projectId, { path: 'm.ts', content: 'a\nb\nc\nd\nE\n', supersedes: base.artifactId }),
        await hand(projectId, { path: 'm.ts', content: 'x\nb\nc\nd\ne\n', supersedes: base.artifactId }),
      ]
      expect((await patch(mine.artifact.artifactId, { state: 'ACTIVE' })).body.artifact.state).toBe('ACTIVE')
      const blocked = await patch(theirs.artifact.artifactId, { state: 'ACTIVE' })
      const merged = await resolve(firstConflict(blocked.body).conflictId, { strategy: 'merge' })
      expect(merged.body.effects[0], JSON.stringify(merged.body)).toMatchObject({ effect: 'revised', state: 'DRAFT' })
      expect((await read(theirs.artifact.artifactId)).current).toMatchObject({
        content: 'A\nb\nc\nd\nE\n',
        origin: 'merged',
      })
      const conflicting = await patch(other.artifact.artifactId, { state: 'ACTIVE' })
      await typesSince()
      const refused = await resolve<Problem>(firstConflict(conflicting.body).conflictId, { strategy: 'merge' })
      expect(refused).toMatchObject({ status: 409, body: { code: 'merge-conflicts', hunks: [{ baseLine: 1 }] } })
      expect(await typesSince()).toEqual([])
    })

    test('AF6: upgrade-to-witness and rename make another version that fits', async () => {
      const projectId = await newProject()
      const requirement = (range: string) => ({ requirements: [{ ecosystem: 'npm', name: 'up', range }] })
      await active(projectId, requirement('^3.1.0'))
      const manifest = '{\n    "dependencies": {\n        "up": "^2.0.0"\n    }\n}\n'
      const old = await hand(projectId, { path: 'package.json', content: manifest })
      const upgraded = await resolve(firstConflict(old).conflictId, { strategy: 'upgrade-to-witness' })
      expect(upgraded.body.effects[0], JSON.stringify(upgraded.body)).toMatchObject({
        effect: 'revised',
        state: 'DRAFT',
      })
      const { current } = await read(old.artifact.artifactId)
      expect(current).toMatchObject({
        origin: 'witness',
        content: manifest.replace('^2.0.0', firstConflict(old).witness ?? ''),
      })
      const { blocked, conflict } = await clash(projectId)
      const renamed = await resolve(conflict.conflictId, { strategy: 'rename', to: 'src/elsewhere.ts' })
      expect(renamed.body.effects[0]).toMatchObject({ effect: 'revised', state: 'DRAFT' })
      expect((await read(blocked.artifact.artifactId)).path).toBe('src/elsewhere.ts')
      const unfit = await clash(projectId)
      const wrong = await resolve<Problem>(unfit.conflict.conflictId, { strategy: 'upgrade-to-witness' })
      expect(wrong).toMatchObject({ status: 422, body: { code: 'strategy-unfit' } })
    })

    test('AF6: escalate goes on blocking and tells; override needs the approval that the rules ask for', async () => {
      const { blocked, conflict } = await clash(await newProject())
      await typesSince()
      const escalated = await resolve(conflict.conflictId, { strategy: 'escalate', reason: 'Who owns it?' })
      expect(escalated.body.conflict.state).toBe('escalated')
      expect(await typesSince()).toEqual(['conflict.escalated', 'decision.conflict'])
      expect((await read(blocked.artifact.artifactId)).state).toBe('BLOCKED')
      const refused = await resolve<Problem & { action: Order }>(conflict.conflictId, {
        strategy: 'override',
        reason: 'x',
      })
      expect(refused.body).toMatchObject({
        code: 'approval-required',
        action: { operation: 'artifacts.override', impact: 'HIGH' },
      })
      expect((await send<Conflict>('GET', `/governance/conflicts/${conflict.conflictId}`)).body.state).toBe('escalated')
      const approvalId = await approved(refused.body.action)
      const done = await resolve(conflict.conflictId, { strategy: 'override', reason: 'x', approvalId })
      expect(done.body, JSON.stringify(done.body)).toMatchObject({
        conflict: { state: 'resolved', resolution: { strategy: 'override', approvalId } },
        effects: [
          { effect: 'unblocked', state: 'DRAFT' },
          { effect: 'none', state: 'ACTIVE' },
        ],
      })
      expect((await patch(blocked.artifact.artifactId, { state: 'ACTIVE' })).body.artifact.state).toBe('ACTIVE')
      const other = await clash(blocked.artifact.projectId)
      const again = await resolve<Problem>(other.conflict.conflictId, { strategy: 'override', reason: 'x', approvalId })
      expect(again.status).toBe(409)
    })

    test('AF7: a privileged caller’s mild conflicts are put in order, severe ones are not', async () => {
      const projectId = await newProject()
      await active(projectId, { path: 'Docs/a.md', content: 'one' })
      const mild = await hand(projectId, { path: 'docs/a.md', content: 'two' })
      const severe = await clash(projectId)
      const caller = {
        organizationId: server.organizationId,
        actor: { kind: 'system', component: 'test' },
        role: null,
        scopes: new Set<never>(),
      } as const
      const done = await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
        autoResolve(server.deps, tx, caller, projectId),
      )
      expect(done.conflictIds).toEqual([firstConflict(mild).conflictId])
      expect(done.left).toBe(0)
      const body = { projectId, name: 'mild', type: 'code', content: 'three', path: 'DOCS/a.md', activate: true }
      const secret = { 'x-metaqore-privileged': privilegedToken }
      const sent = await send<ArtifactOutcome>('POST', '/artifacts', body, secret)
      expect(sent.body).toMatchObject({ result: 'auto-resolved', artifact: { state: 'ACTIVE' } })
      const after = async (id: string) => (await send<Conflict>('GET', `/governance/conflicts/${id}`)).body
      expect(await after(firstConflict(mild).conflictId)).toMatchObject({
        state: 'resolved',
        resolution: { automatic: true },
      })
      expect((await after(severe.conflict.conflictId)).state).toBe('open')
    })
  })

  test('AF2: the mode is changed through the approval gate; strict blocks what balanced records', async () => {
    const change = { value: 'strict', reason: 'for the test' }
    const asked = async (body: Order) =>
      await send<Problem & { action: Order }>('PUT', '/tunables/artifacts.governance_mode', body)
    const refused = await asked(change)
    expect(refused.body).toMatchObject({ code: 'approval-required', action: { impact: 'HIGH' } })
    const projectId = await newProject()
    await active(projectId, { path: 'Mode.ts' })
    const recorded = await hand(projectId, { path: 'mode.ts' })
    expect(recorded).toMatchObject({ result: 'accepted', conflicts: [{ severity: 'MEDIUM', blocking: false }] })
    expect((await asked({ ...change, approvalId: await approved(refused.body.action) })).status).toBe(200)
    const blocked = await patch(recorded.artifact.artifactId, { state: 'ACTIVE' })
    expect(blocked.body).toMatchObject({ result: 'blocked', conflicts: [{ blocking: true }] })
    const back = { ...change, value: 'balanced' }
    const action = (await asked(back)).body.action
    expect((await asked({ ...back, approvalId: await approved(action) })).status).toBe(200)
    expect((await patch(recorded.artifact.artifactId, { state: 'ACTIVE' })).body.artifact.state).toBe('ACTIVE')
  })

  test('AF9: the blocking report says what is blocked, by whom, and the fewest to take back', async () => {
    const projectId = await newProject()
    const standing = await active(projectId, { path: 'a.ts', agent: 'writer' })
    const blocked = [await hand(projectId, { path: 'a.ts' }), await hand(projectId, { path: 'a.ts' })]
    const { body } = await send<BlockingReport>('GET', `/governance/blocking-report?project_id=${projectId}`)
    expect(body).toMatchObject({ mode: 'balanced', conflicts: 2, truncated: false })
    expect(body.blocked.map(({ artifact }) => artifact.artifactId)).toEqual(
      blocked.map(({ artifact }) => artifact.artifactId),
    )
    expect(body.blocked[0]?.conflicts[0]?.blockedBy).toMatchObject([
      { artifactId: standing.artifactId, agent: 'writer' },
    ])
    expect(body.unblocking).toMatchObject({ exact: true, lowerBound: 1 })
    expect(body.unblocking.actions).toMatchObject([
      { artifact: { artifactId: standing.artifactId }, unblocks: blocked.map(({ artifact }) => artifact.artifactId) },
    ])
  })

  test('AF3: of 40 agents that activate 10 overlapping groups at once, one of each becomes ACTIVE and no two that meet', async () => {
    const projectId = await newProject()
    const agents = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const made = await hand(projectId, {
          path: `src/group-${at % 10}.ts`,
          content: `by ${at}`,
          agent: `agent ${at}`,
        })
        return { artifactId: made.artifact.artifactId, group: at % 10 }
      }),
    )
    const replies = await Promise.all(agents.map(({ artifactId }) => patch(artifactId, { state: 'ACTIVE' })))
    expect(replies.map(({ status }) => status)).toEqual(agents.map(() => 200))
    const winners = agents.filter((_, at) => replies[at]?.body.artifact.state === 'ACTIVE').map(({ group }) => group)
    expect(winners.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  // Last: it lets more than a year pass.
  test('AF11: what has ended is let go after its time, with its versions and conflicts; what is in play stays', async () => {
    const projectId = await newProject()
    const { standing, blocked, conflict } = await clash(projectId)
    await resolve(conflict.conflictId, { strategy: 'keep-first' })
    server.clock.advance(401 * 86_400_000)
    await server.settle(['retention.apply'])
    expect((await send('GET', `/artifacts/${blocked.artifact.artifactId}`)).status).toBe(404)
    expect((await send('GET', `/governance/conflicts/${conflict.conflictId}`)).status).toBe(404)
    expect((await read(standing.artifactId)).state).toBe('ACTIVE')
  })
})
