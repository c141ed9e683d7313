/** Counts checks and says which failed. A bad proof that was let through is counted apart: it must never happen. */
export class Tally {
  passed = 0
  failed = 0
  wronglyAccepted = 0

  check(name: string, holds: boolean): void {
    if (holds) this.passed++
    else this.fail(name)
  }

  /** For something that must be refused. */
  checkRefused(name: string, accepted: boolean): void {
    if (accepted) this.wronglyAccepted++
    this.check(accepted ? `${name} (WRONGLY ACCEPTED)` : name, !accepted)
  }

  fail(name: string): void {
    this.failed++
    console.error(`FAILED ${name}`)
  }
}
