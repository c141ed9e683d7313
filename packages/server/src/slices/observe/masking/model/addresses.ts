import type { Found } from './found.ts'
import { type Searched, textBefore } from './surroundings.ts'

/** From an at sign to the end of the domain. Labels and dots alternate, so there is nothing to try twice. */
const domain = /@((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.)+(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24}))(?![\p{L}\p{N}_-]*@)/uy
const localCharacter = /[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]/u
const longestLocal = 64

/** Endings that stand behind an at sign and name a file or a unit, not a domain: `logo@2x.png`, `getty@tty1.service`. */
const noDomain =
  /(?:^|\.)(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|pdf|css|scss|js|jsx|mjs|cjs|ts|tsx|json|ya?ml|toml|lock|html?|txt|csv|xml|zip|tgz|gz|jar|whl|service|socket|timer|mount|target|slice|scope|device)$/i

/** E-mail addresses. `git@host:path` and a user name in the address of a page or a repository are none. */
export function findEmails({ text }: Searched): readonly Found[] {
  const found: Found[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = startOfLocal(text, at)
    if (start === at) continue
    domain.lastIndex = at
    const host = domain.exec(text)?.[1]
    if (host === undefined || noDomain.test(host)) continue
    const end = at + 1 + host.length
    if (text.startsWith('//', start - 2)) continue
    if (text.slice(start, at) === 'git' && /[:/]/.test(text.charAt(end))) continue
    found.push({ start, end, rule: 'email', class: 'email' })
  }
  return found
}

/** Marks that may stand in a local part and yet mostly stand before one: `?to=a@b.example`, `'a@b.example'`. */
const separator = /[=/?&|`{}]/
/** What no local part begins with. */
const edge = /['!#$%^*~.-]/

function startOfLocal(text: string, at: number): number {
  let start = at
  while (start > 0 && at - start < longestLocal && isOfLocal(text, start - 1)) start -= 1
  while (start < at && edge.test(text.charAt(start))) start += 1
  return start
}

function isOfLocal(text: string, place: number): boolean {
  const character = text.charAt(place)
  // An apostrophe within a name (o'brien) and a quote before one look the same.
  if (character === "'") return place > 0 && /\p{L}/u.test(text.charAt(place - 1))
  return localCharacter.test(character) && !separator.test(character)
}

const ipv4 =
  /(?<![\p{L}\p{N}_]|\d\.)(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![\p{L}\p{N}_]|\.\d|-\d)/gu

/** What says that four numbers with dots are a version or a place in a document. */
const versionBefore =
  /(?:(?:\b|_)(?:v|versions?|ver\.?|release|build|firmware|sdk|sections?|chapter|clause|figure|table|step|oid)|§|[a-z0-9_]\/|[=~<>!]=|[~^<]|(?<![a-z"'/-])>|\d!)\s*[:=]?\s*["']?$/

/**
 * IPv4 addresses, public and private ones. Those that name no one's machine (loopback, masks, networks, multicast, public
 * resolvers) stay, and so do versions.
 */
export function findIpv4(searched: Searched): readonly Found[] {
  const { text } = searched
  const found: Found[] = []
  for (const { index: start, 0: match } of text.matchAll(ipv4)) {
    const end = start + match.length
    const octets = match.split('.').map(Number)
    if (namesNoMachine(octets) || isNetwork(text, end, 32)) continue
    if (versionBefore.test(textBefore(searched, start, 16))) continue
    if (isDoubtful(octets) && !addressBefore.test(textBefore(searched, start, 24))) continue
    found.push({ start, end, rule: 'ipv4', class: 'ip_address' })
  }
  return found
}

/** IPv6 addresses, those of eight groups and the abbreviated ones of ranges in use; networks stay. */
export function findIpv6({ text }: Searched): readonly Found[] {
  const found: Found[] = []
  for (const { index: start, 0: run } of text.matchAll(ipv6)) {
    // A colon that ends a clause is none of the address.
    const match = run.replace(/(?<!:):$/, '')
    const end = start + match.length
    if (isIpv6(match) && !isNetwork(text, end, 128)) found.push({ start, end, rule: 'ipv6', class: 'ip_address' })
  }
  return found
}

/** Loopback, unspecified, link-local (where clouds keep their metadata), multicast and masks. */
function namesNoMachine([first = 0, second = 0, third = 0, fourth = 0]: readonly number[]): boolean {
  if (first === 0) return second === 0 && third === 0 && fourth === 0
  return (first === 127 && second === 0) || first >= 224 || (first === 169 && second === 254)
}

/** `2.1.0.0` ends as networks and versions do, `0.12.3.4` begins as versions do; `8.8.8.8` is a resolver of everybody. */
function isDoubtful(octets: readonly number[]): boolean {
  return octets[0] === 0 || (octets[2] === 0 && octets[3] === 0) || octets.every((octet) => octet < 10)
}

const addressBefore = /(?:\b|_)(?:ips?|ipv4|address(?:es)?|addr|hosts?|clients?|peers?|remote)(?:\b|_)/

/** `10.0.0.0/8` is a network; `/32` is one machine. */
function isNetwork(text: string, end: number, whole: number): boolean {
  const prefix = /^\/(\d{1,3})(?!\d)/.exec(text.slice(end, end + 5))?.[1]
  return prefix !== undefined && Number(prefix) < whole
}

const ipv6 = /(?<![\p{L}\p{N}_:.])[0-9A-Fa-f:]{6,40}(?![\p{L}\p{N}_])/gu

/** Eight groups, or an abbreviation that begins as addresses in use do: 2000::/3, fc00::/7, fe80::/10. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  if (halves.length === 1) return groups.length === 8
  return groups.length < 8 && /^(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f])$/i.test(groups[0] ?? '')
}
