import type { DriftSettings, DriftSettingsChange, DriftSettingsState } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { defaultRules, settingsFault } from '../model/settings.ts'
import { insertSettings, lockSettings, presentSettings, type SettingsRow } from '../store/settings.ts'

/** Which method watches what, and what counts where no rule fits. */
export async function readSettings(deps: Deps, caller: Caller): Promise<Result<DriftSettingsState>> {
  const row = await deps.store.transaction({ organizationId: caller.organizationId }, presentSettings)
  return ok(stateOf(row))
}

/**
 * Sets which method watches what, through the approval gate. Streams that get another method begin anew with their next
 * reading, and their open alarms are closed.
 */
export async function changeSettings(
  deps: Deps,
  caller: Caller,
  { settings, reason, expectedVersion, approvalId }: z.output<typeof DriftSettingsChange>,
): Promise<Result<DriftSettingsState>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockSettings(tx)
    const present = await presentSettings(tx)
    const version = present?.version ?? 0
    if (expectedVersion !== undefined && expectedVersion !== version)
      return refuse('precondition-failed', `The settings have version ${version} by now. Read them again.`, { version })
    const fault = settingsFault(settings)
    if (fault !== null) return refuse('not-processable', fault)
    if (isSame(present?.settings ?? { rules: [] }, settings))
      return refuse('conflict', 'The settings are like this already.')
    const action = {
      operation: 'drift.settings.change',
      subject: 'drift',
      environment: 'production',
      impact: 'MODERATE',
      parameters: { settings, fromVersion: version },
    } as const
    const passed = await passGate(deps, tx, caller, action, approvalId ?? null)
    if (!passed.ok) return passed
    const actor = actorOf(caller)
    const row: SettingsRow = {
      version: version + 1,
      settings,
      reason,
      changedBy: `${actor.kind}:${actor.id}`,
      changedAt: deps.clock.now(),
      approvalId: passed.value.approvalId,
    }
    await insertSettings(tx, row)
    await append(deps, tx, [
      {
        type: 'drift.settings.changed',
        subject: 'drift',
        actor,
        ...(row.approvalId === null ? {} : { correlationId: row.approvalId }),
        payload: { version: row.version, rules: settings.rules, reason, approvalId: row.approvalId },
      },
    ])
    return ok(stateOf(row))
  })
}

const isSame = (one: DriftSettings, other: DriftSettings) => JSON.stringify(one) === JSON.stringify(other)

function stateOf(row: SettingsRow | null): DriftSettingsState {
  const defaults = [...defaultRules]
  if (row === null) return { settings: { rules: [] }, defaults, version: 0, changedBy: null, changedAt: null }
  const { settings, version, changedBy, changedAt } = row
  return { settings, defaults, version, changedBy, changedAt: toIso(changedAt) }
}
