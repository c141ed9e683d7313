/** Ends the request or job on a broken invariant; says what should have held. */
export function assertInvariant(holds: boolean, whatShouldHold: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${whatShouldHold}`)
}
