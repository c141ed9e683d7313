import type { EventActor } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import type { PsmpEngine } from '../model/psmp.ts'
import type { StoredArtifact } from '../store/artifacts.ts'
import {
  conflictsByFingerprint,
  insertConflict,
  type StoredConflict,
  type StoredMember,
  updateConflict,
} from '../store/conflicts.ts'
import type { Placed } from './look-for-conflicts.ts'

interface Recorder {
  readonly actor: EventActor
  readonly engine: PsmpEngine
}

/**
 * Keeps what was found: a conflict that is known stays the same one, and whether it blocks follows the mode that holds now.
 * What was resolved so that its members may stand together is not among the answered ones.
 */
export async function recordFindings(
  deps: Deps,
  tx: Tx,
  { actor, engine }: Recorder,
  { artifact, placed }: { readonly artifact: StoredArtifact; readonly placed: readonly Placed[] },
): Promise<readonly StoredConflict[]> {
  const known = await conflictsByFingerprint(
    tx,
    placed.map(({ fingerprint }) => fingerprint),
  )
  const now = new Date(deps.clock.now())
  const waiting: StoredConflict[] = []
  for (const one of placed) {
    const before = known.get(one.fingerprint)
    if (before?.state === 'resolved' && before.isWaived) continue
    const { type, kind, subject, severity, because, hints, witness } = one.finding
    const told = { severity, because, hints: [...hints], witness, blocking: engine.blocks(severity) }
    if (before !== undefined && (before.state === 'open' || before.state === 'escalated')) {
      const same = { ...before, ...told }
      if (before.blocking !== told.blocking) await updateConflict(tx, { ...same, changedAt: now })
      waiting.push(same)
      continue
    }
    const conflict: StoredConflict = {
      ...told,
      conflictId: before?.conflictId ?? deps.ids.uuid(),
      projectId: artifact.projectId,
      fingerprint: one.fingerprint,
      type,
      kind,
      subject,
      state: 'open',
      isWaived: false,
      resolution: null,
      answer: null,
      detectedAt: before?.detectedAt ?? now,
      changedAt: now,
    }
    const members = membersOf(conflict, one)
    await (before === undefined ? insertConflict(tx, conflict, members) : updateConflict(tx, conflict))
    await tell(deps, tx, actor, conflict, members)
    waiting.push(conflict)
  }
  return waiting
}

function membersOf({ conflictId }: StoredConflict, { finding, members }: Placed): readonly StoredMember[] {
  return members.map(({ artifactId, name, agent, version, contentHash }, at) => ({
    conflictId,
    artifactId,
    role: at === 0 ? ('newcomer' as const) : ('standing' as const),
    name,
    agent,
    version,
    contentHash,
    claim: (finding.sides[at]?.claim ?? '').slice(0, 2_000),
  }))
}

async function tell(
  deps: Deps,
  tx: Tx,
  actor: EventActor,
  conflict: StoredConflict,
  members: readonly StoredMember[],
): Promise<void> {
  const { conflictId, projectId, type, kind, subject, severity, blocking, because } = conflict
  await append(deps, tx, [
    {
      type: 'conflict.detected',
      subject: `conflict/${conflictId}`,
      actor,
      correlationId: conflictId,
      payload: {
        conflictId,
        projectId,
        type,
        kind,
        about: subject,
        severity,
        blocking,
        members: members.map(({ artifactId, role, version, contentHash }) => ({
          artifactId,
          role,
          version,
          contentHash,
        })),
        because,
      },
    },
  ])
}
