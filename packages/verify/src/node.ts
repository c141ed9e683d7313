import * as crypto from 'node:crypto'
import type { Sha256 } from './sha256.ts'

// crypto.hash (Node 20.12) is about a third faster for small inputs than createHash.
const oneShot: typeof crypto.hash | undefined = crypto.hash

/** Node's native SHA-256, the faster one. For the server and the command line. */
export const nodeSha256: Sha256 = (data) => {
  const digest =
    oneShot === undefined ? crypto.createHash('sha256').update(data).digest() : oneShot('sha256', data, 'buffer')
  // A plain array, not a Buffer: the slice of a Buffer shares its memory, where every other slice is a copy.
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength)
}
