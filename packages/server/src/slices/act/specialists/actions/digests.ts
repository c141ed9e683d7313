import { createHash } from 'node:crypto'
import type { AgentCard } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'

/** `sha256:` and the SHA-256 of a value in canonical JSON (RFC 8785). */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}

/** Of what a card says, without its signatures: signing it again changes nothing that it says. */
export function cardDigest({ signatures: _, ...card }: AgentCard): string {
  return digestOf(card)
}

/** By which a text that was embedded is known. */
export function textDigest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
