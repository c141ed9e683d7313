import type { Clock } from '../../ports/clock.ts'
import type { Ids } from '../../ports/ids.ts'
import type { Random } from '../../ports/random.ts'

const twoTo30 = 2 ** 30
const twoTo32 = 2 ** 32
/** Of a second word, so that a millisecond's counter starts below 2^41. */
const startsHigh = 2 ** 9

/**
 * UUIDv7 (RFC 9562 §5.7), strictly increasing within a process: 48 bits of epoch milliseconds, a 42-bit counter (§6.2,
 * method 1) that starts at a random value below 2^41 in each millisecond, and 32 random bits. When the clock goes back
 * the last millisecond is kept and counted on: 2^41 ids are left to it, more than a process makes.
 */
export function uuidV7(clock: Clock, random: Random): Ids {
  const word = randomWords(random)
  let lastMs = -1
  let counter = 0
  return {
    uuid: () => {
      const nowMs = Number(clock.now())
      if (nowMs > lastMs) {
        lastMs = nowMs
        counter = (word() % startsHigh) * twoTo32 + word()
      } else counter++
      return format(lastMs, counter, word())
    },
  }
}

const pooledWords = 1_024

/** Numbers of 32 random bits. Taken from the generator by the kilobyte: each call of it asks the system anew. */
function randomWords(random: Random): () => number {
  let pool: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  return () => {
    if (at >= pool.byteLength) {
      const { buffer, byteOffset, byteLength } = random.bytes(pooledWords * 4)
      pool = new DataView(buffer, byteOffset, byteLength)
      at = 0
    }
    const word = pool.getUint32(at)
    at += 4
    return word
  }
}

/** Lays the counter's 42 bits (12 beside the version, 30 behind the variant) and the tail's 32 around the fixed ones. */
function format(epochMs: number, counter: number, tail: number): string {
  const time = hex(epochMs, 12)
  const low = counter % twoTo30
  const high = hex(0x7000 + Math.floor(counter / twoTo30), 4)
  const variant = hex(0x8000 + (low >>> 16), 4)
  return `${time.slice(0, 8)}-${time.slice(8)}-${high}-${variant}-${hex(low & 0xffff, 4)}${hex(tail, 8)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
