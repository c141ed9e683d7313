import { createHash } from 'node:crypto'
import type { Json, ScriptedError } from './script.ts'

const dimensionsDefault = 1_536
const tokensMax = 8_192
const inputsMax = 2_048

/** What OpenAI refuses (API reference, “Create embeddings”); null when it takes the request. A token is four characters here. */
export function refuseEmbeddings({ input }: Json): ScriptedError | null {
  const texts = Array.isArray(input) ? input : [input]
  const refused = (message: string) => ({ status: 400, type: 'invalid_request_error', message, param: 'input' })
  if (texts.length === 0 || texts.length > inputsMax) return refused(`'$.input' takes 1 to ${inputsMax} texts.`)
  if (texts.some((text) => text === '')) return refused("'$.input' is invalid.")
  if (texts.some((text) => typeof text === 'string' && text.length > tokensMax * 4))
    return refused(`This model's maximum context length is ${tokensMax} tokens.`)
  return null
}

/** OpenAI's Embeddings; a text always gets the same unit vector, and different texts get different ones. */
export function embeddings(body: Json): unknown {
  const { input, model } = body
  const texts = (Array.isArray(input) ? input : [input]).map((text) =>
    typeof text === 'string' ? text : JSON.stringify(text),
  )
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : dimensionsDefault
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  return {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = vectorOf(text, dimensions)
      const embedding = body['encoding_format'] === 'base64' ? base64(vector) : [...vector]
      return { object: 'embedding', index, embedding }
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (let at = 0; at < dimensions; at += 8) {
    const bytes = createHash('sha256').update(`${at}|${text}`).digest()
    for (let lane = 0; lane < 8 && at + lane < dimensions; lane++)
      vector[at + lane] = bytes.readInt32BE(lane * 4) / 2 ** 31
  }
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}
