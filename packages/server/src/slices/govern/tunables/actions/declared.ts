import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { faultOf, type TunableDeclaration } from '../model.ts'

/** What this program's slices declared, by key. Code, not state: every process has the same. */
const declarations = new Map<string, TunableDeclaration>()

/**
 * Makes tunables known. Registering the same one again changes nothing. Throws when one does not fit its own range or
 * two slices claim a key.
 */
export function registerTunables(declared: readonly TunableDeclaration[]): void {
  for (const one of declared) {
    const fault = faultOf(one)
    assertInvariant(fault === null, `tunables are declared soundly (${fault})`)
    const known = declarations.get(one.key)
    const same = known === undefined || canonicalJson(known) === canonicalJson(one)
    assertInvariant(same, `the tunable ${one.key} is declared once`)
    declarations.set(one.key, one)
  }
}

/** In the order of their keys. */
export function declaredTunables(): readonly TunableDeclaration[] {
  return [...declarations.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

export function declaredTunable(key: string): TunableDeclaration | null {
  return declarations.get(key) ?? null
}
