import type { Clock } from '../../ports/clock.ts'
import type { Ids } from '../../ports/ids.ts'
import type { Random } from '../../ports/random.ts'

const counterBits = 42n
const tailBits = 32n

/**
 * UUIDv7 (RFC 9562 §5.7), strictly increasing within a process: 48 bits of epoch milliseconds, a 42-bit counter (§6.2,
 * method 1) that starts at a random value below 2^41 in each millisecond, and 32 random bits. When the clock goes back
 * the last millisecond is kept and counted on: 2^41 ids are left to it, more than a process makes.
 */
export function uuidV7(clock: Clock, random: Random): Ids {
  let lastMs = -1n
  let counter = 0n
  const advance = () => {
    const nowMs = BigInt(clock.now())
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = randomBits(random, counterBits - 1n)
    } else counter++
  }
  return {
    uuid: () => {
      advance()
      return format(lastMs, counter, randomBits(random, tailBits))
    },
  }
}

function randomBits(random: Random, bits: bigint): bigint {
  let value = 0n
  for (const byte of random.bytes(Number((bits + 7n) / 8n))) value = (value << 8n) | BigInt(byte)
  return BigInt.asUintN(Number(bits), value)
}

/** Lays 74 free bits (12 beside the version, 62 beside the variant) around the fixed ones. */
function format(epochMs: bigint, counter: bigint, tail: bigint): string {
  const free = (counter << tailBits) | tail
  const randA = free >> 62n
  const randB = BigInt.asUintN(62, free)
  const value = (epochMs << 80n) | (0x7n << 76n) | (randA << 64n) | (0b10n << 62n) | randB
  const hex = value.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
