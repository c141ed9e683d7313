import { createHash } from 'node:crypto'
import type {
  Macro,
  MacroChange,
  MacroDefinition,
  MacroOrder,
  MacroSecret,
  MacroValidation,
  MacroVersionList,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { addMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { weighSave } from '../model/weigh.ts'
import { type ExecutionFigures, figuresByMacro } from '../store/executions.ts'
import * as store from '../store/macros.ts'
import { macroDependencies } from './dependency-manager.ts'
import { strictestEnvironmentOf } from './environments.ts'
import { figuresWindowMs, shownFigures } from './health.ts'
import { newSecret, sealSecret } from './secrets.ts'
import { problemsOf } from './validate.ts'

const versionsShown = 200
export const unknownMacro = refuse('not-found', 'There is no macro of this name. GET /api/v1/macros lists them.')

export async function listMacros(deps: Deps, caller: Caller): Promise<Result<{ items: Macro[] }>> {
  return within(deps, caller, async (tx) => {
    const figures = await recentFigures(deps, tx)
    return ok({ items: (await store.selectMacros(tx)).map((macro) => shown(macro, figures)) })
  })
}

export async function readMacro(deps: Deps, caller: Caller, name: string): Promise<Result<Macro>> {
  return within(deps, caller, async (tx) => {
    const macro = await store.macroByName(tx, name, false)
    return macro === null ? unknownMacro : ok(shown(macro, await recentFigures(deps, tx)))
  })
}

export async function readVersions(
  deps: Deps,
  caller: Caller,
  name: string,
): Promise<Result<z.input<typeof MacroVersionList>>> {
  return within(deps, caller, async (tx) => {
    const macro = await store.macroByName(tx, name, false)
    if (macro === null) return unknownMacro
    const versions = await store.selectVersions(tx, macro.macroId, versionsShown)
    return ok({ items: versions.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() })) })
  })
}

/** What stands in the way of a definition, as it would be told when it was saved; nothing is. */
export async function validateMacro(
  deps: Deps,
  caller: Caller,
  asked: { readonly name?: string | undefined; readonly definition: MacroDefinition },
): Promise<Result<z.input<typeof MacroValidation>>> {
  return within(deps, caller, async (tx) => {
    const problems = [...(await problemsOf(tx, asked.name ?? null, asked.definition))]
    const blocks = problems.length > 0 ? [] : ((await macroDependencies.check(tx, asked.definition.dependencies)) ?? [])
    return ok({ problems, blocks: [...blocks] })
  })
}

export async function addMacro(deps: Deps, caller: Caller, { name, ...order }: MacroOrder): Promise<Result<Macro>> {
  return within(deps, caller, async (tx) => {
    await store.lockDefinitions(tx)
    if ((await store.macroByName(tx, name, false)) !== null)
      return refuse('already-exists', `There is a macro named "${name}". Choose another name, or change that one.`)
    return save(deps, tx, caller, { name, before: null, change: order })
  })
}

export async function changeMacro(
  deps: Deps,
  caller: Caller,
  name: string,
  change: MacroChange,
): Promise<Result<Macro>> {
  return within(deps, caller, async (tx) => {
    await store.lockDefinitions(tx)
    const before = await store.macroByName(tx, name, true)
    if (before === null) return unknownMacro
    if (change.expectedVersion !== undefined && change.expectedVersion !== before.version)
      return refuse('precondition-failed', `The macro has version ${before.version} by now. Read it again.`, {
        version: before.version,
      })
    return save(deps, tx, caller, { name, before, change })
  })
}

const digestOf = (definition: MacroDefinition) => createHash('sha256').update(canonicalJson(definition)).digest('hex')

interface Saving {
  readonly name: string
  readonly before: store.StoredMacro | null
  readonly change: Omit<MacroChange, 'expectedVersion'>
}

/** Judges, asks the gate, writes and tells, in this order; the gate comes last of what may refuse. */
async function save(deps: Deps, tx: Tx, caller: Caller, { name, before, change }: Saving): Promise<Result<Macro>> {
  const { definition, enabled, impact, description, reason } = change
  const environments = [...new Set(change.environments)]
  if (enabled && environments.length === 0)
    return refuse('macro-refused', 'An enabled macro needs an environment to run in. Name one in `environments`.')
  const problems = await problemsOf(tx, name, definition)
  if (problems.length > 0) {
    const [first] = problems
    const text = `${first?.path ?? ''}: ${first?.because.text ?? ''}`
    return refuse('macro-refused', `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}. ${text}`, {
      problems,
    })
  }
  const digest = digestOf(definition)
  const standing = { enabled, impact, environments, definitionDigest: digest }
  const was = before === null ? null : { ...before, definitionDigest: digestOf(before.definition) }
  const weighed = weighSave(was, standing)
  const judged = before?.enabled === true ? [...before.environments, ...environments] : environments
  const action = {
    operation: 'playbooks.macro.save',
    subject: `macro/${name}`,
    environment: await strictestEnvironmentOf(deps, tx, judged, weighed.impact),
    impact: weighed.impact,
    parameters: {
      fromVersion: before?.version ?? 0,
      definitionDigest: digest,
      enabled,
      environments,
      impactOfRuns: impact,
      because: weighed.because.text,
    },
  }
  const passed = await passGate(deps, tx, caller, action, change.approvalId ?? null)
  if (!passed.ok) return passed
  const actor = actorOf(caller)
  const by = `${actor.kind}:${actor.id}`
  const now = deps.clock.now()
  const { approvalId } = passed.value
  const macroId = before?.macroId ?? deps.ids.uuid()
  const version = was === null ? 1 : was.definitionDigest === digest ? was.version : was.version + 1
  const { secret = null, blocks = null } = before ?? {}
  const fields = { macroId, name, description, impact, environments, enabled, version, secret, blocks }
  await store.saveMacro(tx, { ...fields, changedAt: now, changedBy: by })
  if (version !== before?.version)
    await store.insertVersion(tx, macroId, {
      version,
      definition,
      digest,
      reason,
      approvalId,
      createdAt: now,
      createdBy: by,
    })
  const [event] = await append(deps, tx, [
    {
      type: 'playbooks.macro.saved',
      subject: `macro/${name}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: {
        macroId,
        macro: name,
        version,
        enabled,
        impact,
        environments,
        digest,
        steps: definition.steps.map((step) => ({ name: step.name, kind: step.kind })),
        dependencies: definition.dependencies,
        because: weighed.because,
        approvalId,
      },
    },
  ])
  assertInvariant(event !== undefined, 'one event in, one event out')
  const { correlationId, eventId: causationId } = event
  await macroDependencies.reconcile(deps, tx, { actor, correlationId, causationId }, name)
  const saved = await store.macroByName(tx, name, false)
  assertInvariant(saved !== null, 'a macro that was saved is there')
  return ok(shown(saved, await recentFigures(deps, tx)))
}

/** Gives a macro another signing secret, and shows it once. The old one is forgotten. */
export async function changeSecret(
  deps: Deps,
  caller: Caller,
  name: string,
): Promise<Result<z.input<typeof MacroSecret>>> {
  return within(deps, caller, async (tx) => {
    const macro = await store.macroByName(tx, name, true)
    if (macro === null) return unknownMacro
    const { macroId } = macro
    const secret = newSecret(deps)
    await store.saveSecret(tx, macroId, sealSecret(deps, macroId, secret))
    const subject = `macro/${name}`
    await append(deps, tx, [
      { type: 'playbooks.secret.changed', subject, actor: actorOf(caller), payload: { macroId, macro: name } },
    ])
    return ok({ secret })
  })
}

async function recentFigures(deps: Deps, tx: Tx): Promise<ReadonlyMap<string, ExecutionFigures>> {
  return figuresByMacro(tx, { since: addMs(deps.clock.now(), -figuresWindowMs), synthetic: false })
}

function shown(macro: store.StoredMacro, figures: ReadonlyMap<string, ExecutionFigures>): Macro {
  const { secret, blocks, changedAt, ...rest } = macro
  const state = blocks !== null ? 'blocked' : macro.enabled ? 'ready' : 'disabled'
  return {
    ...rest,
    state,
    blocks: blocks ?? [],
    hasSecret: secret !== null,
    figures: { ...shownFigures(figures.get(macro.macroId)), succeeded: figures.get(macro.macroId)?.succeeded ?? 0 },
    changedAt: changedAt.toISOString(),
  }
}

function within<T>(deps: Deps, caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
  return deps.store.transaction({ organizationId: caller.organizationId }, work)
}
