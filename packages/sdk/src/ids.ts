/** A new execution id: 32 hex digits laid out as UUIDv7 (RFC 9562), so that ids sort by time and stay unique. */
export function newExecutionId(nowMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let at = 5, rest = nowMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return hex(bytes)
}

/** A new action id: 16 random hex digits, never all zero (an OpenTelemetry span id). */
export function newActionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  if (bytes.every((byte) => byte === 0)) bytes[7] = 1
  return hex(bytes)
}

function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
