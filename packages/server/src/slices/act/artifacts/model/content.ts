import type { ArtifactType, Decision, JsonValue, PathClaimOrder, RequirementOrder } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { utf8Length } from '../../../../kernel/utf8.ts'
import { decisionsIn, documentOf, filesOf } from './content-shapes.ts'
import { type PathClaim, readClaim } from './paths/claims.ts'
import { readManifest } from './versions/manifest.ts'

/** What is sent of a version, as the contract has it. */
export interface VersionOrder {
  readonly content: JsonValue
  readonly path: string | null
  readonly operation: 'create' | 'edit' | 'delete'
  readonly claims: readonly PathClaimOrder[]
  readonly requirements: readonly RequirementOrder[]
}

export interface OwnClaim extends PathClaimOrder {
  /** From `path` or from the files of a bundle. */
  readonly derived: boolean
}

export interface OwnRequirement extends RequirementOrder {
  /** The manifest that it stands in; null: it was declared. */
  readonly from: string | null
}

export interface ContentProblem {
  readonly path: string
  readonly line: number | null
  readonly text: string
}

/** A version as it is stored: what the hash is of, and everything that its content claims. */
export interface ReadVersion {
  readonly contentKind: 'text' | 'json'
  /** The text itself, or the canonical JSON (RFC 8785). */
  readonly content: string
  /** SHA-256 of the UTF-8 bytes of `content`, hex. */
  readonly contentHash: string
  readonly contentBytes: number
  readonly path: string | null
  readonly operation: 'create' | 'edit' | 'delete'
  readonly claims: readonly OwnClaim[]
  readonly requirements: readonly OwnRequirement[]
  readonly decisions: readonly Decision[]
  readonly problems: readonly ContentProblem[]
}

const contentBytesMax = 1_000_000
const mostFound = 2_000

/** SHA-256 of a text's UTF-8 bytes, lower-case hex. */
export type HashOf = (text: string) => string

/** What of a JSON value no database text or canonical JSON can hold, in words; null: nothing. */
export function unstorable(value: JsonValue): string | null {
  const text = JSON.stringify(value)
  // An odd number of backslashes before the u: an escape, and no word that looks like one.
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(text)) return 'a character U+0000'
  // JSON.stringify escapes lone surrogates, and only these, as \ud8..\udf.
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/i.test(text) ? 'half of a surrogate pair' : null
}

/**
 * Reads a version: hash, paths, requirements, decisions. Refuses with `payload-too-large`, `path-refused`, or
 * `not-processable` where the content is not what its type says. What a manifest holds that cannot be read is a problem
 * that is told, no refusal.
 */
export function readVersion(type: ArtifactType, order: VersionOrder, hashOf: HashOf): Result<ReadVersion> {
  const fault = unstorable(order.content)
  if (fault !== null) return refuse('not-processable', `The content holds ${fault}. Leave it out, or encode it.`)
  const content = typeof order.content === 'string' ? order.content : canonicalJson(order.content)
  const contentBytes = utf8Length(content)
  if (contentBytes > contentBytesMax)
    return refuse('payload-too-large', `The content has ${contentBytes} bytes; at most ${contentBytesMax} are taken.`)
  const files = filesOf(type, order.content)
  if (!files.ok) return files
  const document = documentOf(type, order.content)
  if (!document.ok) return document
  const decisions = decisionsIn(type, order.content)
  if (!decisions.ok) return decisions
  const contentHash = hashOf(content)
  const claims = claimsOf(order, contentHash, hashesOf(files.value, hashOf))
  const fits = firstRefusal(claims)
  if (!fits.ok) return fits
  const texts = new Map(files.value)
  if (order.path !== null && order.operation !== 'delete') texts.set(order.path, content)
  const { requirements, problems } = requirementsOf(order, texts)
  return ok({
    contentKind: typeof order.content === 'string' ? 'text' : 'json',
    content,
    contentHash,
    contentBytes,
    path: order.path,
    operation: order.operation,
    claims,
    requirements,
    decisions: decisions.value,
    problems,
  })
}

/** Declared claims say how; what the path and the files of a bundle say is added where nobody declared it. */
function claimsOf(order: VersionOrder, contentHash: string, files: ReadonlyMap<string, string>): readonly OwnClaim[] {
  const derived: OwnClaim[] = [...files].map(([path, hash]) => derivedClaim('create', path, hash))
  if (order.path !== null) derived.push(derivedClaim(order.operation, order.path, contentHash))
  const declared = order.claims.map((claim) => {
    const own = derived.find(({ path }) => path === (claim.operation === 'rename' ? claim.to : claim.path))
    return { ...claim, contentHash: claim.contentHash ?? own?.contentHash ?? null, derived: false }
  })
  const spoken = new Set(declared.map((claim) => (claim.operation === 'rename' ? claim.to : claim.path)))
  return [...declared, ...derived.filter(({ path }) => !spoken.has(path))]
}

function hashesOf(files: ReadonlyMap<string, string>, hashOf: HashOf): ReadonlyMap<string, string> {
  return new Map([...files].map(([path, text]) => [path, hashOf(text)]))
}

function derivedClaim(operation: VersionOrder['operation'], path: string, contentHash: string): OwnClaim {
  return { operation, path, to: null, contentHash: operation === 'delete' ? null : contentHash, derived: true }
}

function firstRefusal(claims: readonly OwnClaim[]): Result<null> {
  if (claims.length > mostFound)
    return refuse('not-processable', `It claims ${claims.length} paths; at most ${mostFound} are taken.`)
  for (const claim of claims) {
    const read = readClaim(pathClaimOf(claim, ''))
    if (!read.ok) return read
  }
  return ok(null)
}

/** A claim as the comparison of paths takes it. */
export function pathClaimOf(claim: PathClaimOrder, holder: string): PathClaim {
  const { operation, path, to, contentHash } = claim
  return { operation, path, to, contentHash, holder }
}

function requirementsOf(order: VersionOrder, texts: ReadonlyMap<string, string>) {
  const requirements: OwnRequirement[] = order.requirements.map((one) => ({ ...one, from: null }))
  const problems: ContentProblem[] = []
  for (const [path, text] of texts) {
    const manifest = readManifest(path, text)
    if (manifest === null) continue
    for (const { ecosystem, name, range } of manifest.requirements)
      if (unstorable([name, range]) === null) requirements.push({ ecosystem, name, range, from: path })
    problems.push(...manifest.problems.map(({ line, text: what }) => ({ path, line, text: what })))
  }
  if (requirements.length > mostFound) {
    const text = `Only the first ${mostFound} of ${requirements.length} requirements are compared.`
    problems.push({ path: order.path ?? '', line: null, text })
  }
  return { requirements: requirements.slice(0, mostFound), problems: problems.slice(0, 200) }
}
