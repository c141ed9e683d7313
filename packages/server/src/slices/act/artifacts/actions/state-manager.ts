import type { ArtifactVersion, Because, EventActor } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append, appendDecision } from '../../../govern/journal/index.ts'
import { type ReadVersion } from '../model/content.ts'
import type { PsmpEngine, Verb } from '../model/psmp.ts'
import { artifactById, needlesslyBlocked, type StoredArtifact, updateArtifact } from '../store/artifacts.ts'
import { openConflictsOf, type StoredConflict, updateConflict } from '../store/conflicts.ts'
import { insertVersion, replaceClaims, type StoredVersion, setClaimsActive, versionOf } from '../store/versions.ts'
import { engineOf } from './governance-mode.ts'
import { hashOf } from './hash.ts'
import { lookForConflicts } from './look-for-conflicts.ts'
import { recordFindings } from './record-findings.ts'

/** What looking for conflicts left of an artifact. */
export interface Examined {
  readonly artifact: StoredArtifact
  /** Those that wait, whether they block or not. */
  readonly conflicts: readonly StoredConflict[]
}

const events = {
  activate: 'artifact.activated',
  block: 'artifact.blocked',
  unblock: 'artifact.unblocked',
  supersede: 'artifact.superseded',
  archive: 'artifact.archived',
} as const satisfies Partial<Record<Verb, string>>

/**
 * Moves artifacts through the protocol in one transaction: state, claims, conflicts and the journal change together. Whoever
 * makes one holds the project's lock (`lockProject`) before reading what is moved.
 */
export class StateManager {
  readonly engine: PsmpEngine
  /** The conflict that is being resolved: it ends by its resolution, not because its members leave. */
  resolving: string | null = null
  /** Whether a conflict has ended in this transaction, so that somebody may be free. */
  hasEnded = false
  readonly #deps: Deps
  readonly #tx: Tx
  readonly #actor: EventActor

  private constructor(deps: Deps, tx: Tx, actor: EventActor, engine: PsmpEngine) {
    this.#deps = deps
    this.#tx = tx
    this.#actor = actor
    this.engine = engine
  }

  /** In the organization's governance mode. */
  static async begin(deps: Deps, tx: Tx, caller: Pick<Caller, 'actor'>): Promise<StateManager> {
    return new StateManager(deps, tx, actorOf(caller), await engineOf(deps, tx))
  }

  get #now(): Date {
    return new Date(this.#deps.clock.now())
  }

  /** `user:0190…`, as rows keep it. */
  get by(): string {
    return `${this.#actor.kind}:${this.#actor.id}`
  }

  /**
   * Carries a verb out: the row, its claims, an event and its mirror. `revise` needs a version and goes through `revise`.
   * Refuses with `artifact-state`.
   */
  async move(
    artifact: StoredArtifact,
    verb: Exclude<Verb, 'revise'>,
    because: Because,
    change: Partial<Pick<StoredArtifact, 'supersededBy' | 'activatedAt'>> = {},
  ): Promise<Result<StoredArtifact>> {
    const state = this.engine.next(artifact.state, verb)
    if (!state.ok) return state
    const moved = await this.#save(artifact, { ...change, state: state.value, because })
    if ((artifact.state === 'ACTIVE') !== (moved.state === 'ACTIVE'))
      await setClaimsActive(this.#tx, artifact.artifactId, moved.state === 'ACTIVE')
    const { supersededBy } = moved
    await appendDecision(
      this.#deps,
      this.#tx,
      {
        type: events[verb],
        subject: `artifact/${artifact.artifactId}`,
        actor: this.#actor,
        correlationId: artifact.artifactId,
        payload: { ...factsOf(moved), from: artifact.state, to: moved.state, supersededBy, because },
      },
      { verdict: moved.state, because },
    )
    return ok(moved)
  }

  /** Writes another version; the artifact is DRAFT afterwards. Refuses with `artifact-state`. */
  async revise(
    artifact: StoredArtifact,
    read: ReadVersion,
    origin: ArtifactVersion['origin'],
  ): Promise<Result<StoredArtifact>> {
    const state = this.engine.next(artifact.state, 'revise')
    if (!state.ok) return state
    const version = artifact.version + 1
    await this.keepVersion(artifact, version, read, origin)
    const { contentHash, contentBytes, path } = read
    const moved = await this.#save(artifact, {
      state: state.value,
      version,
      contentHash,
      contentBytes,
      path,
      because: null,
    })
    await append(this.#deps, this.#tx, [
      {
        type: 'artifact.revised',
        subject: `artifact/${artifact.artifactId}`,
        actor: this.#actor,
        correlationId: artifact.artifactId,
        payload: { ...factsOf(moved), parentVersion: artifact.version, origin },
      },
    ])
    return ok(moved)
  }

  /** Writes a version with its claims, the first or another one. */
  async keepVersion(
    artifact: Pick<StoredArtifact, 'artifactId' | 'projectId'>,
    version: number,
    read: ReadVersion,
    origin: ArtifactVersion['origin'],
  ): Promise<void> {
    const { decisions: _, ...kept } = read
    const parentVersion = version === 1 ? null : version - 1
    const row: StoredVersion = { ...kept, version, parentVersion, origin, createdAt: this.#now, createdBy: this.by }
    await insertVersion(this.#tx, artifact.artifactId, row)
    await replaceClaims(this.#tx, artifact, read)
  }

  /**
   * Looks for conflicts with what is ACTIVE and keeps them; those that are not found any more have ended. Refuses with
   * `content-altered`.
   */
  async examine(artifact: StoredArtifact): Promise<Result<Examined>> {
    const version = await this.#soundVersion(artifact)
    if (!version.ok) return version
    const placed = await lookForConflicts(this.#tx, artifact, version.value)
    const conflicts = await recordFindings(
      this.#deps,
      this.#tx,
      { actor: this.#actor, engine: this.engine },
      {
        artifact,
        placed,
      },
    )
    const found = new Set(conflicts.map(({ conflictId }) => conflictId))
    const before = await openConflictsOf(this.#tx, artifact.artifactId, 'newcomer')
    await this.endConflicts(
      before.filter(({ conflictId }) => !found.has(conflictId)),
      'no-longer-found',
      'It was looked for again and is not there any more.',
    )
    return ok({ artifact, conflicts })
  }

  /** Makes an artifact ACTIVE, or BLOCKED by what was found; what it takes the place of is SUPERSEDED with it. */
  async settle({ artifact, conflicts }: Examined, wish: 'activate' | 'stay'): Promise<Result<StoredArtifact>> {
    const blocking = conflicts.filter((conflict) => conflict.blocking)
    const [worst] = blocking
    if (worst !== undefined) {
      const because = blockedBecause(blocking, worst, this.engine.mode)
      return await this.move(artifact, 'block', because)
    }
    if (wish === 'activate') return await this.#activate(artifact)
    if (artifact.state !== 'BLOCKED') return ok(artifact)
    return await this.move(artifact, 'unblock', nothingBlocks)
  }

  async #activate(artifact: StoredArtifact): Promise<Result<StoredArtifact>> {
    const { mode } = this.engine
    const text = `Nothing that is ACTIVE in the project speaks against it in the mode ${mode}.`
    const because = { rule: 'no-blocking-conflict', observed: 0, limit: 0, text }
    const before = artifact.supersedes === null ? null : await artifactById(this.#tx, artifact.supersedes)
    if (before !== null && this.engine.next(before.state, 'supersede').ok) await this.supersede(before, artifact)
    return await this.move(artifact, 'activate', because, { activatedAt: this.#now })
  }

  /** Gives an artifact's place to another one. */
  async supersede(before: StoredArtifact, by: StoredArtifact): Promise<Result<StoredArtifact>> {
    const text = `"${by.name}" takes its place.`
    const because = { rule: 'successor-is-active', observed: by.artifactId, limit: null, text }
    const moved = await this.move(before, 'supersede', because, { supersededBy: by.artifactId })
    if (moved.ok) await this.#leave(before)
    return moved
  }

  /** Takes an artifact back for good. */
  async archive(artifact: StoredArtifact, because: Because): Promise<Result<StoredArtifact>> {
    const moved = await this.move(artifact, 'archive', because)
    if (moved.ok) await this.#leave(artifact)
    return moved
  }

  /** Its conflicts end with it. */
  async #leave(artifact: StoredArtifact): Promise<void> {
    const open = await openConflictsOf(this.#tx, artifact.artifactId, null)
    await this.endConflicts(open, 'member-has-ended', `"${artifact.name}" is out of play.`)
  }

  async endConflicts(conflicts: readonly StoredConflict[], rule: string, text: string): Promise<void> {
    for (const conflict of conflicts.filter(({ conflictId }) => conflictId !== this.resolving)) {
      this.hasEnded = true
      const because = { rule, observed: null, limit: null, text }
      await updateConflict(this.#tx, { ...conflict, state: 'gone', changedAt: this.#now })
      const { conflictId, projectId } = conflict
      const subject = `conflict/${conflictId}`
      const payload = { conflictId, projectId, because }
      await append(this.#deps, this.#tx, [
        { type: 'conflict.ended', subject, actor: this.#actor, correlationId: conflictId, payload },
      ])
    }
  }

  /** Lets go whatever is BLOCKED in a project without an open conflict that blocks it; answers these, now DRAFT. */
  async unblockFree(projectId: string): Promise<readonly StoredArtifact[]> {
    const free = await needlesslyBlocked(this.#tx, projectId)
    const unblocked: StoredArtifact[] = []
    for (const artifact of free) {
      const moved = await this.move(artifact, 'unblock', nothingBlocks)
      assertInvariant(moved.ok, 'what is BLOCKED can be unblocked')
      unblocked.push(moved.value)
    }
    return unblocked
  }

  /** The version that holds, whose bytes still have the hash under which they were accepted. */
  async #soundVersion({ artifactId, version, contentHash }: StoredArtifact): Promise<Result<StoredVersion>> {
    const found = await versionOf(this.#tx, artifactId, version)
    assertInvariant(found !== null, 'an artifact has the version that holds')
    const observed = hashOf(found.content)
    return observed === contentHash && found.contentHash === contentHash
      ? ok(found)
      : refuse('content-altered', 'What is stored is not what was accepted. Send the content again as a revision.', {
          accepted: contentHash,
          observed,
        })
  }

  /** Writes an artifact with another revision; the only place that counts them. */
  async #save(artifact: StoredArtifact, change: Partial<StoredArtifact>): Promise<StoredArtifact> {
    const saved = { ...artifact, ...change, revision: artifact.revision + 1, changedAt: this.#now }
    await updateArtifact(this.#tx, saved)
    return saved
  }

  /** Changes what is said of an artifact; never its state or its content. */
  async relabel(
    artifact: StoredArtifact,
    change: Partial<Pick<StoredArtifact, 'name' | 'agent' | 'taskId' | 'priority' | 'supersedes'>>,
    changed: readonly string[],
  ): Promise<StoredArtifact> {
    const saved = await this.#save(artifact, change)
    await append(this.#deps, this.#tx, [
      {
        type: 'artifact.changed',
        subject: `artifact/${artifact.artifactId}`,
        actor: this.#actor,
        correlationId: artifact.artifactId,
        payload: { ...factsOf(saved), changed: [...changed] },
      },
    ])
    return saved
  }
}

const nothingBlocks: Because = {
  rule: 'no-blocking-conflict',
  observed: 0,
  limit: 0,
  text: 'No open conflict blocks it any more. It can be made ACTIVE.',
}

function blockedBecause(blocking: readonly StoredConflict[], worst: StoredConflict, mode: string): Because {
  const more = blocking.length === 1 ? '' : ` And ${blocking.length - 1} more.`
  return {
    rule: 'blocking-conflict',
    observed: blocking.length,
    limit: 0,
    text: `${worst.because.text} ${worst.severity} blocks in the mode ${mode}.${more}`,
  }
}

/** What every event of an artifact says. */
export function factsOf({ artifactId, projectId, name, type, version, contentHash, revision }: StoredArtifact) {
  return { artifactId, projectId, name, type, version, contentHash, revision }
}
