import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { appendDecision } from '../../../govern/journal/index.ts'
import { observe } from '../model/conditions.ts'
import { type ActiveAlert, evaluate, type Transition } from '../model/evaluate.ts'
import * as alerts from '../store/alerts.ts'
import { presentRules, type StoredRule } from '../store/rules.ts'
import { createEvidenceLoader } from './evidence.ts'

const actor = { kind: 'system', id: 'alerts' } as const
const system = 'system:alerts'
const toldPerEvent = 20

/**
 * Judges every rule on what is known now and writes what changes: rows, the steps of each alert and one decision per rule,
 * in the caller's transaction. Answers how many alerts changed.
 */
export async function evaluateRules(deps: Deps, tx: Tx, now: Instant): Promise<number> {
  const rules = await presentRules(tx)
  const activeByRule = await alerts.activeByRule(tx)
  const evidence = createEvidenceLoader(deps, tx, now)
  let changes = 0
  for (const rule of rules) {
    const active = activeByRule.get(rule.ruleId) ?? []
    const isOn = rule.definition.enabled && !rule.removed
    if (!isOn && active.length === 0) continue
    const definition = { ...rule.definition, enabled: isOn }
    const observations = isOn ? observe(definition.condition, await evidence.load(definition), now) : []
    const transitions = evaluate(definition, observations, active, now)
    if (transitions.length > 0) await record(deps, tx, rule, { transitions, active, now })
    changes += transitions.length
  }
  return changes
}

interface Changes {
  readonly transitions: readonly Transition[]
  readonly active: readonly ActiveAlert[]
  readonly now: Instant
}

type Step = alerts.TransitionRow & Pick<Transition, 'fingerprint' | 'labels'>

async function record(deps: Deps, tx: Tx, rule: StoredRule, changes: Changes): Promise<void> {
  const { transitions, now } = changes
  const appeared = transitions.flatMap((change) =>
    change.kind === 'appeared' ? [{ ...change, alertId: deps.ids.uuid() }] : [],
  )
  const inserted = await alerts.insertAlerts(
    tx,
    appeared.map(({ to: state, alertId, fingerprint, labels, annotations, because }) => ({
      alertId,
      fingerprint,
      ruleId: rule.ruleId,
      rule: rule.definition.name,
      severity: rule.definition.severity,
      state,
      labels,
      annotations,
      because,
    })),
    now,
  )
  const fired = transitions.filter((change) => change.kind === 'fired')
  const resolved = transitions.filter((change) => change.kind === 'resolved')
  await alerts.fireAlerts(tx, fired, now)
  await alerts.resolveAlerts(tx, resolved, now)
  const common = { actor: system, comment: null }
  const steps: readonly Step[] = [
    ...appeared.filter(({ alertId }) => inserted.has(alertId)).map((change) => ({ ...change, ...common, from: null })),
    ...fired.map((change) => ({ ...change, ...common, from: 'pending' as const, to: 'firing' as const })),
    ...resolved.map((change) => ({ ...change, ...common, to: 'resolved' as const })),
  ]
  await alerts.insertTransitions(
    tx,
    steps.map(({ alertId, from, to, actor: by, because, comment }) => ({
      alertId,
      from,
      to,
      actor: by,
      because,
      comment,
    })),
    now,
  )
  if (steps.length > 0) await tell(deps, tx, rule, steps)
}

async function tell(deps: Deps, tx: Tx, rule: StoredRule, steps: readonly Step[]): Promise<void> {
  const count = (state: Step['to']) => steps.filter(({ to }) => to === state).length
  const counts = { pending: count('pending'), firing: count('firing'), resolved: count('resolved') }
  const first = steps.find(({ to }) => to === 'firing') ?? steps[0]
  if (first === undefined) return
  const event = {
    type: 'alerts.state.changed' as const,
    subject: `alert-rule/${rule.ruleId}`,
    actor,
    payload: {
      ruleId: rule.ruleId,
      rule: rule.definition.name,
      severity: rule.definition.severity,
      counts,
      transitions: steps.slice(0, toldPerEvent).map(({ alertId, fingerprint, from, to, labels, because }) => ({
        alertId,
        fingerprint,
        from,
        to,
        labels,
        because,
      })),
    },
  }
  await appendDecision(deps, tx, event, { verdict: first.to, because: first.because })
}
