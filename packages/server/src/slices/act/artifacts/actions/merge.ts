import type { ResolutionStrategy } from '@metaagent/contract'
import { type Result, refuse } from '../../../../kernel/result.ts'
import type { Tx } from '../../../../ports/store.ts'
import { calledOf } from '../model/finding.ts'
import { mergeTexts } from '../model/merge.ts'
import { artifactById, type StoredArtifact } from '../store/artifacts.ts'
import { versionOf } from '../store/versions.ts'
import { type Done, type Resolving, reasonOf, replaced } from './resolving.ts'
import type { StateManager } from './state-manager.ts'
import { orderOf } from './versions.ts'

type Merge = Extract<ResolutionStrategy, { strategy: 'merge' }>
const longestLineage = 50

/**
 * Puts the changes of both into one text, which is another version of the newcomer; it takes the place of the other when it
 * becomes ACTIVE. Changes that touch are a person's to decide: `merge-conflicts` has their lines.
 */
export async function merge(tx: Tx, states: StateManager, asked: Resolving<Merge>): Promise<Result<Done>> {
  const { newcomer, standing, strategy } = asked
  const [other] = standing
  if (other === undefined) return refuse('strategy-unfit', 'There is nobody to merge with.')
  const base = await baseOf(tx, newcomer, other, strategy)
  if (!base.ok) return base
  const ours = await textOf(tx, other)
  const theirs = await textOf(tx, newcomer)
  if (ours === null || theirs === null) return refuse('strategy-unfit', 'Both must be texts of one file each.')
  const merged = mergeTexts(base.value.text, ours, theirs)
  if (merged.kind === 'too-different')
    return refuse('merge-conflicts', 'The texts differ from what they were made from in too many lines to merge.')
  if (merged.kind === 'conflicting') {
    const lines = merged.hunks.map(({ baseLine }) => baseLine).join(', ')
    const advice = 'Decide them, and send the text as a revision.'
    return refuse('merge-conflicts', `Both changed the same lines, of the base: ${lines}. ${advice}`, {
      hunks: merged.hunks,
    })
  }
  const heir = await states.relabel(newcomer, { supersedes: other.artifactId }, ['supersedes'])
  const order = { ...(await orderOf(tx, newcomer)), content: merged.text }
  const text = `It holds the changes of both and takes the place of ${calledOf(other)} when it becomes ACTIVE.`
  const because = reasonOf(asked, 'merged-from-a-base', `Merged from ${base.value.called}. ${text}`)
  return await replaced(states, { ...asked, newcomer: heir }, { order, origin: 'merged', text, because })
}

interface Base {
  readonly text: string
  readonly called: string
}

/** What the request names, or the nearest artifact that both come from by what they supersede. */
async function baseOf(tx: Tx, newcomer: StoredArtifact, other: StoredArtifact, { base }: Merge): Promise<Result<Base>> {
  const named = base === undefined ? await commonAncestor(tx, newcomer, other) : await namedBase(tx, newcomer, base)
  if (named === null)
    return refuse('strategy-unfit', 'What both were made from is not known: name it in `base` (artifactId, version).')
  const version = await versionOf(tx, named.artifact.artifactId, named.version)
  if (version === null || version.contentKind !== 'text')
    return refuse('strategy-unfit', 'The base must be a version of this project whose content is a text.')
  const called = `version ${named.version} of ${calledOf(named.artifact)}`
  return { ok: true, value: { text: version.content, called } }
}

interface Named {
  readonly artifact: StoredArtifact
  readonly version: number
}

async function namedBase(
  tx: Tx,
  { projectId }: StoredArtifact,
  base: NonNullable<Merge['base']>,
): Promise<Named | null> {
  const artifact = await artifactById(tx, base.artifactId)
  return artifact === null || artifact.projectId !== projectId ? null : { artifact, version: base.version }
}

async function commonAncestor(tx: Tx, newcomer: StoredArtifact, other: StoredArtifact): Promise<Named | null> {
  const theirs = new Map((await lineOf(tx, other)).map((one) => [one.artifactId, one]))
  const shared = (await lineOf(tx, newcomer)).find(({ artifactId }) => theirs.has(artifactId))
  return shared === undefined ? null : { artifact: shared, version: shared.version }
}

/** What it takes the place of, and so on; what stands is no ancestor of itself. */
async function lineOf(tx: Tx, artifact: StoredArtifact): Promise<readonly StoredArtifact[]> {
  const line: StoredArtifact[] = []
  let next = artifact.supersedes
  while (next !== null && line.length < longestLineage && !line.some(({ artifactId }) => artifactId === next)) {
    const before = await artifactById(tx, next)
    if (before === null) break
    line.push(before)
    next = before.supersedes
  }
  return line
}

async function textOf(tx: Tx, { artifactId, version, path }: StoredArtifact): Promise<string | null> {
  const found = await versionOf(tx, artifactId, version)
  return found === null || found.contentKind !== 'text' || path === null ? null : found.content
}
