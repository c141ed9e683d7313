/** A broken rule: where, what, and one sentence that says what to do instead. */
export interface Violation {
  readonly rule: string
  /** `path` or `path:line`. */
  readonly where: string
  readonly what: string
  readonly advice: string
}

/** As a person reads it in a failed test. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map((v) => `${v.where} ${v.what} [${v.rule}]\n    ${v.advice}`).join('\n')
}
