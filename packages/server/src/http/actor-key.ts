import type { Caller } from '../ports/slice.ts'

/** What a caller is counted under by the rate limits. */
export function actorKey(caller: Caller): string {
  const { actor } = caller
  switch (actor.kind) {
    case 'user':
      return `user:${actor.userId}`
    case 'api_key':
      return `key:${actor.apiKeyId}`
    case 'token':
      return `token:${actor.issuer}:${actor.subject}`
    case 'system':
      return `system:${actor.component}`
  }
}
