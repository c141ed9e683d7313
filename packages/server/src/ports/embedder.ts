/** What became of texts that were handed to an embedder. Never a thrown error: an endpoint that is away is a result. */
export type Embedded =
  | {
      readonly kind: 'embedded'
      /** One vector a text, in their order, all of the same length. */
      readonly vectors: readonly (readonly number[])[]
      /** Of all texts together, as the endpoint counted; null is unknown. */
      readonly inputTokens: number | null
    }
  /** It will not take these texts, however often it is asked. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Worth trying again later: out of reach, out of quota, a wrong key. */
  | { readonly kind: 'unavailable'; readonly detail: string }

/** Turns texts into vectors that are near each other when the texts are alike. */
export interface Embedder {
  /** Shown with every answer. */
  readonly name: string
  readonly model: string
  /** Null until the first vector tells. */
  readonly dimensions: number | null
  /** Vectors are comparable when this is equal, and only then. */
  readonly space: string
  /** Who is paid, as price tables name them; null when nobody is asked and no text leaves the process. */
  readonly provider: string | null
  /** Texts are read this far. */
  readonly textMaxChars: number
  /** So many texts at once. */
  readonly batchMax: number
  embed(texts: readonly string[]): Promise<Embedded>
}
