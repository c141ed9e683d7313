import type { Found } from './found.ts'

/**
 * What every rule, ours and those of secretlint's recommended preset (13.0.7), needs to find before it can match. Each
 * alternative begins with one rare character and looks back from there: 1.5 µs for a kilobyte against 5.6 µs for the
 * same prefixes written forward (regular expressions skip to a first character, not to a first word).
 */
const traces = new RegExp(
  [
    '_(?:authToken|(?<=(?:npm|gsk|hf|lin_api|ntn|shp(?:pa|ca|at|ss)|[sr]k_(?:live|test)|gh[pousr]|github_pat|gl(?:c|sa)|ops|vc[piark]|dckr_pat|figd|cf(?:k|ut|at)|mak)_))',
    '-(?:----BEGIN|(?<=(?:xox[bpaor]|xapp|sk|glpat|tskey)-))',
    // Logins in addresses: scheme://user:password@host, https://token:x-oauth-basic@github.com/.
    ':(?://[^@\\s]{1,310}@|x-oauth-basic@)',
    '[.](?<=(?:SG|hv[sbr]|[Hh][Oo][Oo][Kk][Ss])[.])',
    'A(?:3T|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)',
    'eyJ',
    '(?:earer|EARER)\\s+[A-Za-z0-9]',
    'dapi[A-Fa-f0-9]',
    '(?:ecret|ECRET)_?(?:[Aa]ccess|ACCESS)',
  ].join('|'),
)

/** Whether a text, or JSON text, may hold a secret. False means that no rule would find one. */
export function maySecret(text: string): boolean {
  return traces.test(text)
}

interface OwnRule {
  readonly name: string
  /** The secret is the group `secret`, or the whole match where there is none. Global, with indices. */
  readonly pattern: RegExp
}

/**
 * Rules for what secretlint's preset leaves alone, and for the three finds whose range it gives too short (13.0.7: the
 * length is that of the secret, the start that of the name before it). All are linear: no nested repetition.
 */
const ownRules: readonly OwnRule[] = [
  { name: 'aws-access-key-id', pattern: /\b(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\b/dg },
  { name: 'bearer-token', pattern: /\b(?:[Bb]earer|BEARER)\s+(?<secret>[A-Za-z0-9._~+/-]{16,}=*)/dg },
  {
    name: 'private-key',
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN )[\s\S])*?(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|$)/dg,
  },
  {
    name: 'url-password',
    pattern: /\b[A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/[^\s/:@"'<>]{0,256}:(?<secret>[^\s/@"'<>]{1,256})@/dg,
  },
  {
    name: 'aws-secret-access-key',
    pattern:
      /(?:SECRET|secret|Secret)_?(?:ACCESS|access|Access)_?(?:KEY|key|Key)["']?\s*(?::|=>|=)\s*["']?(?<secret>[A-Za-z0-9/+=]{40})/dg,
  },
  { name: 'npm-auth-token', pattern: /_authToken=(?<secret>[^\s$"'][^\s"']{7,})/dg },
  { name: 'x-oauth-token', pattern: /https?:\/\/(?<secret>[^\s:@/]{1,256}):x-oauth-basic@/dg },
  { name: 'jwt', pattern: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/dg },
  // The preset takes only those whose length leaves two padding characters.
  { name: '1password-service-account', pattern: /\bops_ey[A-Za-z0-9+/=]{100,}/dg },
  { name: 'metaagent-api-key', pattern: /\bmak_[A-Za-z0-9_-]{20,}/dg },
]

/** Secrets that our own rules find in one text. */
export function ownSecrets(text: string): readonly Found[] {
  const found: Found[] = []
  for (const { name, pattern } of ownRules)
    for (const match of text.matchAll(pattern)) {
      const [start, end] = match.indices?.groups?.['secret'] ?? match.indices?.[0] ?? [0, 0]
      found.push({ start, end, rule: name, class: 'secret' })
    }
  return found
}

/** What stands between two texts that are searched together: no rule's pattern can run across it. */
const seam = '\n\u241e\n'

export interface JoinedTexts {
  readonly text: string
  /** Where each text begins in the joined one. */
  readonly starts: readonly number[]
}

/**
 * Puts texts together, so that one call of the scanner serves all of them. A text must not switch the scanner off for
 * itself or its neighbours, so its comments for the scanner (`secretlint-disable`) are spelt differently, at the same
 * length. It never begins with a text: a document that is JSON as a whole must not be told from one that stands beside
 * others.
 */
export function joinTexts(texts: readonly string[]): JoinedTexts {
  const starts: number[] = []
  let joined = seam
  for (const text of texts) {
    starts.push(joined.length)
    joined += text.replaceAll('secretlint-', 'secretlint_') + seam
  }
  return { text: joined, starts }
}

/** Hands the ranges found in joined texts back to each text; what does not lie within one text was no secret of it. */
export function splitRanges(
  texts: readonly string[],
  starts: readonly number[],
  ranges: readonly Found[],
): readonly (readonly Found[])[] {
  const byText: Found[][] = texts.map(() => [])
  for (const range of ranges) {
    const { start, end } = range
    const at = textAt(starts, start)
    const from = starts[at]
    const text = texts[at]
    if (from === undefined || text === undefined || start < from || end > from + text.length) continue
    byText[at]?.push({ ...range, start: start - from, end: end - from })
  }
  return byText
}

/** The last text that begins at or before a place. */
function textAt(starts: readonly number[], place: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((starts[middle] ?? 0) <= place) low = middle
    else high = middle - 1
  }
  return low
}
