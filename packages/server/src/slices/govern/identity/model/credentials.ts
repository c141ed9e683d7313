/** What a request presents, as the HTTP shell reads it from its headers. */
export interface Presented {
  readonly authorization?: string
  readonly apiKey?: string
  readonly sessionToken?: string
}

export type PresentedCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  /** `prefix` finds the key, `text` (the whole of it) proves it. */
  | { readonly kind: 'api_key'; readonly prefix: string; readonly text: string }
  /** Not of our form: what an operator may have set in the environment. */
  | { readonly kind: 'environment_key'; readonly text: string }
  | { readonly kind: 'session'; readonly token: string }
  | { readonly kind: 'jwt'; readonly token: string }

const apiKeyPattern = /^mak_([a-z2-7]{8})_[A-Za-z0-9_-]{43}$/
const tokenPattern = /^[A-Za-z0-9_-]{43}$/
const jwtPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const longestJwt = 8_192

/** Sorts what was presented by its form. One credential counts: a header beats the cookie. */
export function readPresented(presented: Presented): PresentedCredential {
  if (presented.authorization !== undefined) {
    const text = presented.authorization.trim()
    const bearer = /^bearer +(\S+)$/i.exec(text)?.[1]
    return bearer === undefined ? readEnvironmentKey(text) : readBearer(bearer)
  }
  if (presented.apiKey !== undefined) return readApiKey(presented.apiKey.trim())
  if (presented.sessionToken === undefined) return { kind: 'none' }
  return isToken(presented.sessionToken) ? { kind: 'session', token: presented.sessionToken } : { kind: 'malformed' }
}

function readBearer(text: string): PresentedCredential {
  if (text.startsWith('mak_')) return readApiKey(text)
  return text.length <= longestJwt && jwtPattern.test(text) ? { kind: 'jwt', token: text } : readEnvironmentKey(text)
}

function readEnvironmentKey(text: string): PresentedCredential {
  return isEnvironmentKey(text) ? { kind: 'environment_key', text } : { kind: 'malformed' }
}

/** Whether a text may be an operator's own key: 16 to 256 visible characters that look like no other credential. */
function isEnvironmentKey(text: string): boolean {
  return /^[\x21-\x7e]{16,256}$/.test(text) && !text.startsWith('mak_') && !jwtPattern.test(text)
}

function readApiKey(text: string): PresentedCredential {
  const prefix = apiKeyPattern.exec(text)?.[1]
  return prefix === undefined ? readEnvironmentKey(text) : { kind: 'api_key', prefix, text }
}

/** Whether a text has the form of a session or link token: 32 bytes in base64url. */
export function isToken(text: string): boolean {
  return tokenPattern.test(text)
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** The key that a person is shown once: `mak_<prefix>_<secret>`, from 5 random bytes and 32 more in base64url. */
export function apiKeyText(prefixBytes: Uint8Array, secret: string): string {
  let bits = 0n
  for (const byte of prefixBytes) bits = (bits << 8n) | BigInt(byte)
  let prefix = ''
  for (let at = 0; at < 8; at++) prefix = base32.charAt(Number((bits >> BigInt(at * 5)) & 31n)) + prefix
  return `mak_${prefix}_${secret}`
}

/** The form under which an address is found: people write the same one in many ways. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase()
}

export const sessionCookieName = 'metaagent_session'

/**
 * The cookie that carries a session: not readable by scripts, not sent with requests that other sites make (but for
 * following a link), only over TLS where the deployment has it. `maxAgeSeconds` 0 takes it away.
 */
export function sessionCookie(token: string, maxAgeSeconds: number, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookieName}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`
}
