import type { Macro, MacroBlock, MacroExecution, MacroExecutionDetail } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** Executions of the fixture server: one that runs and waits for people, one that was undone, one that went well. */
export const macroExecutionIds = { running: uuid(1900), compensated: uuid(1901), succeeded: uuid(1902) } as const

/** What the fixture server says about macros. */
export const playbookAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/macros$/, (_, { nowMs }) => json({ items: macros(nowMs) })],
  ['POST', /^\/macros$/, ({ body }, { nowMs }) => json({ ...macros(nowMs)[0], ...Object(body) }, 201)],
  ['GET', /^\/macros\/([^/]+)$/, (_, { nowMs }, [name]) => withMacro(name, nowMs, json)],
  [
    'PUT',
    /^\/macros\/([^/]+)$/,
    ({ body }, { nowMs }, [name]) => withMacro(name, nowMs, (macro) => json({ ...macro, ...Object(body) })),
  ],
  [
    'GET',
    /^\/macros\/([^/]+)\/versions$/,
    (_, { nowMs }) => json({ items: [versionOf(2, nowMs), versionOf(1, nowMs)] }),
  ],
  ['POST', /^\/macros\/([^/]+)\/secret$/, () => json({ secret: 'whsec_shown-once' })],
  ['POST', /^\/macros\/([^/]+)\/dry-run$/, ({ body }) => json(plan(body))],
  ['POST', /^\/macros\/([^/]+)\/run$/, (_, { nowMs }) => json(detail(macroExecutionIds.running, nowMs), 201)],
  ['POST', /^\/macro-validations$/, ({ body }) => json(validated(body))],
  ['GET', /^\/macro-step-kinds$/, () => json({ items: kinds })],
  ['GET', /^\/macro-executions$/, ({ query }, { nowMs }) => json({ items: filtered(query, nowMs), nextCursor: null })],
  ['GET', /^\/macro-executions\/([^/]+)$/, (_, { nowMs }, [id = '']) => json(detail(id, nowMs))],
  [
    'POST',
    /^\/macro-executions\/([^/]+)\/cancel$/,
    (_, { nowMs }, [id = '']) => json({ ...detail(id, nowMs), status: 'cancelled', endedAt: iso(nowMs) }),
  ],
  [
    'GET',
    /^\/macro-execution-stream$/,
    ({ signal }, { news }) => news.open(JSON.stringify(pulse(3)), signal, 'executions'),
  ],
  ['GET', /^\/macro-dependencies$/, (_, { nowMs }) => json({ items: dependencies(nowMs), missing: ['paging'] })],
  [
    'PUT',
    /^\/macro-dependencies\/([^/]+)$/,
    ({ body }, { nowMs }, [name]) => json({ ...dependencies(nowMs)[0], name, ...Object(body) }),
  ],
]

const pulse = (events: number) => ({
  items: [{ macroExecutionId: macroExecutionIds.running, macro: 'fail-over', status: 'running', events }],
})

const definition: Macro['definition'] = {
  inputs: { type: 'object', properties: { region: { type: 'string' }, tries: { type: 'integer' } } },
  timeoutMs: 3_600_000,
  steps: [
    step('drain', 'http-call', { url: 'https://edge.example/drain' }, { kind: 'http-call', arguments: {} }),
    step('ask', 'ask-human', { question: 'Fail over {{inputs.region}}?' }, null),
    step('switch', 'http-call', { url: 'https://edge.example/switch' }, null),
  ],
  dependencies: [],
}

function step(
  name: string,
  kind: string,
  values: Macro['definition']['steps'][number]['arguments'],
  compensation: Macro['definition']['steps'][number]['compensation'],
): Macro['definition']['steps'][number] {
  const retries = { attemptsMax: 3, backoffMs: 1_000, factor: 2, backoffMaxMs: 60_000 }
  return { name, kind, arguments: values, timeoutMs: 30_000, retries, compensation }
}

const block: MacroBlock = {
  dependency: 'billing',
  direction: 'writing',
  range: '^2.0.0',
  version: '2.2.0',
  because: { rule: 'accepts-no-less', observed: 1, limit: 0, text: 'billing 2.2.0 no longer takes everything.' },
  changes: [
    {
      path: '/schema/required',
      kind: 'narrowed',
      effect: 'narrows',
      because: { rule: 'required', observed: ['id', 'iban'], limit: ['id'] },
    },
    {
      path: '/schema/properties/note',
      kind: 'added',
      effect: 'none',
      because: { rule: 'x', observed: true, limit: null },
    },
  ],
}
const missing: MacroBlock = {
  ...block,
  dependency: 'paging',
  direction: 'reading',
  version: null,
  because: { rule: 'dependency-unknown', observed: null, limit: '^1.0.0', text: 'paging has never been published.' },
  changes: [],
}

function macros(nowMs: number): readonly Macro[] {
  const figures = { executions: 12, succeeded: 9, running: 1, successRate: 0.75, latencyP95Ms: 4_200 }
  const failOver: Macro = {
    macroId: uuid(1800),
    name: 'fail-over',
    description: 'Moves traffic to another region.',
    impact: 'HIGH',
    environments: ['production', 'staging'],
    enabled: true,
    version: 2,
    definition,
    state: 'ready',
    blocks: [],
    hasSecret: true,
    figures,
    changedAt: iso(nowMs - 864e5),
    changedBy: `user:${uuid(7)}`,
  }
  const none = { executions: 0, succeeded: 0, running: 0, successRate: null, latencyP95Ms: null }
  return [
    failOver,
    { ...failOver, macroId: uuid(1801), name: 'refund', state: 'blocked', blocks: [block, missing], figures: none },
    {
      ...failOver,
      macroId: uuid(1802),
      name: 'draft',
      state: 'disabled',
      enabled: false,
      hasSecret: false,
      figures: none,
    },
  ]
}

function withMacro(name: string | undefined, nowMs: number, answer: (macro: Macro) => Response): Response {
  const macro = macros(nowMs).find((one) => one.name === name)
  return macro === undefined ? refusal('not-found', 'There is no macro of this name.') : answer(macro)
}

function versionOf(version: number, nowMs: number) {
  return {
    version,
    definition,
    digest: `${version}`.repeat(64),
    reason: version === 1 ? 'First.' : 'Ask before switching.',
    approvalId: null,
    createdAt: iso(nowMs - 864e5 / version),
    createdBy: `user:${uuid(7)}`,
  }
}

const kinds = [
  {
    kind: 'http-call',
    summary: 'Call an address.',
    mode: 'call',
    timeoutMaxMs: 300_000,
    arguments: { type: 'object' },
  },
  { kind: 'teleport', summary: 'Of another slice.', mode: 'apply', timeoutMaxMs: 1, arguments: {} },
]

function validated(body: unknown) {
  const text = JSON.stringify(body)
  const because = {
    rule: 'unknown-kind',
    observed: 'nonsense',
    limit: null,
    text: 'Nobody carries out steps of this kind.',
  }
  return {
    problems: text.includes('nonsense') ? [{ path: '/steps/0/kind', because }] : [],
    blocks: text.includes('billing') ? [block] : [],
  }
}

function plan(body: unknown) {
  const faulty = JSON.stringify(body).includes('wrong')
  const because = { rule: 'schema-type', observed: null, limit: null, text: '/tries must be integer.' }
  return {
    problems: faulty ? [{ path: '/inputs/tries', because }] : [],
    blocks: faulty ? [block] : [],
    steps: [
      {
        name: 'drain',
        kind: 'http-call',
        arguments: { url: 'https://edge.example/drain' },
        idempotencyKey: '(execution id)/drain',
        timeoutMs: 30_000,
        attemptsMax: 3,
        compensation: { kind: 'http-call', arguments: {} },
      },
    ],
  }
}

const why = (rule: string, text: string) => ({ rule, observed: null, limit: null, text })

function execution(id: string, nowMs: number): MacroExecution {
  const running: MacroExecution = {
    macroExecutionId: macroExecutionIds.running,
    macroId: uuid(1800),
    macro: 'fail-over',
    version: 2,
    environment: 'production',
    status: 'running',
    synthetic: false,
    dry: false,
    because: why('by-hand', 'The region is down.'),
    endedBecause: null,
    currentStep: 'ask',
    stepsDone: 1,
    stepsTotal: 3,
    startedBy: { kind: 'user', id: uuid(7) },
    correlationId: macroExecutionIds.running,
    causationId: null,
    parentId: null,
    approvalId: uuid(650),
    startedAt: iso(nowMs - 60_000),
    endedAt: null,
  }
  const ended = { currentStep: null, endedAt: iso(nowMs - 30_000), approvalId: null }
  if (id === macroExecutionIds.compensated)
    return {
      ...running,
      ...ended,
      macroExecutionId: id,
      status: 'compensated',
      parentId: macroExecutionIds.running,
      endedBecause: why('not-retryable', 'The step "switch" failed for good.'),
    }
  if (id === macroExecutionIds.succeeded)
    return {
      ...running,
      ...ended,
      macroExecutionId: id,
      status: 'succeeded',
      synthetic: true,
      dry: true,
      stepsDone: 3,
      endedBecause: why('all-succeeded', 'All 3 steps succeeded.'),
    }
  return running
}

function filtered(query: URLSearchParams, nowMs: number): readonly MacroExecution[] {
  return Object.values(macroExecutionIds)
    .map((id) => execution(id, nowMs))
    .filter(({ status }) => query.get('status') === null || query.get('status') === status)
    .filter(({ macro }) => query.get('macro') === null || query.get('macro') === macro)
    .filter(({ synthetic }) => query.get('synthetic') === null || query.get('synthetic') === String(synthetic))
}

type Step = MacroExecutionDetail['steps'][number]

function detail(id: string, nowMs: number): MacroExecutionDetail {
  const one = execution(id, nowMs)
  const event = (sequence: number, change: Partial<MacroExecutionDetail['events'][number]>) => ({
    sequence,
    at: iso(nowMs - 60_000 + sequence * 1_000),
    kind: 'released' as const,
    compensation: false,
    attempt: 1,
    because: why('next-step', 'It is next.'),
    output: null,
    reference: null,
    ...change,
  })
  const shown = (name: string, kind: string, change: Partial<Step>): Step => ({
    name,
    kind,
    state: 'waiting',
    attempts: 0,
    attemptsMax: 3,
    idempotencyKey: null,
    deadlineAt: null,
    events: [],
    ...change,
  })
  const undone = one.status === 'compensated'
  const events = [event(1, {}), event(2, { kind: 'succeeded', output: { ticket: 'T-1' } })]
  const undoing = [event(7, { compensation: true }), event(8, { kind: 'succeeded', compensation: true, because: null })]
  return {
    ...one,
    inputs: { region: 'eu' },
    steps: [
      shown('drain', 'http-call', {
        state: undone ? 'undone' : 'succeeded',
        attempts: 2,
        idempotencyKey: `${id}/drain`,
        events: undone ? [...events, ...undoing] : events,
      }),
      shown('ask', 'ask-human', {
        state: one.status === 'running' ? 'running' : 'succeeded',
        attempts: 1,
        deadlineAt: iso(nowMs + 600_000),
        events: [event(3, { reference: uuid(651) })],
      }),
      shown('switch', 'start-macro', { state: undone ? 'failed' : 'waiting' }),
    ],
    events: undone ? [event(6, { kind: 'turned-back', attempt: null })] : [],
    nextAt: one.status === 'running' ? iso(nowMs + 1_000) : null,
  }
}

function dependencies(nowMs: number) {
  const common = { schema: { type: 'object' }, revision: 3, source: 'source:ci', publishedAt: iso(nowMs - 36e5) }
  const used = { macro: 'refund', direction: 'writing', range: '^2.0.0', blocked: true }
  return [
    { name: 'billing', version: '2.2.0', ...common, usedBy: [used, { ...used, direction: 'reading', blocked: false }] },
    { name: 'crm', version: '1.0.0', ...common, usedBy: [] },
  ]
}
