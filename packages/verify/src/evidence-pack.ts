import { type JsonObject, type JsonValue, parseCanonicalObject } from './canonical-json.ts'
import { isCount } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { PROOF_FORMAT, parseSelectedEntry } from './proof-file.ts'
import type { VerifiedLog, VerifyOptions } from './verify-file.ts'
import { SelectionCheck } from './verify-selection.ts'

/** Name and version of evidence packs. */
export const EVIDENCE_FORMAT = 'metaagent-evidence/v1'

export interface VerifiedEvidencePack extends VerifiedLog {
  readonly kind: 'evidence-pack'
  readonly packId: string
  /** Name and version, as the pack says them. */
  readonly framework: string
  readonly from: string
  readonly to: string
  readonly covered: number
  readonly gaps: number
  readonly outside: number
  /** Entries whose proofs were checked. */
  readonly entries: number
}

/** Whether a file says that it is an evidence pack, told from its first bytes. */
export function isEvidencePack(text: string): boolean {
  return text.includes(`"format":"${EVIDENCE_FORMAT}"`)
}

/**
 * Checks a pack offline: every entry against the one signed root; that each listed entry is of the control's types, lies in
 * the period and fulfils the conditions; and that states and counts follow from what the pack says it counted. Counts beyond
 * the listed entries are the maker's word: take the export of the period to count again.
 */
export async function verifyEvidencePack(
  text: string,
  options: VerifyOptions = {},
): Promise<Outcome<VerifiedEvidencePack>> {
  const pack = readPack(text)
  if (!pack.ok) return pack
  const { treeSize, checkpoint, verifierKey } = pack.value
  const header = { format: PROOF_FORMAT, kind: 'selection', treeSize, checkpoint, verifierKey, filter: '' } as const
  const started = await SelectionCheck.start(header, options)
  if (!started.ok) return started
  const entries = new Map<number, JsonObject>()
  for (const one of pack.value.entries) {
    const selected = parseSelectedEntry(JSON.stringify(one))
    if (!selected.ok) return selected
    const added = started.value.add(selected.value)
    if (!added.ok) return added
    entries.set(selected.value.index, added.value)
  }
  const fault = pack.value.controls.map((control) => faultOf(control, entries, pack.value)).find((one) => one !== null)
  if (fault !== undefined) return refuse('malformed', fault)
  const miscounted = countFault(pack.value)
  if (miscounted !== null) return refuse('malformed', miscounted)
  const { checkpoint: signed, key, keyPinned, seenConfirmed, cosignatures } = started.value.finish()
  const log = { checkpoint: signed, key, keyPinned, seenConfirmed, cosignatures }
  const { packId, framework, from, to, covered, gaps, outside } = pack.value
  const told = { packId, framework: `${framework.name} ${framework.version}`, from, to, covered, gaps, outside }
  return accept({ ...log, kind: 'evidence-pack', ...told, entries: entries.size })
}

type Condition =
  | { readonly path: string; readonly is: readonly JsonValue[] }
  | { readonly path: string; readonly isNot: readonly JsonValue[] }
  | { readonly path: string; readonly differsFrom: string }

interface Evidence {
  readonly id: string
  readonly types: readonly string[]
  readonly where: readonly Condition[]
  readonly atLeast: number
  readonly count: number
  readonly places: string
  readonly listed: readonly number[]
}

interface Control {
  readonly id: string
  readonly state: string
  readonly evidence: readonly Evidence[]
}

interface Pack {
  readonly packId: string
  readonly framework: { readonly name: string; readonly version: string }
  readonly from: string
  readonly to: string
  readonly treeSize: number
  readonly covered: number
  readonly gaps: number
  readonly outside: number
  readonly checkpoint: string
  readonly verifierKey: string
  readonly controls: readonly Control[]
  readonly entries: readonly JsonValue[]
}

function readPack(text: string): Outcome<Pack> {
  const parsed = parseCanonicalObject(text.trimEnd())
  if (!parsed.ok) return parsed
  const value = parsed.value
  const fault = shapeFault(value, {
    packId: isText,
    framework: (one) => isRecord(one) && isText(one['name']) && isText(one['version']),
    from: isText,
    to: isText,
    treeSize: isNumber,
    covered: isNumber,
    gaps: isNumber,
    outside: isNumber,
    checkpoint: isText,
    verifierKey: isText,
    controls: (all) => Array.isArray(all) && all.every(isControl),
    entries: Array.isArray,
  })
  if (value['kind'] !== 'evidence-pack') return refuse('unsupported', 'the kind is not evidence-pack')
  // Just checked field by field.
  return fault === null ? accept(value as unknown as Pack) : refuse('malformed', fault)
}

type Fits = (value: unknown) => boolean

function shapeFault(value: Readonly<Record<string, unknown>>, fields: Readonly<Record<string, Fits>>): string | null {
  const wrong = Object.entries(fields).find(([name, fits]) => !fits(value[name]))
  return wrong === undefined ? null : `the field ${wrong[0]} is missing or not what it should be`
}

const isText: Fits = (value) => typeof value === 'string'
const isNumber: Fits = (value) => typeof value === 'number' && isCount(value)
const isTexts: Fits = (value) => Array.isArray(value) && value.every(isText)
const isPlaces: Fits = (value) => Array.isArray(value) && value.every(isNumber)

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isControl(value: unknown): boolean {
  const evidence: Fits = (all) => Array.isArray(all) && all.every(isEvidence)
  return isRecord(value) && shapeFault(value, { id: isText, state: isText, evidence }) === null
}

function isEvidence(value: unknown): boolean {
  const where: Fits = (all) => Array.isArray(all) && all.every(isCondition)
  const fields = {
    id: isText,
    types: isTexts,
    where,
    atLeast: isNumber,
    count: isNumber,
    places: isText,
    listed: isPlaces,
  }
  return isRecord(value) && shapeFault(value, fields) === null
}

function isCondition(value: unknown): boolean {
  if (!isRecord(value) || !isText(value['path'])) return false
  return Array.isArray(value['is']) || Array.isArray(value['isNot']) || isText(value['differsFrom'])
}

/** What is wrong with a control; null: all that it claims follows from the entries and the counts. */
function faultOf(
  { id, state, evidence }: Control,
  entries: ReadonlyMap<number, JsonObject>,
  pack: Pack,
): string | null {
  for (const rule of evidence) {
    const named = `control ${id}, ${rule.id}`
    const places = placesOf(rule.places, pack.treeSize)
    if (places === null || places.count !== rule.count) return `${named}: its places are not ${rule.count} entries`
    for (const index of rule.listed) {
      const entry = entries.get(index)
      if (entry === undefined) return `${named}: entry ${index} is listed and not in the file`
      if (!places.has(index)) return `${named}: entry ${index} is listed and not among its places`
      if (!shows(rule, entry, pack)) return `${named}: entry ${index} does not show it`
    }
    if (rule.count > 0 && rule.listed.length === 0) return `${named}: none of its entries is listed`
  }
  const isCovered = evidence.every(({ count, atLeast }) => count >= atLeast)
  const expected = evidence.length === 0 ? 'outside' : isCovered ? 'covered' : 'gap'
  return state === expected ? null : `control ${id}: it is called ${state}, and its evidence makes it ${expected}`
}

function shows({ types, where }: Evidence, entry: JsonObject, { from, to }: Pack): boolean {
  const { type, occurredAt } = entry
  const at = typeof occurredAt === 'string' ? Date.parse(occurredAt) : Number.NaN
  return (
    typeof type === 'string' &&
    types.includes(type) &&
    at >= Date.parse(from) &&
    at < Date.parse(to) &&
    where.every((condition) => holds(condition, entry))
  )
}

function holds(condition: Condition, entry: JsonObject): boolean {
  const value = valueAt(entry, condition.path)
  if ('is' in condition) return condition.is.some((wanted) => wanted === value)
  if ('isNot' in condition) return condition.isNot.every((unwanted) => unwanted !== value)
  return JSON.stringify(value) !== JSON.stringify(valueAt(entry, condition.differsFrom))
}

function valueAt(entry: JsonValue, path: string): JsonValue {
  let value: JsonValue = entry
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    const object = value as JsonObject
    value = (Object.hasOwn(object, name) ? object[name] : null) ?? null
  }
  return value
}

/** Places as they are told, `3,7-9`; null when that is no ascending list below the size of the tree. */
function placesOf(text: string, treeSize: number): { readonly count: number; has(index: number): boolean } | null {
  const ranges: (readonly [number, number])[] = []
  let before = -1
  for (const part of text === '' ? [] : text.split(',')) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part)
    const [first, last] = [Number(found?.[1]), Number(found?.[2] ?? found?.[1])]
    if (found === null || first <= before || last < first || last >= treeSize) return null
    ranges.push([first, last])
    before = last
  }
  return {
    count: ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    has: (index) => ranges.some(([first, last]) => index >= first && index <= last),
  }
}

function countFault({ controls, covered, gaps, outside }: Pack): string | null {
  const count = (state: string) => controls.filter((control) => control.state === state).length
  return count('covered') === covered && count('gap') === gaps && count('outside') === outside
    ? null
    : 'the file counts its controls otherwise than they stand in it'
}
