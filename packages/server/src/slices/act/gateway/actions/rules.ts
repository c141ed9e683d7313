import { createHash } from 'node:crypto'
import {
  defaultGatewayRules,
  type GatewayDryRun,
  type GatewayDryRunResult,
  type GatewayRules,
  type GatewayRulesChange,
  type GatewayRulesState,
  type GatewayRulesVersions,
} from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { warningsOf, weighChange } from '../model/rules.ts'
import { tryRules } from '../model/trial.ts'
import { insertRules, lockRules, type RulesRow, routesSince, rulesVersions } from '../store.ts'

const dayMs = 86_400_000
const mostVersionsShown = 200
const mostRoutesTried = 5_000
const mostChangesShown = 100

export interface RulesNow {
  readonly rules: GatewayRules
  /** 0: what every organization begins with. */
  readonly version: number
}

/** The rules that hold. */
export async function rulesNow(tx: Tx): Promise<RulesNow> {
  const [row] = await rulesVersions(tx, 1)
  return row ?? { rules: defaultGatewayRules, version: 0 }
}

export async function readRules(deps: Deps, caller: Caller): Promise<Result<GatewayRulesState>> {
  const { organizationId } = caller
  const [row] = await deps.store.transaction({ organizationId }, (tx) => rulesVersions(tx, 1))
  return ok(stateOf(row))
}

export async function readVersions(deps: Deps, caller: Caller): Promise<Result<GatewayRulesVersions>> {
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => rulesVersions(tx, mostVersionsShown))
  const items = rows.map((row) => {
    const { warnings: _warnings, ...item } = stateOf(row)
    return item
  })
  return ok({ items })
}

function stateOf(row: RulesRow | undefined): GatewayRulesState {
  const rules = row?.rules ?? defaultGatewayRules
  return {
    rules,
    version: row?.version ?? 0,
    changedBy: row?.changedBy ?? null,
    changedAt: row === undefined ? null : toIso(row.changedAt),
    reason: row?.reason ?? null,
    warnings: [...warningsOf(rules)],
  }
}

/** Changes what may go where; what may let more through than before needs an approval. */
export async function changeRules(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof GatewayRulesChange>,
): Promise<Result<GatewayRulesState>> {
  const { rules, reason, expectedVersion } = input
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockRules(tx)
    const present = await rulesNow(tx)
    if (expectedVersion !== undefined && expectedVersion !== present.version)
      return refuse('precondition-failed', `The rules have version ${present.version} by now. Read them again.`, {
        version: present.version,
      })
    const weighed = weighChange(present.rules, rules)
    if (weighed === null) return refuse('conflict', 'The rules are like this already.')
    const { impact, because } = weighed
    const digest = `sha256:${createHash('sha256').update(canonicalJson(rules)).digest('hex')}`
    const parameters = { rulesDigest: digest, fromVersion: present.version, because: because.text }
    const action = { operation: 'gateway.change', subject: 'gateway', environment: 'production', impact, parameters }
    const passed = await passGate(deps, tx, caller, action, input.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const actor = actorOf(caller)
    const version = present.version + 1
    const by = { changedBy: `${actor.kind}:${actor.id}`, changedAt: deps.clock.now() }
    const row: RulesRow = { version, rules, digest, reason, ...by, approvalId }
    await insertRules(tx, row)
    await append(deps, tx, [
      {
        type: 'gateway.rules.changed',
        subject: 'gateway',
        actor,
        ...(approvalId === null ? {} : { correlationId: approvalId }),
        payload: { version, rulesDigest: digest, impact, because, reason, approvalId },
      },
    ])
    return ok(stateOf(row))
  })
}

/** What other rules would have decided on what was routed in the last days. Changes nothing. */
export async function dryRunRules(
  deps: Deps,
  caller: Caller,
  { rules: proposed, days }: z.output<typeof GatewayDryRun>,
): Promise<Result<GatewayDryRunResult>> {
  const since = addMs(deps.clock.now(), -days * dayMs)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { rules: present } = await rulesNow(tx)
    const found = await routesSince(tx, since, mostRoutesTried + 1)
    const past = found.slice(0, mostRoutesTried).map(({ asked, ...facts }) => ({ ...facts, ...asked }))
    const changes = tryRules({ present, proposed, past })
    const countOf = (effect: string) =>
      changes.reduce((sum, change) => sum + (change.effect === effect ? change.count : 0), 0)
    return ok({
      warnings: [...warningsOf(proposed)],
      since: toIso(since),
      routes: past.length,
      isComplete: found.length <= mostRoutesTried,
      stricter: countOf('stricter'),
      looser: countOf('looser'),
      impact: weighChange(present, proposed)?.impact ?? null,
      changes: changes.slice(0, mostChangesShown),
    })
  })
}
