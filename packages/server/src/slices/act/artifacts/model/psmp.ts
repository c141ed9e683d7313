import type { ArtifactState, GovernanceMode, Severity } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

export const verbs = ['activate', 'block', 'unblock', 'revise', 'supersede', 'archive'] as const
export type Verb = (typeof verbs)[number]

/** Where a verb leads, or why the state does not take it. */
type Move = { readonly to: ArtifactState } | { readonly refused: string }

const to = (state: ArtifactState): Move => ({ to: state })
const refused = (text: string): Move => ({ refused: text })

const activeContent = 'What is ACTIVE keeps its content. Make a successor that names it in `supersedes`.'
const itsPlace = 'Another artifact has taken its place. Revise or archive that one.'
const ended = 'It is ARCHIVED, which is final. Make another artifact.'

/** The whole protocol: every state with every verb. A state or a verb without its cell does not compile. */
export const transitions = {
  DRAFT: {
    activate: to('ACTIVE'),
    block: to('BLOCKED'),
    unblock: refused('It is not BLOCKED.'),
    revise: to('DRAFT'),
    supersede: to('SUPERSEDED'),
    archive: to('ARCHIVED'),
  },
  ACTIVE: {
    activate: refused('It is ACTIVE already.'),
    block: refused('What is ACTIVE stands; a conflict blocks the newcomer. Archive it, or resolve by priority.'),
    unblock: refused('It is not BLOCKED.'),
    revise: refused(activeContent),
    supersede: to('SUPERSEDED'),
    archive: to('ARCHIVED'),
  },
  BLOCKED: {
    activate: to('ACTIVE'),
    block: to('BLOCKED'),
    unblock: to('DRAFT'),
    revise: to('DRAFT'),
    supersede: to('SUPERSEDED'),
    archive: to('ARCHIVED'),
  },
  SUPERSEDED: {
    activate: refused(itsPlace),
    block: refused(itsPlace),
    unblock: refused(itsPlace),
    revise: refused(itsPlace),
    supersede: refused(itsPlace),
    archive: to('ARCHIVED'),
  },
  ARCHIVED: {
    activate: refused(ended),
    block: refused(ended),
    unblock: refused(ended),
    revise: refused(ended),
    supersede: refused(ended),
    archive: refused(ended),
  },
} as const satisfies Record<ArtifactState, Record<Verb, Move>>

/** The mildest severity that blocks. */
export const blocksFrom = { strict: 'MEDIUM', balanced: 'HIGH', permissive: 'CRITICAL' } as const satisfies Record<
  GovernanceMode,
  Severity
>

const rank = { LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 3 } as const satisfies Record<Severity, number>

/** Negative when `a` is milder than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return rank[a] - rank[b]
}

/** The Project State Management Protocol of one organization: what follows on what, and what blocks, in its mode. */
export class PsmpEngine {
  readonly mode: GovernanceMode

  constructor(mode: GovernanceMode) {
    this.mode = mode
  }

  /** The state that a verb leads to; refuses with `artifact-state` and what to do instead. */
  next(state: ArtifactState, verb: Verb): Result<ArtifactState> {
    const move: Move = transitions[state][verb]
    return 'to' in move ? ok(move.to) : refuse('artifact-state', move.refused, { state, verb })
  }

  /** Every verb with where it leads from here. */
  moves(state: ArtifactState): readonly { verb: Verb; to: ArtifactState | null; text: string | null }[] {
    return verbs.map((verb) => {
      const move: Move = transitions[state][verb]
      return 'to' in move ? { verb, to: move.to, text: null } : { verb, to: null, text: move.refused }
    })
  }

  /** Whether a conflict of this severity keeps an artifact from being ACTIVE. */
  blocks(severity: Severity): boolean {
    return compareSeverity(severity, blocksFrom[this.mode]) >= 0
  }
}
