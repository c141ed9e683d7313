import {
  DependencyPublication,
  type EventActor,
  type JournalEvent,
  Name,
  type PublishedDependency,
  type PublishedDependencyList,
} from '@metaagent/contract'
import { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import * as store from '../store/macros.ts'
import { macroDependencies } from './dependency-manager.ts'
import { isVersion, schemaFault } from './schemas.ts'

/** What providers publish, who uses it, and what is needed and was never published. */
export async function listDependencies(
  deps: Deps,
  caller: Caller,
): Promise<Result<z.input<typeof PublishedDependencyList>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const macros = await store.selectMacros(tx)
    const published = await store.selectDependencies(tx)
    const known = new Set(published.map(({ name }) => name))
    const needed = macros.flatMap(({ definition }) => definition.dependencies.map(({ name }) => name))
    const missing = [...new Set(needed.filter((name) => !known.has(name)))].toSorted()
    return ok({ items: published.map((one) => shown(one, macros)), missing })
  })
}

function shown(one: store.StoredDependency, macros: readonly store.StoredMacro[]): PublishedDependency {
  const usedBy = macros.flatMap((macro) =>
    macro.definition.dependencies
      .filter(({ name }) => name === one.name)
      .map(({ direction, range }) => ({
        macro: macro.name,
        direction,
        range,
        blocked: macro.blocks?.some((block) => block.dependency === one.name && block.direction === direction) === true,
      })),
  )
  return { ...one, publishedAt: one.publishedAt.toISOString(), usedBy }
}

export async function publishDependency(
  deps: Deps,
  caller: Caller,
  name: string,
  publication: DependencyPublication,
): Promise<Result<PublishedDependency>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const actor = actorOf(caller)
    const source = `${actor.kind}:${actor.id}`
    const published = await publish(deps, tx, { name, ...publication, actor, source, cause: null })
    if (!published.ok) return published
    return ok(shown(published.value, await store.selectMacros(tx)))
  })
}

interface Publication extends DependencyPublication {
  readonly name: string
  readonly actor: EventActor
  readonly source: string
  /** The event from outside that said so. */
  readonly cause: JournalEvent | null
}

/** Keeps what a provider publishes and looks at every macro that names it. The same again changes and tells nothing. */
async function publish(deps: Deps, tx: Tx, asked: Publication): Promise<Result<store.StoredDependency>> {
  const { name, version, schema, actor, source, cause } = asked
  if (!isVersion(version)) return refuse('macro-refused', `"${version}" is no semantic version. Write it like 2.3.1.`)
  const fault = schemaFault(schema)
  if (fault !== null) return refuse('macro-refused', `This is no JSON Schema that can be used: ${fault}`)
  await store.lockDefinitions(tx)
  const before = (await store.selectDependencies(tx)).find((one) => one.name === name) ?? null
  if (before !== null && before.version === version && canonicalJson(before.schema) === canonicalJson(schema))
    return ok(before)
  const publishedAt = deps.clock.now()
  const row = { name, version, schema, revision: (before?.revision ?? 0) + 1, source }
  await store.saveDependency(tx, { ...row, publishedAt })
  const [event] = await append(deps, tx, [
    {
      type: 'playbooks.dependency.published',
      subject: `macro-dependency/${name}`.slice(0, 300),
      actor,
      ...(cause === null ? {} : { correlationId: cause.correlationId, causationId: cause.eventId }),
      payload: row,
    },
  ])
  assertInvariant(event !== undefined, 'one event in, one event out')
  const { correlationId, eventId: causationId } = event
  await macroDependencies.reconcile(deps, tx, { actor, correlationId, causationId }, null)
  return ok({ ...row, publishedAt: new Date(publishedAt) })
}

/** What a registered source tells in an event of the type `macro_dependency.published`. */
const FromOutside = DependencyPublication.extend({ name: Name })

/** Takes what a provider says by an event from outside; what does not fit is told, and changes nothing. */
export async function hearPublication(deps: Deps, tx: Tx, event: JournalEvent): Promise<void> {
  const parsed = FromOutside.safeParse(event.payload)
  const issue = parsed.error?.issues[0]
  const fault = parsed.success ? null : `/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'does not fit'}`
  const published = parsed.success
    ? await publish(deps, tx, {
        ...parsed.data,
        actor: event.actor,
        source: `${event.actor.kind}:${event.actor.id}`,
        cause: event,
      })
    : null
  if (published?.ok === true) return
  const text = fault ?? (published === null ? '' : published.refusal.detail)
  await append(deps, tx, [
    {
      type: 'playbooks.dependency.refused',
      subject: `event/${event.eventId}`,
      actor: { kind: 'system', id: 'playbooks' },
      correlationId: event.correlationId,
      causationId: event.eventId,
      payload: {
        eventId: event.eventId,
        because: { rule: 'publication-refused', observed: null, limit: null, text: text.slice(0, 500) },
      },
    },
  ])
}
