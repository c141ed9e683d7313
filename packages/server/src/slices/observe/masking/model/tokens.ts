import type { MaskedClass } from '@metaagent/contract'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Bytes of randomness that a token takes: 22 letters of 52, drawn without bias, from these hold 125 bits. */
export const tokenBytes = 44

/**
 * A new token, `[token:CLASS:LETTERS]`. Made of chance alone, so that without the table it says nothing about its value,
 * and of letters alone, so that no rule ever finds anything in it. Null when the bytes ran out (about once in 10⁹).
 */
export function tokenOf(kind: MaskedClass, random: Uint8Array): string | null {
  let text = ''
  for (const byte of random) {
    // 208 is the largest multiple of 52 in a byte; what lies above would favour the first letters.
    if (byte < 208) text += letters.charAt(byte % 52)
    if (text.length === 22) return `[token:${kind}:${text}]`
  }
  return null
}

/** What stands in place of a value where none is kept: the answer of a trial. */
export function exampleToken(kind: MaskedClass): string {
  return `[token:${kind}:${'x'.repeat(22)}]`
}

/** The values that were given a token lately, so that most of a batch asks no database; the oldest are forgotten. */
export class KnownTokens {
  readonly #byValue = new Map<string, string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(value: string): string | undefined {
    return this.#byValue.get(value)
  }

  add(value: string, token: string): void {
    this.#byValue.set(value, token)
    if (this.#byValue.size <= this.#most) return
    const [oldest] = this.#byValue.keys()
    if (oldest !== undefined) this.#byValue.delete(oldest)
  }

  forgetToken(token: string): void {
    for (const [value, known] of this.#byValue) if (known === token) this.#byValue.delete(value)
  }
}
