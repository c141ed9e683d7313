import type { Deps } from '../../../../ports/slice.ts'

const contextOf = (macroId: string) => `macro/${macroId}/secret`

/** A secret that signs as Standard Webhooks says: `whsec_` and 32 random bytes in base64. */
export function newSecret(deps: Deps): string {
  return `whsec_${Buffer.from(deps.random.bytes(32)).toString('base64')}`
}

export function sealSecret(deps: Deps, macroId: string, secret: string): Uint8Array {
  return deps.secrets.seal(new TextEncoder().encode(secret), contextOf(macroId))
}

export function openSecret(deps: Deps, macroId: string, sealed: Uint8Array): string {
  return new TextDecoder().decode(deps.secrets.open(sealed, contextOf(macroId)))
}
