import { iso, uuid } from './random.ts'

const because = { rule: 'figure-failureRate', observed: 0.5, limit: 0.2, text: 'failureRate of the last 5m is 0.5.' }

/** An alert that fires, or one in another state. */
export function alertOf(nowMs: number, state: 'pending' | 'firing' | 'acknowledged' | 'resolved' = 'firing') {
  return {
    alertId: uuid(700),
    fingerprint: 'c52e9706672d86b5',
    ruleId: uuid(701),
    rule: 'failing runs',
    severity: 'critical',
    state,
    labels: { alertname: 'failing runs', severity: 'critical', agent: 'claims-intake' },
    annotations: {},
    because,
    pendingAt: iso(nowMs - 120_000),
    firedAt: iso(nowMs - 60_000),
    acknowledgedAt: state === 'acknowledged' ? iso(nowMs - 30_000) : null,
    acknowledgedBy: state === 'acknowledged' ? `user:${uuid(1)}` : null,
    comment: null,
    resolvedAt: null,
    mutedBy: null,
  }
}

/** The same with its history. */
export function alertDetailOf(nowMs: number, state: 'firing' | 'acknowledged' = 'firing') {
  const step = { from: null, to: 'firing', actor: 'system:alerts', because, comment: null }
  return { ...alertOf(nowMs, state), history: [{ ...step, at: iso(nowMs - 60_000) }] }
}

export function ruleOf(nowMs: number) {
  const condition = { kind: 'silent', silentForMinutes: 60 }
  const scope = { agents: [], domains: [], environment: null }
  const definition = {
    name: 'gone quiet',
    description: '',
    enabled: true,
    severity: 'warning',
    condition,
    forMinutes: 2,
  }
  return {
    ruleId: uuid(701),
    version: 3,
    definition: { ...definition, scope, whenUnknown: 'keep', labels: {}, annotations: {} },
    changedBy: `user:${uuid(1)}`,
    changedAt: iso(nowMs - 9e6),
    firing: 1,
  }
}

export function channelOf(nowMs: number) {
  return {
    channelId: uuid(702),
    name: 'on call',
    settings: { kind: 'slack' },
    hasSecret: true,
    digest: { dailyAt: '08:30', weeklyOn: 'monday', weeklyAt: '08:00' },
    enabled: true,
    nextDailyAt: null,
    nextWeeklyAt: null,
    lastDeliveredAt: iso(nowMs - 60_000),
    lastError: null,
  }
}

export function deliveryOf(nowMs: number) {
  return {
    deliveryId: uuid(703),
    channelId: uuid(702),
    channel: 'on call',
    purpose: 'alert',
    title: '1 firing: failing runs',
    status: 'firing',
    state: 'dead',
    attempts: 10,
    detail: 'Given up after 10 attempts: HTTP 503',
    log: [
      {
        at: new Date(nowMs - 60_000).toISOString(),
        outcome: 'failed',
        status: 503,
        latencyMs: 812,
        detail: 'HTTP 503: try later',
        response: 'try later',
      },
    ],
    againOf: null,
    createdAt: iso(nowMs - 60_000),
    nextAttemptAt: null,
    finishedAt: iso(nowMs),
  }
}

export function silenceOf(nowMs: number) {
  return {
    silenceId: uuid(704),
    matchers: [{ name: 'agent', operator: '=', value: 'claims-intake' }],
    startsAt: iso(nowMs),
    endsAt: iso(nowMs + 3_600_000),
    createdBy: `user:${uuid(1)}`,
    createdAt: iso(nowMs),
    comment: 'Known.',
    state: 'active',
    silenced: 1,
  }
}

export function policyOf() {
  const route = {
    name: 'all',
    matchers: [],
    continue: false,
    channels: [],
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: [],
  }
  const policy = { timeZone: 'UTC', route, inhibitions: [], timeIntervals: [] }
  return { version: 0, policy, changedBy: null, changedAt: null }
}
