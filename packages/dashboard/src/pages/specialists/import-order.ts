import { ForeignCardOrder } from '@metaagent/contract'
import type { z } from 'zod'

export type ImportOrder =
  | { readonly kind: 'ready'; readonly order: Omit<z.input<typeof ForeignCardOrder>, 'reason'> }
  | { readonly kind: 'fault'; readonly fault: string }

/** What the form would send: an address when the text is one, else the card itself. */
export function importOrderOf(draft: {
  readonly source: string
  readonly jwksUrl: string
  readonly pinnedKey: string
}): ImportOrder {
  const source = draft.source.trim()
  const pinned = jsonOf(draft.pinnedKey)
  if (draft.pinnedKey.trim() !== '' && pinned === undefined) return { kind: 'fault', fault: 'The key is no JSON yet.' }
  const trust = {
    ...(draft.jwksUrl.trim() === '' ? {} : { jwksUrl: draft.jwksUrl.trim() }),
    ...(pinned === undefined ? {} : { pinnedKey: pinned }),
  }
  const isAddress = /^https?:/.test(source)
  const card = isAddress ? undefined : jsonOf(source)
  if (!isAddress && card === undefined)
    return { kind: 'fault', fault: 'That is neither an address that begins with https: nor JSON.' }
  const order = { ...(isAddress ? { url: source } : { card }), ...trust }
  const read = ForeignCardOrder.safeParse({ ...order, reason: 'read' })
  if (read.success) return { kind: 'ready', order: order as z.input<typeof ForeignCardOrder> }
  const [issue] = read.error.issues
  return { kind: 'fault', fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}` }
}

function jsonOf(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
