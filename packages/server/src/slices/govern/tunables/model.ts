import type { Impact, Tunable, TunableValue } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../kernel/result.ts'

/** A tunable as code declares it; an organization's value and its version come from the table. */
export type TunableDeclaration = Omit<Tunable, 'value' | 'version'>

type Value = z.output<typeof TunableValue>

/** What an organization has set: version 0 and the default when it never set anything. */
export interface Setting {
  readonly version: number
  readonly value: Value
}

/** What is wrong with a declaration, as a sentence; null when it can be registered. Declarations are code: a fault is ours. */
export function faultOf(declared: TunableDeclaration): string | null {
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(declared.key))
    return `${declared.key} is not spelled slice.name_of_the_tunable`
  const numeric = declared.type === 'number' || declared.type === 'integer'
  if (numeric !== (declared.minimum !== null && declared.maximum !== null))
    return `${declared.key} needs both bounds exactly if it is a number`
  if ((declared.type === 'choice') !== (declared.choices !== null))
    return `${declared.key} needs choices exactly if it is one`
  const fits = judgeValue(declared, declared.defaultValue)
  return fits.ok ? null : `the default of ${declared.key} does not fit: ${fits.refusal.detail}`
}

/** Whether a value has the declared type and lies in the declared range. */
export function judgeValue(declared: TunableDeclaration, value: Value): Result<Value> {
  const wrong = wrongIn(declared, value)
  return wrong === null ? ok(value) : refuse('tunable-out-of-range', `${declared.key} ${wrong}.`, { key: declared.key })
}

function wrongIn(declared: TunableDeclaration, value: Value): string | null {
  switch (declared.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'takes true or false'
    case 'choice': {
      const choices = declared.choices ?? []
      return typeof value === 'string' && choices.includes(value) ? null : `takes one of ${choices.join(', ')}`
    }
    case 'number':
    case 'integer':
      return wrongInNumber(declared, value)
  }
}

function wrongInNumber(declared: TunableDeclaration, value: Value): string | null {
  const kind = declared.type === 'integer' ? 'a whole number' : 'a number'
  const { minimum, maximum } = declared
  const unit = declared.unit === null ? '' : ` ${declared.unit}`
  const rule = `takes ${kind} from ${minimum ?? '-∞'} to ${maximum ?? '∞'}${unit}`
  if (typeof value !== 'number' || !Number.isFinite(value)) return rule
  if (declared.type === 'integer' && !Number.isInteger(value)) return rule
  return (minimum !== null && value < minimum) || (maximum !== null && value > maximum) ? rule : null
}

/**
 * The value that counts: the one that was set, while it fits the declaration. A program that narrowed the range since
 * falls back to its default rather than run on a value that it calls unsafe.
 */
export function valueOf(declared: TunableDeclaration, setting: Setting): Value {
  return judgeValue(declared, setting.value).ok ? setting.value : declared.defaultValue
}

/** What a change asks the approval gate for; bound to the version that it replaces, so that it fits once. */
export interface ChangeAction {
  readonly operation: 'tunables.change'
  readonly subject: string
  readonly environment: 'production'
  readonly impact: Impact
  readonly parameters: { readonly value: Value; readonly fromVersion: number }
}

/**
 * Decides whether a value may be proposed for a tunable: it fits, differs from what holds, and the asker has seen what
 * holds. The gate decides afterwards who has to agree.
 */
export function decideChange(asked: {
  readonly declared: TunableDeclaration
  readonly setting: Setting
  readonly value: Value
  readonly expectedVersion: number | null
}): Result<ChangeAction> {
  const { declared, setting, value, expectedVersion } = asked
  if (expectedVersion !== null && expectedVersion !== setting.version)
    return refuse('precondition-failed', `${declared.key} has version ${setting.version} by now. Read it again.`, {
      version: setting.version,
    })
  const fits = judgeValue(declared, value)
  if (!fits.ok) return fits
  if (valueOf(declared, setting) === value) return refuse('conflict', `${declared.key} has this value already.`)
  return ok({
    operation: 'tunables.change',
    subject: `tunable/${declared.key}`,
    // MetaAgent's own parameters act on everything it watches, so they count as production.
    environment: 'production',
    impact: impactOf(declared, valueOf(declared, setting), value),
    parameters: { value, fromVersion: setting.version },
  })
}

/** Where only one direction destroys something, the other one weighs less. */
function impactOf({ impact, impactOfRaise }: TunableDeclaration, from: Value, to: Value): Impact {
  const isRaise = typeof from === 'number' && typeof to === 'number' && to > from
  return isRaise ? (impactOfRaise ?? impact) : impact
}

/** The value to go back to: what held before the present version, or why there is none. */
export function decideRevert(declared: TunableDeclaration, history: readonly Setting[]): Result<Value> {
  const [present, before] = history
  if (present === undefined) return refuse('conflict', `${declared.key} has its default; there is nothing to revert.`)
  return ok(before === undefined ? declared.defaultValue : before.value)
}
