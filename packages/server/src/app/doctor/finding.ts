/** What one look at the deployment found. */
export interface Finding {
  readonly name: string
  /** `warn`: works, but not as well or not as safely as it could. `fail`: will not work. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do; null when all is well. */
  readonly advice: string | null
}

export function fine(name: string, detail: string): Finding {
  return { name, state: 'ok', detail, advice: null }
}

export function warning(name: string, detail: string, advice: string): Finding {
  return { name, state: 'warn', detail, advice }
}

export function failure(name: string, detail: string, advice: string): Finding {
  return { name, state: 'fail', detail, advice }
}
