/** A new execution id: 32 hex digits laid out as UUIDv7 (RFC 9562), so that ids sort by time and stay unique. */
export function newExecutionId(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16)
  for (let at = 5, rest = nowMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return hex(bytes)
}

let prefix = ''
let count = 0

/**
 * A new action id: 16 hex digits (an OpenTelemetry span id), eight random ones of this process and eight that count. So
 * ids of one process sort in the order in which they were made, which times in milliseconds cannot say.
 */
export function newActionId(): string {
  if (prefix === '' || count === 0xffff_ffff) {
    prefix = hex(randomBytes(4))
    count = 0
  }
  count++
  return prefix + count.toString(16).padStart(8, '0')
}

let pool = new Uint8Array(0)
let used = 0

/** Random bytes out of a pool: asking the system each time is 20 µs of the agent's time when its caches are cold. */
function randomBytes(count: number): Uint8Array {
  if (used + count > pool.length) {
    // Not when the module is loaded: some edge runtimes have no randomness outside of a request.
    pool = crypto.getRandomValues(new Uint8Array(2_048))
    used = 0
  }
  used += count
  return pool.slice(used - count, used)
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOfByte[byte]
  return text
}
