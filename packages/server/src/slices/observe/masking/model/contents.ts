/** Parts of names of attributes in which frameworks repeat inputs and outputs as text. */
const inputParts =
  /(?:^|[._])(?:inputs?|input_?messages|prompts?|prompt_?messages|system_?instructions|arguments|args|query|question|request_?body)(?:[._]|$)/i
const outputParts =
  /(?:^|[._])(?:outputs?|output_?messages|completions?|results?|answer|response_?(?:text|body|content)|response[._](?:text|content|object|tool_?calls|messages))(?:[._]|$)/i
/**
 * Names that hold both, or do not say which, in the vocabularies of OpenTelemetry senders; `metaagent.events` is where
 * telemetry keeps the events of a span, which carry messages (what failed stands in the error fields, too).
 */
const mixed =
  /^(?:metaagent\.events|events|genkit:(?:input|output)|mlflow\.span(?:Inputs|Outputs)|ai\.values?|tool_response|(?:pydantic_ai\.)?all_messages(?:_events)?|gcp\.vertex\.agent\.(?:llm_request|llm_response|tool_call_args|tool_response)|lk\.(?:pii\.)?(?:user_transcript|chat_ctx)|embedding\.text|retrieval\.documents\..*|reranker\.output_documents\..*|gen_ai\.(?:retrieval\.documents|memory\.records))$/
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
      !((dropped.inputs && inputParts.test(name)) || (dropped.outputs && outputParts.test(name)) || mixed.test(name)),
  )
  return kept.length === Object.keys(attributes).length ? null : Object.fromEntries(kept)
}
