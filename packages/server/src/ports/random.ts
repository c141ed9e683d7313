/** Randomness as an input. Real: the system's CSPRNG. Tests: seeded. */
export interface Random {
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1). */
  unit(): number
}
