import type { AlertRule, AlertRuleDefinition, AlertRuleVersions } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { checkRule } from '../model/checks.ts'
import { firingByRule } from '../store/alerts.ts'
import { insertRuleVersion, presentRules, type StoredRule, versionsOfRule } from '../store/rules.ts'

const unknownRule = refuse('not-found', 'There is no alert rule with this id. GET /api/v1/alert-rules lists them.')
const changedMeanwhile = refuse('precondition-failed', 'The rule has changed since you read it. Read it again.')

/** Every rule that is not removed, by name. */
export async function listRules(deps: Deps, caller: Caller): Promise<AlertRule[]> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const firing = await firingByRule(tx)
    const rules = (await presentRules(tx)).filter(({ removed }) => !removed)
    return rules.map((rule) => describe(rule, firing.get(rule.ruleId) ?? 0))
  })
}

export async function readRule(deps: Deps, caller: Caller, ruleId: string): Promise<Result<AlertRule>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [newest] = await versionsOfRule(tx, ruleId)
    if (newest === undefined || newest.removed) return unknownRule
    return ok(describe(newest, (await firingByRule(tx)).get(ruleId) ?? 0))
  })
}

export async function readRuleVersions(
  deps: Deps,
  caller: Caller,
  ruleId: string,
): Promise<Result<z.output<typeof AlertRuleVersions>>> {
  const { organizationId } = caller
  const versions = await deps.store.transaction({ organizationId }, (tx) => versionsOfRule(tx, ruleId))
  if (versions.length === 0) return unknownRule
  const items = versions.map(({ changedAt, ...version }) => ({ ...version, changedAt: toIso(changedAt) }))
  return ok({ items })
}

/** Makes a rule. Refuses one that can never fire, or whose name is taken: the name is the label `alertname`. */
export async function createRule(
  deps: Deps,
  caller: Caller,
  definition: AlertRuleDefinition,
): Promise<Result<AlertRule>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    save(deps, tx, caller, { ruleId: deps.ids.uuid(), version: 1, definition, removed: false }),
  )
}

/** Writes the next version of a rule that is at `expectedVersion`. */
export async function changeRule(
  deps: Deps,
  caller: Caller,
  ruleId: string,
  change: { readonly definition: AlertRuleDefinition; readonly expectedVersion: number },
): Promise<Result<AlertRule>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [newest] = await versionsOfRule(tx, ruleId)
    if (newest === undefined || newest.removed) return unknownRule
    if (newest.version !== change.expectedVersion) return changedMeanwhile
    const version = newest.version + 1
    return await save(deps, tx, caller, { ruleId, version, definition: change.definition, removed: false })
  })
}

/** Removes a rule; its alerts resolve at the next evaluation, its versions stay. */
export async function removeRule(deps: Deps, caller: Caller, ruleId: string): Promise<Result<AlertRule>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [newest] = await versionsOfRule(tx, ruleId)
    if (newest === undefined || newest.removed) return unknownRule
    const removed = { ruleId, version: newest.version + 1, definition: newest.definition, removed: true }
    return await save(deps, tx, caller, removed)
  })
}

async function save(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  asked: Omit<StoredRule, 'changedBy' | 'changedAt'>,
): Promise<Result<AlertRule>> {
  const { ruleId, version, definition, removed } = asked
  const checked = checkRule(definition)
  if (!checked.ok && !removed) return checked
  const others = (await presentRules(tx)).filter((rule) => !rule.removed && rule.ruleId !== ruleId)
  if (!removed && others.some((rule) => rule.definition.name === definition.name))
    return refuse('already-exists', `A rule is called "${definition.name}" already; its alerts would be the same ones.`)
  const actor = actorOf(caller)
  const rule = { ...asked, changedBy: `${actor.kind}:${actor.id}`, changedAt: deps.clock.now() }
  if (!(await insertRuleVersion(tx, rule))) return changedMeanwhile
  const subject = `alert-rule/${ruleId}`
  const { name, severity, enabled } = definition
  await append(deps, tx, [
    removed
      ? { type: 'alerts.rule.removed', subject, actor, payload: { ruleId, name, version } }
      : { type: 'alerts.rule.saved', subject, actor, payload: { ruleId, name, version, severity, enabled } },
  ])
  return ok(describe(rule, (await firingByRule(tx)).get(ruleId) ?? 0))
}

function describe(rule: StoredRule, firing: number): AlertRule {
  const { ruleId, version, definition, changedBy } = rule
  return { ruleId, version, definition, changedBy, changedAt: toIso(rule.changedAt), firing }
}
