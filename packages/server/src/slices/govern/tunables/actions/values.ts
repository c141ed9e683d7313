import type { Tunable, TunableChange, TunableHistory, TunableRevert, TunableValue } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../approvals/index.ts'
import { actorOf, append } from '../../journal/index.ts'
import { decideChange, decideRevert, type Setting, type TunableDeclaration, valueOf } from '../model.ts'
import { insertValue, lockTunable, presentValues, versionsOf } from '../store.ts'
import { declaredTunable, declaredTunables } from './declared.ts'

const mostVersionsShown = 500
const unknownTunable = refuse('tunable-unknown', 'GET /api/v1/tunables lists the keys that this version knows.')

/** The organization's value, or the default. Throws for a key that no slice declared: the asker is our own code. */
export async function tunableValue(_deps: Deps, tx: Tx, key: string): Promise<z.output<typeof TunableValue>> {
  const declared = declaredTunable(key)
  assertInvariant(declared !== null, `the tunable ${key} is declared before it is read`)
  const [setting] = await versionsOf(tx, key, 1)
  return setting === undefined ? declared.defaultValue : valueOf(declared, setting)
}

/** The version of the organization's value; 0 while it is the default. */
export async function tunableVersion(tx: Tx, key: string): Promise<number> {
  const [setting] = await versionsOf(tx, key, 1)
  return setting?.version ?? 0
}

/** The value of a tunable that is a number. */
export async function tunableNumber(deps: Deps, tx: Tx, key: string): Promise<number> {
  const value = await tunableValue(deps, tx, key)
  assertInvariant(typeof value === 'number', `the tunable ${key} is a number`)
  return value
}

/** Values of several tunables in one question, in the order of the keys. Throws like `tunableValue`. */
export async function tunableValues(
  _deps: Deps,
  tx: Tx,
  keys: readonly string[],
): Promise<readonly z.output<typeof TunableValue>[]> {
  const settings = await presentValues(tx, keys)
  return keys.map((key) => {
    const declared = declaredTunable(key)
    assertInvariant(declared !== null, `the tunable ${key} is declared before it is read`)
    const setting = settings.get(key)
    return setting === undefined ? declared.defaultValue : valueOf(declared, setting)
  })
}

export async function listTunables(deps: Deps, caller: Caller): Promise<Tunable[]> {
  const { organizationId } = caller
  const settings = await deps.store.transaction({ organizationId }, (tx) => presentValues(tx))
  return declaredTunables().map((declared) => describe(declared, settings.get(declared.key) ?? unset(declared)))
}

export async function readHistory(
  deps: Deps,
  caller: Caller,
  key: string,
): Promise<Result<z.output<typeof TunableHistory>>> {
  if (declaredTunable(key) === null) return unknownTunable
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => versionsOf(tx, key, mostVersionsShown))
  const items = rows.map(({ version, value, reason, changedBy, changedAt }) => ({
    version,
    value,
    reason,
    changedBy,
    changedAt: toIso(changedAt),
  }))
  return ok({ key, items })
}

/** Gives a tunable a value: checked against its range, then through the approval gate with its impact. */
export async function changeTunable(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  key: string,
  input: z.output<typeof TunableChange>,
): Promise<Result<Tunable>> {
  const declared = declaredTunable(key)
  if (declared === null) return unknownTunable
  await lockTunable(tx, key)
  const [setting = unset(declared)] = await versionsOf(tx, key, 1)
  return change(deps, tx, caller, { declared, setting, ...input })
}

/** Gives a tunable the value that it had before its last change, through the same gate. */
export async function revertTunable(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  key: string,
  input: z.output<typeof TunableRevert>,
): Promise<Result<Tunable>> {
  const declared = declaredTunable(key)
  if (declared === null) return unknownTunable
  await lockTunable(tx, key)
  const history = await versionsOf(tx, key, 2)
  const value = decideRevert(declared, history)
  if (!value.ok) return value
  const [setting = unset(declared)] = history
  return change(deps, tx, caller, { declared, setting, value: value.value, ...input })
}

interface Change {
  readonly declared: TunableDeclaration
  readonly setting: Setting
  readonly value: z.output<typeof TunableValue>
  readonly reason: string
  readonly expectedVersion?: number | undefined
  readonly approvalId?: string | undefined
}

async function change(deps: Deps, tx: Tx, caller: Caller, asked: Change): Promise<Result<Tunable>> {
  const { declared, setting, value, reason } = asked
  const decided = decideChange({ declared, setting, value, expectedVersion: asked.expectedVersion ?? null })
  if (!decided.ok) return decided
  const passed = await passGate(deps, tx, caller, decided.value, asked.approvalId ?? null)
  if (!passed.ok) return passed
  const { approvalId } = passed.value
  const actor = actorOf(caller)
  const version = setting.version + 1
  const { key } = declared
  const changedBy = `${actor.kind}:${actor.id}`
  await insertValue(tx, { key, version, value, reason, changedBy, changedAt: deps.clock.now(), approvalId })
  await append(deps, tx, [
    {
      type: 'tunables.value.changed',
      subject: `tunable/${key}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: { key, from: valueOf(declared, setting), to: value, version, reason, approvalId },
    },
  ])
  return ok(describe(declared, { version, value }))
}

function unset(declared: TunableDeclaration): Setting {
  return { version: 0, value: declared.defaultValue }
}

function describe(declared: TunableDeclaration, setting: Setting): Tunable {
  return { ...declared, value: valueOf(declared, setting), version: setting.version }
}
