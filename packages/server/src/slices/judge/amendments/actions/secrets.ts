import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { tryDefaultMasking } from '../../../observe/masking/index.ts'

/** Refuses a text that holds what looks like a secret: every agent and pipeline of the organization fetches it. */
export async function withoutSecrets(text: string): Promise<Result<string>> {
  const { finds } = await tryDefaultMasking(text)
  const secret = finds.find((find) => find.class === 'secret')
  if (secret === undefined) return ok(text)
  const line = text.slice(0, secret.start).split('\n').length
  return refuse('not-processable', `Line ${line} holds what looks like a secret (${secret.rule}). Take it out.`, {
    line,
    rule: secret.rule,
  })
}
