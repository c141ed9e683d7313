/**
 * Where an event stands among the lanes: 31 bits of FNV-1a (Fowler, Noll, Vo) over the correlation id's UTF-16 units,
 * stirred by the finaliser of MurmurHash3 so that the remainders spread evenly. Stored with the event: it must never
 * change, or order within a story would be lost.
 */
export function laneHash(correlationId: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < correlationId.length; at++) {
    hash = Math.imul(hash ^ correlationId.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0x7fffffff
}
