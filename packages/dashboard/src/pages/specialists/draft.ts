import { SpecialistDefinition, SpecialistOrder } from '@metaagent/contract'
import type { z } from 'zod'

/** What stands in the form: the definition as JSON, as the API takes it. */
export interface Draft {
  readonly name: string
  readonly owner: string
  readonly version: string
  readonly definition: string
}

/** A definition to begin with, which is one. */
const example: z.input<typeof SpecialistDefinition> = {
  title: 'Contract reviewer',
  description: 'Reads contracts and says what is unusual in them.',
  skills: [
    {
      id: 'review',
      name: 'Review a contract',
      description: 'Finds clauses that are unusual or risky.',
      tags: ['legal'],
      examples: ['Is the liability in this lease capped?'],
    },
  ],
  endpoints: [{ url: 'https://agents.example.com/a2a', binding: 'JSONRPC', protocolVersion: '1.0' }],
  inputModes: ['text/plain'],
  outputModes: ['text/plain'],
  sensitivityCeiling: 'INTERNAL',
}

export const emptyDraft: Draft = {
  name: '',
  owner: '',
  version: '1.0.0',
  definition: JSON.stringify(example, null, 2),
}

/** The next version of one that is there: a minor one, saying the same to begin with. */
export function draftAfter(name: string, owner: string, version: string, definition: SpecialistDefinition): Draft {
  const [major = '1', minor = '0'] = version.split('.')
  return { name, owner, version: `${major}.${Number(minor) + 1}.0`, definition: JSON.stringify(definition, null, 2) }
}

export type ReadDraft =
  | { readonly kind: 'ready'; readonly order: Omit<SpecialistOrder, 'reason'> }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/** The order that the form would send, or what it lacks, each with its place. */
export function readDraft({ name, owner, version, definition }: Draft): ReadDraft {
  const json = parsed(definition)
  const missing = [...(name.trim() === '' ? ['Name it.'] : []), ...(owner.trim() === '' ? ['Say who owns it.'] : [])]
  if (json === undefined) return { kind: 'faults', faults: ['The definition is no JSON yet.'] }
  const order = { name: name.trim(), owner: owner.trim(), version: version.trim(), definition: json }
  const read = SpecialistOrder.omit({ reason: true }).safeParse(order)
  if (read.success) return { kind: 'ready', order: read.data }
  const wrong = read.error.issues
    .filter(
      ({ path: [field] }) => !(field === 'name' && order.name === '') && !(field === 'owner' && order.owner === ''),
    )
    .map(({ path, message }) => `${path.join('.') || 'definition'}: ${message}`)
  return { kind: 'faults', faults: [...missing, ...wrong.slice(0, 8)] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
