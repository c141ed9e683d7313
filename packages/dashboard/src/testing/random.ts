/** Numbers 0…1 that are the same at every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A canonical UUID whose last digits are the number. */
export function uuid(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

/** An execution id or, with 16 digits, an action id; never all zero. */
export function hexId(number: number, digits: 16 | 32): string {
  return (number + 1).toString(16).padStart(digits, '0')
}

/** A time in the form of the contract. */
export function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
