/** Parts of names of attributes in which frameworks repeat inputs and outputs as text. */
const inputParts =
  /(?:^|[._])(?:inputs?|input_?messages|prompts?|prompt_?messages|system_?instructions|arguments|args|query|question|request_?body)(?:[._]|$)/i
const outputParts =
  /(?:^|[._])(?:outputs?|output_?messages|completions?|results?|answer|response_?(?:text|body|content)|response[._](?:text|content|object|tool_?calls|messages))(?:[._]|$)/i
/** Ends of names that describe a content and do not repeat it. */
const aboutContent = /[._](?:mime_?type|type|format|model|id|version|role|name|finish_?reasons?|tokens?|count|length)$/i

/**
 * The attributes without those that repeat what is not stored: an organization that switches inputs off does not want
 * them back under another name. Only texts are contents; numbers (tokens, sizes) stay. Null: nothing had to go.
 */
export function withoutContents(
  attributes: Readonly<Record<string, unknown>>,
  dropped: { readonly inputs: boolean; readonly outputs: boolean },
): Readonly<Record<string, unknown>> | null {
  const kept = Object.entries(attributes).filter(
    ([name, value]) =>
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      aboutContent.test(name) ||
      !((dropped.inputs && inputParts.test(name)) || (dropped.outputs && outputParts.test(name))),
  )
  return kept.length === Object.keys(attributes).length ? null : Object.fromEntries(kept)
}
