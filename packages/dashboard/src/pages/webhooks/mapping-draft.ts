import type { JsonValue, WebhookMapping } from '@metaagent/contract'

export type Language = WebhookMapping['language']

/** A mapping while it is written: both languages as text. */
export interface MappingDraft {
  readonly language: Language
  readonly text: string
}

const starts: Readonly<Record<Language, string>> = {
  jsonata: `{
  "executions": [runs.{
    "executionId": $traceId("my-system", id),
    "agent": agent,
    "startedAt": started_at,
    "endedAt": ended_at,
    "status": error ? "failure" : "success",
    "errorMessage": error
  }]
}`,
  pointers: `{
  "executions": {
    "each": "/runs",
    "as": {
      "executionId": { "traceId": ["my-system", "/id"] },
      "agent": "/agent",
      "startedAt": "/started_at",
      "endedAt": "/ended_at",
      "status": { "choose": "/ok", "of": { "true": "success" }, "otherwise": "failure" }
    }
  }
}`,
}

/** What to begin with: the saved mapping, else an example in the language. */
export function draftOf(mapping: WebhookMapping | null, language: Language = 'jsonata'): MappingDraft {
  if (mapping === null) return { language, text: starts[language] }
  return {
    language: mapping.language,
    text: mapping.language === 'jsonata' ? mapping.expression : JSON.stringify(mapping.template, null, 2),
  }
}

/** Changes the language; what stands in the saved mapping comes back, anything else begins with the example. */
export function inLanguage(saved: WebhookMapping | null, language: Language): MappingDraft {
  return saved?.language === language ? draftOf(saved) : draftOf(null, language)
}

export type Read<Value> =
  | { readonly value: Value; readonly fault: null }
  | { readonly value: null; readonly fault: string }

/** JSON that a person typed; the fault says where it breaks. */
export function readJson(text: string): Read<JsonValue> {
  try {
    return { value: JSON.parse(text), fault: null }
  } catch (error) {
    return { value: null, fault: error instanceof Error ? error.message : String(error) }
  }
}

/** The mapping as the API takes it. */
export function mappingOf({ language, text }: MappingDraft): Read<WebhookMapping> {
  if (text.trim() === '') return { value: null, fault: 'Write a mapping first.' }
  if (language === 'jsonata') return { value: { language, expression: text }, fault: null }
  const template = readJson(text)
  return template.fault === null ? { value: { language, template: template.value }, fault: null } : template
}
