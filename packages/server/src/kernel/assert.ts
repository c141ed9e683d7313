/** Ends the request or job on a broken invariant; says what should have held. */
export function assertInvariant(holds: boolean, whatShouldHold: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${whatShouldHold}`)
}

/** For the default branch of an exhaustive switch: a new member of the union does not compile until it is handled. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
