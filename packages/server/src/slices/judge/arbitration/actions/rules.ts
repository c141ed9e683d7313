import { createHash } from 'node:crypto'
import type {
  ArbitrationRules,
  ArbitrationRulesChange,
  ArbitrationRulesHistory,
  ArbitrationRulesState,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { faultsOfRules } from '../model/governance.ts'
import { lockSettings, requestRefit } from '../store/fits.ts'
import * as store from '../store/rules.ts'
import { type GovernanceFile, readGovernanceFile } from './governance-file.ts'

type RulesState = z.output<typeof ArbitrationRulesState>

const neutral: ArbitrationRules = { version: 1, agents: [], mistakes: [] }
const mostVersionsShown = 200

export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}

/**
 * The rules in force. The first look writes down what the deployment's file says, or that no judge goes before another
 * where the file says nothing that can be read; the job tells of that.
 */
export async function rulesNow(deps: Deps, tx: Tx): Promise<store.RulesRow> {
  const [found] = await store.rulesVersions(tx, 1)
  if (found !== undefined) return found
  const rules = (await readGovernanceFile(deps)).rules ?? neutral
  await store.insertRules(tx, {
    version: 1,
    rules,
    digest: digestOf(rules),
    source: 'file',
    reason: 'The rules that the deployment begins with.',
    changedBy: 'system:arbitration',
    changedAt: new Date(deps.clock.now()),
    approvalId: null,
  })
  const [first] = await store.rulesVersions(tx, 1)
  assertInvariant(first !== undefined, 'rules that were written down are there')
  return first
}

export async function readRules(deps: Deps, caller: Caller): Promise<RulesState> {
  return deps.store.transaction({ organizationId: caller.organizationId }, (tx) => stateNow(deps, tx))
}

export async function readRulesHistory(deps: Deps, caller: Caller): Promise<z.output<typeof ArbitrationRulesHistory>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await rulesNow(deps, tx)
    const rows = await store.rulesVersions(tx, mostVersionsShown)
    return { items: rows.map(({ changedAt, ...row }) => ({ ...row, changedAt: changedAt.toISOString() })) }
  })
}

/**
 * Changes what governance says of judges, through the approval gate with impact HIGH: it moves every decision to come.
 * Rules that say what the deployment's file says follow the file again.
 */
export async function changeRules(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof ArbitrationRulesChange>,
): Promise<Result<RulesState>> {
  const faults = faultsOfRules(input.rules)
  if (faults.length > 0) return refuse('not-processable', faults.join(' '), { faults })
  const file = await readGovernanceFile(deps)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx): Promise<Result<RulesState>> => {
    await lockSettings(tx)
    const present = await rulesNow(deps, tx)
    if (present.version !== input.expectedVersion)
      return refuse('precondition-failed', `The rules have version ${present.version} by now. Read them again.`, {
        version: present.version,
      })
    const digest = digestOf(input.rules)
    if (digest === present.digest) return refuse('conflict', 'The rules are like this already.')
    const action = {
      operation: 'arbitration.rules.change',
      subject: 'arbitration-rules',
      environment: 'production',
      impact: 'HIGH' as const,
      parameters: { digest, previousDigest: present.digest, fromVersion: present.version },
    }
    const passed = await passGate(deps, tx, caller, action, input.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const actor = actorOf(caller)
    const source = file.rules !== null && digestOf(file.rules) === digest ? 'file' : 'organization'
    await save(deps, tx, present, {
      rules: input.rules,
      source,
      reason: input.reason,
      actor,
      approvalId,
    })
    return ok(await stateNow(deps, tx))
  })
}

interface NewRules {
  readonly rules: ArbitrationRules
  readonly source: 'file' | 'organization'
  readonly reason: string
  readonly actor: ReturnType<typeof actorOf>
  readonly approvalId: string | null
}

async function save(deps: Deps, tx: Tx, present: store.RulesRow, next: NewRules): Promise<void> {
  const { rules, source, reason, actor, approvalId } = next
  const now = deps.clock.now()
  const version = present.version + 1
  const digest = digestOf(rules)
  const changedBy = `${actor.kind}:${actor.id}`
  await store.insertRules(tx, {
    version,
    rules,
    digest,
    source,
    reason,
    changedBy,
    changedAt: new Date(now),
    approvalId,
  })
  await append(deps, tx, [
    {
      type: 'arbitration.rules.changed',
      subject: 'arbitration-rules',
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: { version, digest, previousDigest: present.digest, source, reason, approvalId },
    },
  ])
  // Priorities and costs are part of what was fitted.
  await requestRefit(tx, null, now)
}

async function stateNow(deps: Deps, tx: Tx): Promise<RulesState> {
  const { rules, version, digest, source, changedBy, changedAt } = await rulesNow(deps, tx)
  const file = await store.fileState(tx)
  return {
    rules,
    version,
    digest,
    source,
    changedBy,
    changedAt: changedAt.toISOString(),
    file: file === null ? null : { digest: file.digest, faults: [...file.faults], seenAt: file.seenAt.toISOString() },
  }
}

/**
 * Looks whether the deployment's file changed: organizations that follow it get its rules as a new version. A file with a
 * fault changes nothing, and each organization is told once why.
 */
export async function followGovernanceFile(deps: Deps): Promise<void> {
  const file = await readGovernanceFile(deps)
  for (const organizationId of await listOrganizationIds(deps))
    await deps.store.transaction({ organizationId }, (tx) => follow(deps, tx, file))
}

const component = { kind: 'system', id: 'arbitration' } as const

async function follow(deps: Deps, tx: Tx, file: GovernanceFile): Promise<void> {
  const seen = await store.fileState(tx)
  if (seen !== null && seen.digest === file.digest && seen.faults.length === file.faults.length) return
  await lockSettings(tx)
  const present = await rulesNow(deps, tx)
  await store.saveFileState(tx, file, deps.clock.now())
  if (file.rules === null) {
    deps.log.warn({ faults: file.faults }, 'the governance rules file was refused; the rules before it stand')
    const { digest: fileDigest, faults } = file
    await append(deps, tx, [
      {
        type: 'arbitration.rules.refused',
        subject: 'arbitration-rules',
        actor: component,
        payload: { fileDigest, faults: [...faults], keptVersion: present.version },
      },
    ])
    return
  }
  if (present.source !== 'file' || digestOf(file.rules) === present.digest) return
  const reason = 'The file of the deployment changed.'
  await save(deps, tx, present, { rules: file.rules, source: 'file', reason, actor: component, approvalId: null })
}
