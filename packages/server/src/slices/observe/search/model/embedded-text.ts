import type { EmbedderInfo } from '@metaagent/contract'

/** The part of an execution's texts that an embedder reads, without a character cut in two. */
export function embeddedText(texts: string, maxChars: number): string {
  const cut = texts.slice(0, maxChars)
  const last = cut.charCodeAt(cut.length - 1)
  return (last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut).replaceAll('\u001e', '\n')
}

/** Where an execution stands on its way to being comparable. */
export type Comparability =
  | { readonly state: 'ready' }
  | { readonly state: 'pending' | 'running' | 'refused'; readonly detail: string }

/** Whether an execution can be compared, and if not, what to expect. */
export function comparabilityOf(known: {
  readonly isOpen: boolean
  readonly space: string
  readonly vector: {
    readonly embedder: string
    readonly dimensions: number | null
    readonly refusal: string | null
  } | null
}): Comparability {
  const { vector } = known
  if (vector !== null && vector.embedder === known.space) {
    if (vector.dimensions !== null) return { state: 'ready' }
    return { state: 'refused', detail: `The embedder does not take its text: ${vector.refusal ?? 'no reason given'}` }
  }
  if (known.isOpen) return { state: 'running', detail: 'It has not ended. It is read some seconds after its end.' }
  return vector !== null && vector.embedder !== ''
    ? { state: 'pending', detail: 'Its vector is of another embedder. All are computed anew, the job is on its way.' }
    : { state: 'pending', detail: 'Its vector is still to be computed. Ask again in some seconds.' }
}

/** What is shown of an embedder; `dimensions` as a stored vector tells, where one is there. */
export function embedderInfo(
  embedder: { readonly name: string; readonly model: string; readonly dimensions: number | null },
  dimensions: number | null,
): EmbedderInfo {
  return { name: embedder.name, model: embedder.model, dimensions: dimensions ?? embedder.dimensions }
}
