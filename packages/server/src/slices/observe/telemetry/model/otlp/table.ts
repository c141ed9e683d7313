/** The vocabularies in which agents are described, in the order in which a row is written unless it says otherwise. */
export type Vocabulary =
  | 'metaagent'
  | 'current'
  | 'plain'
  | 'older'
  | 'openInference'
  | 'openLlmetry'
  | 'langfuse'
  | 'vercel'
  | 'others'

/**
 * Where a field may stand; the first source that is present wins, in the order in which the row is written.
 *
 * - `key` – the attribute itself; a dotted key is one key (§ rule 4: never un-flattened).
 * - `key#a.b` – the member `a.b` of the JSON that the attribute holds.
 * - `prefix.*` – everything beneath the prefix, put together: indexed messages, parameters.
 * - `@event#key` – an attribute of the span events of that name; `@messages` and `@choices` are the events that carry
 *   one message each.
 */
export type Sources = Partial<Record<Vocabulary, readonly string[]>>
