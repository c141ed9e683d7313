import { GovernedDocument } from '@metaagent/contract'
import { readConfig } from '../config.ts'
import { type Api, apiFor } from './api.ts'
import type { Output } from './output.ts'

/** `metaagent documents pull`: prints the ratified text of a governed document. Returns whether anything is in force. */
export async function pullDocumentCommand(
  options: { readonly name: string; readonly url?: string | undefined; readonly apiKey?: string | undefined },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<boolean> {
  const document = await api.request('GET', `/api/v1/documents/${encodeURIComponent(options.name)}`, GovernedDocument)
  output.result(document)
  if (document.version === 0) {
    output.complain(`Nothing of ${document.name} is in force yet: ratify its first text.`)
    return false
  }
  output.line(document.text.replace(/\n$/, ''))
  return true
}
