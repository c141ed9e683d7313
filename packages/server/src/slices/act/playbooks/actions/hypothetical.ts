import type { MacroBlock } from '@metaagent/contract'
import type { Tx } from '../../../../ports/store.ts'
import { blocksOf, type Published } from '../model/dependency-check.ts'
import { selectDependencies, selectMacros } from '../store/macros.ts'
import { npmVersions } from './schemas.ts'

/** Which macros a publication would block that nothing blocks now, by name. Nothing is published. */
export async function blocksIfPublished(
  tx: Tx,
  name: string,
  published: Published,
): Promise<ReadonlyMap<string, readonly MacroBlock[]>> {
  const now = await selectDependencies(tx)
  const then = new Map<string, Published>([...now.map((one) => [one.name, one] as const), [name, published]])
  return new Map(
    (await selectMacros(tx)).flatMap((macro) => {
      if (macro.blocks !== null) return []
      const blocks = blocksOf(macro.definition.dependencies, then, npmVersions)
      return blocks.length === 0 ? [] : [[macro.name, blocks] as const]
    }),
  )
}
