import type { FastifyReply } from 'fastify'
import type { Refusal } from '../kernel/result.ts'
import { problemOf, problemType, refusalHeaders } from './problem.ts'

/** Answers a refusal as a problem document; already serialised, so that no response schema can reshape it. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, requestId: string): FastifyReply {
  const problem = problemOf(refusal, requestId)
  return reply
    .code(problem.status)
    .headers(refusalHeaders(refusal))
    .type(problemType)
    .serializer((payload: unknown) => String(payload))
    .send(JSON.stringify(problem))
}
