import type { ArtifactType, JsonValue } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { VersionOrder } from './content.ts'
import { filesOf } from './content-shapes.ts'
import { packageKey } from './detect-versions.ts'
import { normalisePath } from './paths/normal-path.ts'
import { readManifest } from './versions/manifest.ts'

/** The same with every use of one path moved to another. Refuses where nothing has that path. */
export function renamedOrder(type: ArtifactType, order: VersionOrder, from: string, to: string): Result<VersionOrder> {
  const target = normalisePath(to)
  if (!target.ok) return target
  const isFrom = (path: string) => keyOf(path) === keyOf(from)
  let moved = 0
  const move = (path: string) => {
    if (!isFrom(path)) return path
    moved++
    return to
  }
  const files = filesOf(type, order.content)
  if (!files.ok) return files
  const content: JsonValue =
    type === 'bundle'
      ? { files: Object.fromEntries([...files.value].map(([path, text]) => [move(path), text])) }
      : order.content
  const claims = order.claims.map((claim) =>
    claim.operation === 'rename' && claim.to !== null
      ? { ...claim, to: move(claim.to) }
      : claim.operation === 'glob'
        ? claim
        : { ...claim, path: move(claim.path) },
  )
  const path = order.path === null ? null : move(order.path)
  return moved === 0
    ? refuse('strategy-unfit', `The artifact itself does not write to ${from}; its part stands above or below it.`)
    : ok({ ...order, content, claims, path })
}

function keyOf(path: string): string | null {
  const read = normalisePath(path)
  return read.ok ? read.value.key : null
}

/** The same requiring one version of a package: where it was declared, and in the `package.json` that the text is. */
export function requiringWitness(order: VersionOrder, key: string, witness: string): Result<VersionOrder> {
  const exact = key.startsWith('pypi:') ? `==${witness}` : witness
  const requirements = order.requirements.map((one) => (packageKey(one) === key ? { ...one, range: exact } : one))
  const content = withWitnessInManifest(order, key, exact)
  if (!content.ok) return content
  const isSame = content.value === order.content && requirements.every((one, at) => one === order.requirements[at])
  return isSame
    ? refuse('strategy-unfit', `Edit the manifest: require ${key.replace(/^[^:]*:/, '')} ${exact}.`)
    : ok({ ...order, content: content.value, requirements })
}

const sections = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const

function withWitnessInManifest({ content, path }: VersionOrder, key: string, exact: string): Result<JsonValue> {
  if (typeof content !== 'string' || path === null) return ok(content)
  const manifest = readManifest(path, content)
  if (manifest === null || !manifest.requirements.some((one) => packageKey(one) === key)) return ok(content)
  if (!/(?:^|\/)package\.json$/.test(path))
    return refuse('strategy-unfit', `Only package.json is rewritten. Edit ${path}: require ${key} at ${exact}.`)
  const parsed = JSON.parse(content) as Record<string, Record<string, unknown>>
  for (const section of sections)
    for (const name of Object.keys(parsed[section] ?? {}))
      if (packageKey({ ecosystem: 'npm', name }) === key && parsed[section] !== undefined) parsed[section][name] = exact
  return ok(`${JSON.stringify(parsed, null, indentOf(content))}\n`)
}

/** As the file is indented. */
function indentOf(text: string): string {
  return /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
}
