import type { DeclaredDependency, EventActor, JournalEvent, MacroBlock } from '@metaagent/contract'
import { DeclaredDependency as Declared, JsonSchemaText } from '@metaagent/contract'
import { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import {
  blocksOf,
  type DependencyFact,
  type DependencyState,
  dependenciesAfter,
  noDependencies,
  type Versions,
} from '../model/dependency-check.ts'
import * as store from '../store/macros.ts'
import { npmVersions } from './schemas.ts'

/** The story that a change of what is blocked belongs to. */
export interface Cause {
  readonly actor: EventActor
  readonly correlationId: string
  readonly causationId: string
}

const SavedMacro = z.object({ macro: z.string(), dependencies: z.array(Declared) })
const PublishedDependency = z.object({ name: z.string(), version: z.string(), schema: JsonSchemaText })

/**
 * Knows which macros their dependencies block. It is asked in the transaction in which a macro is saved or a dependency
 * is published, so nothing starts in between; publishes `macro_blocked` and `macro_unblocked` with the differences when
 * the answer changes. Another reading of versions is given to the constructor.
 */
export class MacroDependencyManager {
  readonly #versions: Versions

  constructor(versions: Versions = npmVersions) {
    this.#versions = versions
  }

  /** What blocks a definition with these dependencies now; null: nothing. */
  async check(tx: Tx, declared: readonly DeclaredDependency[]): Promise<readonly MacroBlock[] | null> {
    if (declared.length === 0) return null
    const published = new Map((await store.selectDependencies(tx)).map((one) => [one.name, one]))
    const blocks = blocksOf(declared, published, this.#versions)
    return blocks.length === 0 ? null : blocks
  }

  /** Looks at macros again and keeps and tells what is different now. `name` null: every one that names a dependency. */
  async reconcile(deps: Deps, tx: Tx, cause: Cause, name: string | null): Promise<void> {
    const published = new Map((await store.selectDependencies(tx)).map((one) => [one.name, one]))
    for (const macro of await store.selectMacros(tx)) {
      if (name !== null && macro.name !== name) continue
      const found = blocksOf(macro.definition.dependencies, published, this.#versions)
      const after = found.length === 0 ? null : found
      const before = macro.blocks
      if (canonicalJson(before) === canonicalJson(after)) continue
      await store.saveBlocks(tx, macro.macroId, after)
      const { macroId, version } = macro
      await append(deps, tx, [
        {
          type: after === null ? 'macro_unblocked' : 'macro_blocked',
          subject: `macro/${macro.name}`,
          ...cause,
          // Unblocked: what no longer stands in the way.
          payload: { macroId, macro: macro.name, version, blocks: [...(after ?? before ?? [])] },
        },
      ])
    }
  }

  /** What is blocked after these events of the journal and by what, by macro: from them alone, whatever the tables say. */
  replay(events: readonly JournalEvent[]): ReadonlyMap<string, readonly MacroBlock[]> {
    const state = events.reduce<DependencyState>((after, event) => {
      const fact = factOf(event)
      return fact === null ? after : dependenciesAfter(after, fact)
    }, noDependencies)
    return new Map(
      [...state.macros].flatMap(([macro, declared]) => {
        const blocks = blocksOf(declared, state.published, this.#versions)
        return blocks.length === 0 ? [] : [[macro, blocks] as const]
      }),
    )
  }
}

function factOf({ type, payload }: JournalEvent): DependencyFact | null {
  if (type === 'playbooks.macro.saved') return { kind: 'macro', ...SavedMacro.parse(payload) }
  if (type !== 'playbooks.dependency.published') return null
  const { name, version, schema } = PublishedDependency.parse(payload)
  return { kind: 'published', name, published: { version, schema } }
}

/** The one that the slice works with. */
export const macroDependencies = new MacroDependencyManager()
