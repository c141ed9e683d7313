import { createHash } from 'node:crypto'
import {
  type AgentMaskingChange,
  type AgentMaskingState,
  defaultMaskingSettings,
  type MaskingChange,
  type MaskingOverride,
  type MaskingOverview,
  type MaskingSettings,
  type MaskingState,
} from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { settingsOfAgent } from '../model/policy.ts'
import { summaryOf, type WeighedChange, weighChange } from '../model/settings.ts'
import {
  insertSettings,
  lockSettings,
  presentSettings,
  presentSettingsOf,
  type SettingsRow,
} from '../store/settings.ts'
import { compileSettings } from './compile.ts'
import { settingsChanged } from './settings-cache.ts'

/** What is masked for the organization and, where it differs, for its agents. */
export async function readSettings(deps: Deps, caller: Caller): Promise<MaskingOverview> {
  const rows = await deps.store.transaction({ organizationId: caller.organizationId }, presentSettings)
  const agents = rows.flatMap((row) =>
    row.agent === null || Object.keys(row.settings).length === 0 ? [] : [stateOfAgent(row.agent, row)],
  )
  return { organization: stateOf(rows.find((row) => row.agent === null) ?? null), agents }
}

interface Asked {
  readonly agent: string | null
  readonly from: MaskingSettings
  readonly to: MaskingSettings
  /** What is written: whole settings, or what the agent has otherwise. */
  readonly written: MaskingOverride
  readonly version: number
  readonly reason: string
  readonly expectedVersion?: number | undefined
  readonly approvalId?: string | undefined
}

/** Changes what is masked in the organization; what would be stored in clear after it needs an approval. */
export async function changeSettings(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof MaskingChange>,
): Promise<Result<MaskingState>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockSettings(tx)
    const row = await presentSettingsOf(tx, null)
    const state = stateOf(row)
    const { settings, ...particulars } = input
    const asked = { agent: null, from: state.settings, to: settings, written: settings, version: state.version }
    const changed = await change(deps, tx, caller, { ...asked, ...particulars })
    return changed.ok ? ok(stateOf(changed.value)) : changed
  })
}

/** Changes what one agent has otherwise than its organization; an empty override makes it as its organization is. */
export async function changeAgentSettings(
  deps: Deps,
  caller: Caller,
  agent: string,
  input: z.output<typeof AgentMaskingChange>,
): Promise<Result<AgentMaskingState>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockSettings(tx)
    const organization = stateOf(await presentSettingsOf(tx, null)).settings
    const row = await presentSettingsOf(tx, agent)
    const { override, ...particulars } = input
    const changed = await change(deps, tx, caller, {
      agent,
      from: settingsOfAgent(organization, row?.settings),
      to: settingsOfAgent(organization, override),
      written: override,
      version: row?.version ?? 0,
      ...particulars,
    })
    return changed.ok ? ok(stateOfAgent(agent, changed.value)) : changed
  })
}

async function change(deps: Deps, tx: Tx, caller: Caller, asked: Asked): Promise<Result<SettingsRow>> {
  const { agent, from, to, written, reason, expectedVersion } = asked
  if (expectedVersion !== undefined && expectedVersion !== asked.version)
    return refuse('precondition-failed', `The settings have version ${asked.version} by now. Read them again.`, {
      version: asked.version,
    })
  const usable = compileSettings(to)
  if (!usable.ok) return usable
  const weighed = weighChange(from, to) ?? (agent === null ? null : sameForNow)
  if (weighed === null) return refuse('conflict', 'The settings are like this already.')
  const passed = await passGate(deps, tx, caller, actionOf(asked, weighed), asked.approvalId ?? null)
  if (!passed.ok) return passed
  const { approvalId } = passed.value
  const actor = actorOf(caller)
  const row: SettingsRow = {
    // An organization's settings are whole, an agent's are what it has otherwise.
    ...(agent === null ? { agent, settings: to } : { agent, settings: written }),
    version: asked.version + 1,
    reason,
    changedBy: `${actor.kind}:${actor.id}`,
    changedAt: deps.clock.now(),
    approvalId,
  }
  await insertSettings(tx, row)
  const { impact, because } = weighed
  const told = { agent, version: row.version, from: summaryOf(from), to: summaryOf(to) }
  await append(deps, tx, [
    {
      type: 'masking.settings.changed',
      subject: agent === null ? 'masking' : `masking/${agent}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: { ...told, impact, because, reason, approvalId },
    },
  ])
  settingsChanged(deps, tx)
  return ok(row)
}

/** An agent may say what its organization says: it keeps it when that changes. */
const sameForNow: WeighedChange = {
  impact: 'LOW',
  because: { rule: 'says-the-same', observed: null, limit: null, text: 'The agent is masked as before.' },
}

/**
 * What the approval gate is asked for. Bound to the whole settings by their digest; their lists themselves stay out, for
 * they may name people and a request is kept.
 */
function actionOf({ agent, from, to, written, version }: Asked, { impact, because }: WeighedChange) {
  const digest = createHash('sha256').update(canonicalJson(written)).digest('hex')
  return {
    operation: 'masking.change',
    subject: agent === null ? 'masking' : `masking/${agent}`,
    // What is stored in clear is stored in clear, whatever the environment of the agent is called.
    environment: 'production',
    impact,
    parameters: {
      from: summaryOf(from),
      to: summaryOf(to),
      because: because.text,
      settingsDigest: `sha256:${digest}`,
      fromVersion: version,
    },
  }
}

function stateOf(row: SettingsRow | null): MaskingState {
  if (row === null || row.agent !== null)
    return { settings: defaultMaskingSettings, version: 0, changedBy: null, changedAt: null }
  const { settings, version, changedBy, changedAt } = row
  return { settings, version, changedBy, changedAt: toIso(changedAt) }
}

function stateOfAgent(agent: string, row: SettingsRow): AgentMaskingState {
  const { settings: override, version, changedBy, changedAt } = row
  return { agent, override, version, changedBy, changedAt: toIso(changedAt) }
}
