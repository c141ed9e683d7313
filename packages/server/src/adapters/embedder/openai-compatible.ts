import { z } from 'zod'
import type { Clock } from '../../ports/clock.ts'
import type { Embedded, Embedder } from '../../ports/embedder.ts'

export interface EmbeddingEndpoint {
  /** Base address, `https://api.openai.com/v1`: `/embeddings` is asked. */
  readonly url: string
  readonly apiKey: string | null
  readonly model: string
  /** Shorter vectors, where the model can; null asks for its own length. */
  readonly dimensions: number | null
}

const timeoutMs = 30_000
const triesMax = 3
const longestWaitMs = 10_000
/** 8,192 tokens are the most of OpenAI's models; where a character is a token, they are 8,192 characters. */
const textMaxChars = 8_000
const batchMax = 32

/** Lengths that are known before the first vector (OpenAI, “Vector embeddings”). */
const knownDimensions: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1_536,
  'text-embedding-3-large': 3_072,
  'text-embedding-ada-002': 1_536,
}

const Reply = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()).min(1) })),
  usage: z.object({ prompt_tokens: z.int() }).optional(),
})

/**
 * Vectors from an endpoint that speaks OpenAI's `POST /embeddings` (OpenAI, vLLM, Ollama, LM Studio …). Overload and
 * faults of the network are tried again, as long as `Retry-After` asks, up to three times.
 */
export function createOpenAiEmbedder(endpoint: EmbeddingEndpoint, clock: Clock): Embedder {
  const { host } = new URL(endpoint.url)
  const dimensions = endpoint.dimensions ?? knownDimensions[endpoint.model] ?? null
  return {
    name: host,
    model: endpoint.model,
    dimensions,
    space: `${host}/${endpoint.model}${endpoint.dimensions === null ? '' : `@${endpoint.dimensions}`}`,
    provider: host === 'api.openai.com' ? 'openai' : host,
    textMaxChars,
    batchMax,
    embed: async (texts) => {
      for (let tries = 1; ; tries++) {
        const answer = await ask(endpoint, texts, clock)
        if (answer.kind !== 'again') return answer
        if (tries === triesMax) return { kind: 'unavailable', detail: answer.detail }
        await new Promise<void>((resolve) => {
          clock.after(Math.min(longestWaitMs, answer.waitMs ?? 500 * 2 ** tries), resolve)
        })
      }
    },
  }
}

type Again = { readonly kind: 'again'; readonly detail: string; readonly waitMs: number | null }

async function ask(endpoint: EmbeddingEndpoint, texts: readonly string[], clock: Clock): Promise<Embedded | Again> {
  const { model, dimensions, apiKey } = endpoint
  let response: Response
  let text: string
  try {
    response = await fetch(`${endpoint.url.replace(/\/$/, '')}/embeddings`, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'MetaAgent',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model,
        input: texts,
        encoding_format: 'float',
        ...(dimensions === null ? {} : { dimensions }),
      }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await response.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return { kind: 'again', detail: `no answer: ${cause}`, waitMs: null }
  }
  if (response.ok) return readVectors(text, texts.length)
  const detail = `HTTP ${response.status}: ${text.replace(/\s+/g, ' ').slice(0, 300)}`
  if (response.status === 429 || response.status >= 500)
    return { kind: 'again', detail, waitMs: retryAfterMs(response.headers.get('retry-after'), clock.now()) }
  // A text that is too long or that a filter stops; anything else is about the key, the model or the address.
  return { kind: [400, 413, 422].includes(response.status) ? 'refused' : 'unavailable', detail }
}

function readVectors(text: string, count: number): Embedded {
  const parsed = Reply.safeParse(parseJson(text))
  if (!parsed.success) return { kind: 'unavailable', detail: 'it answered something else than vectors' }
  const vectors = parsed.data.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)
  const lengths = new Set(vectors.map(({ length }) => length))
  return vectors.length === count && lengths.size === 1
    ? { kind: 'embedded', vectors, inputTokens: parsed.data.usage?.prompt_tokens ?? null }
    : { kind: 'unavailable', detail: `it answered ${vectors.length} vectors for ${count} texts` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
