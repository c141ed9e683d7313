/** An expression to evaluate; JSON travels as text, so that only JSON gets across. */
export interface MappingJob {
  readonly id: number
  readonly expression: string
  readonly input: string
}

export type MappingAnswer =
  | { readonly id: number; readonly ok: true; readonly json: string }
  | { readonly id: number; readonly ok: false; readonly detail: string; readonly position: number | null }
