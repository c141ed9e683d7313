import type { ArtifactType, JsonValue } from '@metaagent/contract'
import { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** One decision of an artifact of type `decision`. */
export interface Decision {
  /** What asked for it: an id or a name. Decisions of different requirements do not contradict each other. */
  readonly requirement: string
  readonly question: string
  readonly choice: string
}

const Files = z.object({ files: z.record(z.string().min(1).max(1_000), z.string()) })
const word = z.string().trim().min(1).max(1_000)
const Decisions = z.object({
  decisions: z
    .array(z.object({ requirement: word, question: word, choice: word }))
    .min(1)
    .max(500),
})

/** The files of a bundle, by path; of all other types none. */
export function filesOf(type: ArtifactType, content: JsonValue): Result<ReadonlyMap<string, string>> {
  if (type !== 'bundle') return ok(new Map())
  const read = Files.safeParse(content)
  return read.success
    ? ok(new Map(Object.entries(read.data.files)))
    : refuse('not-processable', 'The content of a bundle is {"files": {"path": "text"}}.')
}

/** The decisions of an artifact of type `decision`; of all other types none. */
export function decisionsIn(type: ArtifactType, content: JsonValue): Result<readonly Decision[]> {
  if (type !== 'decision') return ok([])
  const read = Decisions.safeParse(content)
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
