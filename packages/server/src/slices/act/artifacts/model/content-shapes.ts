import { type ArtifactType, BundleContent, type Decision, DecisionContent, type JsonValue } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** The files of a bundle, by path; of all other types none. */
export function filesOf(type: ArtifactType, content: JsonValue): Result<ReadonlyMap<string, string>> {
  if (type !== 'bundle') return ok(new Map())
  const read = BundleContent.safeParse(content)
  return read.success
    ? ok(new Map(Object.entries(read.data.files)))
    : refuse('not-processable', 'The content of a bundle is {"files": {"path": "text"}}.')
}

/** The decisions of an artifact of type `decision`; of all other types none. */
export function decisionsIn(type: ArtifactType, content: JsonValue): Result<readonly Decision[]> {
  if (type !== 'decision') return ok([])
  const read = DecisionContent.safeParse(content)
  return read.success
    ? ok(read.data.decisions)
    : refuse(
        'not-processable',
        'The content of a decision is {"decisions": [{"requirement", "question", "choice"}]}, each a text.',
      )
}

/** Under which decisions meet: the same words in any case and spacing. */
export function decisionKey({ requirement }: Pick<Decision, 'requirement'>): string {
  return plainWords(requirement)
}

/** Under which tasks are the same: their titles without case, signs and spaces. */
export function titleKeyOf(title: string): string {
  return plainWords(title)
}

function plainWords(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase()
  const words = folded.match(/[\p{L}\p{N}]+/gu)?.join(' ') ?? ''
  // A text of signs alone is what it is.
  return words === '' ? folded.trim() : words
}

/** The document of a schema or an API, sent as JSON or as the text of JSON; of all other types null. */
export function documentOf(type: ArtifactType, content: JsonValue): Result<JsonValue> {
  if (type !== 'schema' && type !== 'api') return ok(null)
  const what = type === 'schema' ? 'a JSON Schema' : 'an OpenAPI document'
  const document = typeof content === 'string' ? parsed(content) : content
  return (typeof document === 'object' && document !== null && !Array.isArray(document)) || document === true
    ? ok(document)
    : refuse('not-processable', `The content must be ${what}: a JSON object, or its text.`)
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}
