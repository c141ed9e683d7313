import { type MaskingSettings, personalClasses } from '@metaagent/contract'

/** What each class is, for people. */
export const classWords: Readonly<Record<(typeof personalClasses)[number], { label: string; what: string }>> = {
  email: { label: 'E-mail addresses', what: 'By form; git@host: and names in addresses of pages stay.' },
  phone: { label: 'Phone numbers', what: 'By calling code, national form, or words and field names that say phone.' },
  card: { label: 'Card numbers', what: 'By issuer and checksum (Luhn).' },
  iban: { label: 'Bank accounts (IBAN)', what: 'By country, its length and checksum.' },
  ssn: { label: 'US social security numbers', what: 'By form, without areas that are never given out.' },
  national_id: { label: 'National numbers', what: 'CPF, Aadhaar, SIN, NIR, PESEL and others, by checksum.' },
  ip_address: { label: 'IP addresses', what: 'IPv4 and IPv6; versions, networks and loopback stay.' },
}

/** A list as lines of a text field, and back: blank lines and edges count for nothing. */
export function linesOf(list: readonly string[]): string {
  return list.join('\n')
}

export function listOf(lines: string): string[] {
  return [...new Set(lines.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()])))]
}

/** Whether two settings are the same, but for the order of classes. */
export function isSameDraft(a: MaskingSettings, b: MaskingSettings): boolean {
  const ordered = (settings: MaskingSettings) => ({
    ...settings,
    classes: personalClasses.filter((kind) => settings.classes.includes(kind)),
  })
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))
}

export interface TextPiece {
  readonly text: string
  /** Where the piece begins; tells equal pieces apart. */
  readonly start: number
  /** The rule that found it; null: nothing did. */
  readonly rule: string | null
}

/** A text cut at what was found in it. `finds` stand in its order and do not overlap. */
export function piecesOf(
  text: string,
  finds: readonly { readonly start: number; readonly end: number; readonly rule: string }[],
): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  let at = 0
  for (const { start, end, rule } of finds) {
    if (start > at) pieces.push({ text: text.slice(at, start), start: at, rule: null })
    pieces.push({ text: text.slice(start, end), start, rule })
    at = end
  }
  if (at < text.length) pieces.push({ text: text.slice(at), start: at, rule: null })
  return pieces
}
