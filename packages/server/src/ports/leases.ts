/** One holder of a name at a time in the whole deployment, for work that must not run twice at once. */
export interface Leases {
  /** Takes or renews the lease for `ttlMs`; false when somebody else holds it. Clock skew is judged by the database. */
  hold(name: string, holder: string, ttlMs: number): Promise<boolean>
  /** Gives the lease back early; not holding it is no error. */
  release(name: string, holder: string): Promise<void>
}
