import type { Labels } from '@metaagent/contract'
import { utf8 } from '../../../../kernel/utf8.ts'

/** FNV-1a, 64 bits: offset basis and the low word of the prime 2^40 + 0x1b3. */
const offsetHigh = 0xcbf29ce4
const offsetLow = 0x84222325
const primeLow = 0x1b3
const separator = 255

/**
 * What makes an alert the same alert: the hash of its sorted labels, as Prometheus and Alertmanager compute it (FNV-1a 64
 * over name, 0xff, value, 0xff), so that the fingerprint here is the one in a real Alertmanager. 16 hex digits.
 */
export function fingerprintOf(labels: Labels): string {
  let high = offsetHigh
  let low = offsetLow
  const add = (byte: number) => {
    low = (low ^ byte) >>> 0
    // (high·2^32 + low) · (2^40 + 0x1b3) modulo 2^64, in parts that stay below 2^53.
    const product = low * primeLow
    high = (Math.imul(high, primeLow) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0
    low = product >>> 0
  }
  for (const name of Object.keys(labels).sort()) {
    for (const byte of utf8(name)) add(byte)
    add(separator)
    for (const byte of utf8(labels[name] ?? '')) add(byte)
    add(separator)
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** The values that a template may name, e.g. `agent`, `value`. */
export type TemplateValues = Readonly<Record<string, string>>

const placeholder = /\{\{\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*\}\}/g

/** Fills `{{name}}` in; a name without a value becomes `unknown`, so that nobody reads a gap as a fact. */
export function fillTemplate(template: string, values: TemplateValues): string {
  return template.replace(placeholder, (_, name: string) => values[name] ?? 'unknown')
}

/** The names that a template asks for. */
export function namesInTemplate(template: string): readonly string[] {
  return [...template.matchAll(placeholder)].map(([, name]) => name ?? '')
}

/** Labels without those whose value is empty: a missing label and an empty one are the same. */
export function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}
