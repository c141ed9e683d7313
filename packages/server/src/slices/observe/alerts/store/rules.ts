import type { AlertRuleDefinition } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { instantOf, tables } from './tables.ts'

export interface StoredRule {
  readonly ruleId: string
  readonly version: number
  readonly definition: AlertRuleDefinition
  readonly removed: boolean
  readonly changedBy: string
  readonly changedAt: Instant
}

interface RuleRow {
  rule_id: string
  version: number
  definition: AlertRuleDefinition
  removed: boolean
  changed_by: string
  changed_at: Date
}

const ruleOf = (row: RuleRow): StoredRule => ({
  ruleId: row.rule_id,
  version: row.version,
  definition: row.definition,
  removed: row.removed,
  changedBy: row.changed_by,
  changedAt: instantOf(row.changed_at),
})

/** The newest version of every rule, removed ones included, by name. */
export async function presentRules(tx: Tx): Promise<readonly StoredRule[]> {
  const { rows } = await sql<RuleRow>`
    select * from (
      select distinct on (rule_id) rule_id, version, name, definition, removed, changed_by, changed_at
      from alert_rules where organization_id = ${tx.organizationId} order by rule_id, version desc
    ) newest order by name, rule_id`.execute(tables(tx))
  return rows.map(ruleOf)
}

/** All versions of a rule, newest first; empty when there is no such rule. */
export async function versionsOfRule(tx: Tx, ruleId: string): Promise<readonly StoredRule[]> {
  const rows = await tables(tx)
    .selectFrom('alert_rules')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('rule_id', '=', ruleId)
    .orderBy('version', 'desc')
    .limit(200)
    .execute()
  return rows.map(ruleOf)
}

/** Adds a version; a version that is there already is a conflict and answers false. */
export async function insertRuleVersion(tx: Tx, rule: StoredRule): Promise<boolean> {
  const inserted = await tables(tx)
    .insertInto('alert_rules')
    .values({
      organization_id: tx.organizationId,
      rule_id: rule.ruleId,
      version: rule.version,
      name: rule.definition.name,
      definition: rule.definition,
      removed: rule.removed,
      changed_by: rule.changedBy,
      changed_at: new Date(rule.changedAt),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .execute()
  return inserted.length === 1
}
