/** A server that is asked. */
export interface Asked {
  readonly url: string
  readonly key: string
}

/** What a page asks: its name in the report, and the address. */
export interface Question {
  readonly kind: string
  readonly path: string
}

/** What there is to ask about. */
export interface Known {
  readonly agentIds: readonly string[]
  readonly executionId: string
  readonly slaId: string
  /** The newest whole day, YYYY-MM-DD, and the one before it. */
  readonly day: string
  readonly dayBefore: string
}

/** Every question that the pages ask of stored telemetry, each for one agent after the other. */
export function questionsOf(known: Known): readonly Question[] {
  const { executionId, slaId, day, dayBefore } = known
  const range = `from=${dayBefore}T00:00:00Z&to=${day}T00:00:00Z`
  const whole = [
    '/fleet/health?window=1h',
    '/fleet/health?window=24h',
    '/fleet/health?window=7d&environment=production',
    '/fleet/health?window=30d',
    '/environments',
    '/agents?limit=200',
    '/alert-counts',
    '/suspicions?limit=50',
    '/approvals?state=pending&limit=50',
    '/executions?limit=100',
    '/executions?limit=100&order=oldest',
    '/executions?limit=100&status=failure',
    '/executions?limit=100&status=success',
    '/executions?limit=100&status=running',
    '/executions?limit=100&status=waiting',
    '/executions?limit=100&status=cancelled',
    '/executions?limit=100&outcome=failure',
    '/executions?limit=100&flagged=true',
    '/executions?limit=100&endReason=max_steps',
    '/executions?limit=100&endReason=unheard_of',
    '/executions?limit=100&environment=staging',
    '/executions?limit=100&environment=unheard_of',
    '/executions?limit=100&unit=unit%207',
    `/executions?limit=100&conversationId=${day}%207`,
    '/executions?limit=100&attribute.tenant=tenant%207',
    `/executions?limit=100&${range}`,
    `/executions?limit=100&status=failure&${range}`,
    `/executions?limit=100&environment=staging&status=failure&${range}`,
    `/executions/${executionId}`,
    `/executions/${executionId}/trace`,
    `/executions/${executionId}/risk`,
    '/costs?groupBy=agent&limit=50',
    '/costs?groupBy=model&limit=50',
    `/costs?groupBy=day&limit=50&${range}`,
    '/costs/series?splitBy=agent',
    '/costs/unpriced?limit=20',
    '/costs/differences?limit=20',
    '/performance-metrics?limit=100',
    '/slas',
    `/slas/${slaId}`,
    `/slas/${slaId}/burn`,
    `/slas/${slaId}/compliance`,
    '/dependencies',
    '/journal/events?limit=50',
    '/ledger',
  ]
  const ofAgent = (agentId: string) => [
    `/agents/${agentId}`,
    `/agents/${agentId}/health?window=24h`,
    `/agents/${agentId}/health/series`,
    `/agents/${agentId}/health/series?${range}`,
    `/agents/${agentId}/performance?days=28`,
    `/agents/${agentId}/releases`,
    `/executions?limit=100&agentId=${agentId}`,
    `/executions?limit=100&status=failure&agentId=${agentId}`,
    `/executions?limit=100&status=cancelled&agentId=${agentId}`,
    `/executions?limit=100&environment=staging&agentId=${agentId}`,
    `/costs?groupBy=model&limit=50&agentId=${agentId}`,
    `/performance-metrics?limit=100&agentId=${agentId}`,
    `/slas?agentId=${agentId}`,
  ]
  return known.agentIds.flatMap((agentId) => [...whole, ...ofAgent(agentId)]).map(named)
}

/** One name for a question about whichever agent, run or service level. */
function named(path: string): Question {
  const kind = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id')
    .replace(/[0-9a-f]{32}/, ':id')
    .replace(/\d{4}-\d\d-\d\d(T00:00:00Z)?/g, 'day')
  return { kind, path: `/api/v1${path}` }
}

/** How long the answers to each kind of question took, in ms. */
export type Durations = ReadonlyMap<string, readonly number[]>

/** Asks one question and reads the answer whole; the time in ms. Throws when it is refused. */
async function ask({ url, key }: Asked, { path }: Question): Promise<number> {
  const startedMs = performance.now()
  const reply = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
  const body = await reply.text()
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${body}`)
  return performance.now() - startedMs
}

/** Asks everything one after the other, so many times; the first time warms caches and plans up and does not count. */
export async function askInTurn(asked: Asked, questions: readonly Question[], rounds: number): Promise<Durations> {
  const durations = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++)
    for (const question of questions) {
      const durationMs = await ask(asked, question)
      if (round > 0) note(durations, question.kind, durationMs)
    }
  return durations
}

/**
 * Asks at a steady rate for some seconds, whatever became of the questions before, in an order that repeats itself. An
 * answer's time begins when its question was due, so that waiting for a slow one is not hidden.
 */
export async function askSteadily(
  asked: Asked,
  questions: readonly Question[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Durations> {
  const durations = new Map<string, number[]>()
  const startedMs = performance.now()
  const answers: Promise<void>[] = []
  for (let number = 0; number < perSecond * seconds; number++) {
    const dueMs = startedMs + (number * 1000) / perSecond
    await pause(dueMs - performance.now())
    // A step that is prime to their count, so that questions of one kind do not come one after the other.
    const question = questions[(number * 137) % questions.length]
    if (question === undefined) continue
    answers.push(
      ask(asked, question).then(() => {
        note(durations, question.kind, performance.now() - dueMs)
      }),
    )
  }
  await Promise.all(answers)
  return durations
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, durationMs))
  })
}

/** Adds one duration to those of its kind. */
function note(durations: Map<string, number[]>, kind: string, durationMs: number): void {
  const known = durations.get(kind)
  if (known === undefined) durations.set(kind, [durationMs])
  else known.push(durationMs)
}

/** p50, p95 and p99 of each kind of question in ms, the slowest first, for the reader of the bench. */
export function tableOf(durations: Durations): string {
  const rows = [...durations].map(([kind, all]) => ({ kind, all, p95: quantile(all, 0.95) }))
  rows.sort((one, other) => other.p95 - one.p95)
  const ms = (value: number) => value.toFixed(1).padStart(8)
  const lines = rows.map(
    ({ kind, all, p95 }) => `${ms(quantile(all, 0.5))}${ms(p95)}${ms(quantile(all, 0.99))}  ${kind}`,
  )
  return ['     p50     p95     p99 ms', ...lines].join('\n')
}

export function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN
}
