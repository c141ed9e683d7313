import { accept, type Outcome, refuse } from './outcome.ts'
import { TILE_WIDTH } from './tiles.ts'

/** Bytes that an entry may have at most: its length is a 16-bit number in a bundle (C2SP tlog-tiles). */
export const MAX_ENTRY_BYTES = 0xffff

/**
 * An entry bundle of C2SP tlog-tiles: each entry after its length as big-endian uint16. Throws a RangeError for more
 * than 256 entries or one of more than 65,535 bytes.
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > TILE_WIDTH) throw new RangeError(`a bundle holds at most ${TILE_WIDTH} entries`)
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0))
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry has at most ${MAX_ENTRY_BYTES} bytes`)
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/** The entries of a bundle, which must hold exactly `width` of them and nothing behind. */
export function decodeEntryBundle(bundle: Uint8Array, width: number): Outcome<Uint8Array[]> {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length && entries.length < width) {
    if (at + 2 > bundle.length) return refuse('malformed', 'the bundle ends inside a length')
    const end = at + 2 + view.getUint16(at)
    if (end > bundle.length) return refuse('malformed', 'the bundle ends inside an entry')
    entries.push(bundle.slice(at + 2, end))
    at = end
  }
  if (entries.length < width)
    return refuse('malformed', `the bundle holds ${entries.length} entries instead of ${width}`)
  if (at < bundle.length) return refuse('malformed', `the bundle holds more than ${width} entries`)
  return accept(entries)
}
