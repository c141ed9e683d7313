import { parentPort } from 'node:worker_threads'
import jsonata from 'jsonata'
import { hashedSpanId, hashedTraceId } from '../../ports/hashed-ids.ts'
import { mappingLimits } from '../../ports/mapping.ts'
import type { MappingAnswer, MappingJob } from './messages.ts'

// Runs expressions that people wrote. Whoever started this thread ends it when an answer is late.

parentPort?.on('message', (job: MappingJob) => {
  void answerOf(job).then((answer) => parentPort?.postMessage(answer))
})

async function answerOf({ id, expression, input }: MappingJob): Promise<MappingAnswer> {
  try {
    const { timeMs, depth, items, resultCharacters } = mappingLimits
    const compiled = jsonata(expression, { timeout: timeMs, stack: depth, sequence: items })
    compiled.registerFunction('traceId', (...texts: unknown[]) => hashedTraceId(...texts.map(String)))
    compiled.registerFunction('spanId', (...texts: unknown[]) => hashedSpanId(...texts.map(String)))
    const json: string | undefined = JSON.stringify(await compiled.evaluate(JSON.parse(input)))
    if (json !== undefined && json.length > resultCharacters)
      return { id, ok: false, detail: `The result is longer than ${resultCharacters} characters.`, position: null }
    return { id, ok: true, json: json ?? 'null' }
  } catch (error) {
    return { id, ok: false, ...faultOf(error) }
  }
}

function faultOf(error: unknown): { readonly detail: string; readonly position: number | null } {
  if (typeof error !== 'object' || error === null) return { detail: String(error), position: null }
  const { message, code, position } = error as { message?: unknown; code?: unknown; position?: unknown }
  const text = typeof message === 'string' ? message : 'The expression cannot be evaluated'
  return {
    detail: typeof code === 'string' ? `${text} (${code})` : text,
    position: typeof position === 'number' ? position : null,
  }
}
