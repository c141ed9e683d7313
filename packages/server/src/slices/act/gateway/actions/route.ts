import type {
  GatewayOrder,
  GatewayRouted,
  GatewayRoutePage,
  GatewayRouteQuery,
  GatewayTrial,
  GatewayTrialResult,
  JsonValue,
} from '@metaagent/contract'
import { Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actionDigestOf, type GovernedAction, passGate } from '../../../govern/approvals/index.ts'
import { actorOf, appendDecision } from '../../../govern/journal/index.ts'
import { isDeeperThan, type Placeholder } from '../model/payload.ts'
import { decideRoute, describeDestination, type RouteDecision } from '../model/route.ts'
import { warningsOf } from '../model/rules.ts'
import { insertRoute, listRoutes, type RouteRow } from '../store.ts'
import { type Inspected, inspectPayload, weighFindings } from './inspect.ts'
import { type RulesNow, rulesNow } from './rules.ts'

const deepest = 100

type Order = z.output<typeof GatewayOrder>
type Asked = Pick<Order, 'agent' | 'provider' | 'model' | 'region' | 'declared' | 'text' | 'messages'>

/** An answer, and what turns its placeholders back: for `restorePlaceholders`, in this process alone. */
export interface RoutedPayload {
  readonly routed: GatewayRouted
  readonly placeholders: readonly Placeholder[]
}

/**
 * Decides where a payload may go and answers with the redacted payload. What needs an approval is answered with the
 * action to ask for; asked again with that approval, it uses it up. Journals digests and figures, keeps no text.
 */
export async function routePayload(deps: Deps, caller: Caller, order: Order): Promise<Result<RoutedPayload>> {
  const payload = payloadOf(order)
  if (!payload.ok) return payload
  // Looked at before the transaction: on the embedded store an open one stops everybody.
  const inspected = await inspectPayload(deps, caller.organizationId, order.agent, payload.value)
  if (!inspected.ok) return inspected
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const present = await rulesNow(tx)
    const decided = decideRoute(present.rules, factsOf(order, inspected.value))
    const payloadDigest = digestOf(deps, payload.value)
    const gated = await throughGate(deps, tx, caller, { order, decided, present, payloadDigest })
    if (!gated.ok) return gated
    const { decision, because, approvalId, approval } = gated.value
    const row = rowOf(deps, { order, inspected: inspected.value, decided, present, payloadDigest })
    const kept = { ...row, decision, because, approvalId }
    await insertRoute(tx, kept)
    await tellRoute(deps, tx, caller, kept)
    const answer = answerOf(order, inspected.value, decided, present)
    const routed = { routeId: row.routeId, ...answer, decision, because, approvalId, approval }
    return ok({ routed, placeholders: inspected.value.placeholders })
  })
}

interface Gated {
  readonly decision: RouteDecision['decision']
  readonly because: RouteDecision['because']
  readonly approvalId: string | null
  readonly approval: GatewayRouted['approval']
}

interface Deciding {
  readonly order: Order
  readonly decided: RouteDecision
  readonly present: RulesNow
  readonly payloadDigest: string
}

/** The approval gate, for what waits for people. */
async function throughGate(deps: Deps, tx: Tx, caller: Caller, deciding: Deciding): Promise<Result<Gated>> {
  const { order, decided } = deciding
  const { decision, because } = decided
  if (decision !== 'require-approval') return ok({ decision, because, approvalId: null, approval: null })
  const action = actionOf(deciding)
  const passed = await passGate(deps, tx, caller, action, order.approvalId ?? null)
  if (passed.ok)
    return ok({
      decision: decided.via,
      because: passed.value.because,
      approvalId: passed.value.approvalId,
      approval: null,
    })
  if (passed.refusal.code !== 'approval-required') return passed
  return ok({ decision, because, approvalId: null, approval: { action, actionDigest: actionDigestOf(action) } })
}

/** Bound to this very payload, by its digest, and to where it goes. */
function actionOf({ order, decided, present, payloadDigest }: Deciding): GovernedAction & { parameters: JsonValue } {
  const { judged, destination } = decided
  return {
    operation: 'gateway.route',
    subject: `agent/${order.agent}`,
    environment: order.environment,
    impact: 'HIGH',
    parameters: {
      sensitivity: judged.sensitivity,
      because: judged.because.text,
      to: destination === null ? null : describeDestination(destination),
      redacted: decided.decision === 'require-approval' && decided.via === 'redact',
      payloadDigest,
      rulesVersion: present.version,
    },
  }
}

/** The same decision without deeds. Nothing is kept, and no approval is asked for. */
export async function tryPayload(
  deps: Deps,
  caller: Caller,
  trial: z.output<typeof GatewayTrial>,
): Promise<Result<GatewayTrialResult>> {
  const payload = payloadOf(trial)
  if (!payload.ok) return payload
  const inspected = await inspectPayload(deps, caller.organizationId, trial.agent, payload.value)
  if (!inspected.ok) return inspected
  const present = await deps.store.transaction({ organizationId: caller.organizationId }, rulesNow)
  const tried = trial.rules === undefined ? present : { rules: trial.rules, version: present.version }
  const decided = decideRoute(tried.rules, factsOf(trial, inspected.value))
  return ok({ ...answerOf(trial, inspected.value, decided, tried), warnings: [...warningsOf(tried.rules)] })
}

function payloadOf({ text, messages }: Asked): Result<JsonValue> {
  if (text !== undefined) return ok(text)
  // It came as JSON, so it is JSON; how deep is another question.
  const payload = messages as JsonValue
  return isDeeperThan(payload, deepest)
    ? refuse('invalid-body', `/messages: must not be nested deeper than ${deepest} levels.`)
    : ok(payload)
}

function factsOf(asked: Asked, { found, uninspected }: Inspected) {
  const { agent, provider = null, model = null, region = null, declared = null } = asked
  return { agent, provider, model, region, declared, found, uninspected }
}

function answerOf(asked: Asked, inspected: Inspected, decided: RouteDecision, { rules, version }: RulesNow) {
  const { judged, decision, because, destination, isPrivate } = decided
  const { redacted, uninspected } = inspected
  return {
    decision,
    because,
    sensitivity: judged.sensitivity,
    declared: judged.declared,
    detected: judged.detected,
    raisedBecause: judged.because,
    destination,
    isPrivate,
    findings: weighFindings(inspected, rules),
    uninspected,
    redacted:
      redacted === null || decision === 'deny'
        ? null
        : asked.text === undefined
          ? { text: null, messages: redacted as JsonValue[] }
          : { text: redacted as string, messages: null },
    rulesVersion: version,
  }
}

function rowOf(
  deps: Deps,
  of: Deciding & { readonly inspected: Inspected },
): Omit<RouteRow, 'decision' | 'because' | 'approvalId'> {
  const { order, inspected, decided, present, payloadDigest } = of
  const { provider = null, model = null, region = null, agent } = order
  const { judged, destination, isPrivate } = decided
  return {
    routeId: deps.ids.uuid(),
    agent,
    asked: { provider, model, region },
    declared: judged.declared,
    detected: judged.detected,
    sensitivity: judged.sensitivity,
    found: inspected.found,
    uninspected: inspected.uninspected,
    raisedBecause: judged.because,
    destination,
    isPrivate,
    rulesVersion: present.version,
    payloadDigest,
    routedAt: deps.clock.now(),
  }
}

/** Journals the decision and its mirror: figures and digests, no text. */
async function tellRoute(deps: Deps, tx: Tx, caller: Caller, row: RouteRow): Promise<void> {
  const { routedAt: _routedAt, ...payload } = row
  const correlation = row.approvalId === null ? {} : { correlationId: row.approvalId }
  const { decision: verdict, because } = row
  await appendDecision(
    deps,
    tx,
    { type: 'gateway.routed', subject: `agent/${row.agent}`, actor: actorOf(caller), ...correlation, payload },
    { verdict, because },
  )
}

/** Keyed by the deployment's secret: who has the database alone cannot try texts. */
function digestOf(deps: Deps, payload: JsonValue): string {
  const mac = deps.secrets.mac(Buffer.from(JSON.stringify(payload)), 'gateway.payload')
  return `hmac-sha256:${Buffer.from(mac).toString('hex')}`
}

/** One page of what was decided, newest first. */
export async function readRoutes(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof GatewayRouteQuery>,
): Promise<Result<z.input<typeof GatewayRoutePage>>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('gateway-routes', filters, cursor, 1)
    if (!position.ok) return position
    const id = Uuid.safeParse(position.value[0])
    if (!id.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = id.data
  }
  const { decision = null, sensitivity = null, agent = null } = filters
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    listRoutes(tx, { decision, sensitivity, agent }, before, limit + 1),
  )
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({
    items: rows.map((row) => ({ ...row, routedAt: toIso(row.routedAt) })),
    nextCursor: more ? encodePageCursor('gateway-routes', filters, [last.routeId]) : null,
  })
}
