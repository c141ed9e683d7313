import type { ConflictState, ConflictType, ResolutionStrategyName, Severity } from '@metaagent/contract'
import { calledOf, type Named } from './finding.ts'

/** What a strategy is judged by. */
export interface ConflictPicture {
  readonly type: ConflictType
  readonly kind: string
  readonly severity: Severity
  readonly state: ConflictState
  readonly witness: string | null
  readonly newcomer: Named & { readonly priority: number }
  readonly standing: readonly (Named & { readonly priority: number })[]
}

export interface Fit {
  readonly strategy: ResolutionStrategyName
  readonly fits: boolean
  /** What it would do, or why it does not fit. */
  readonly text: string
}

const yes = (strategy: ResolutionStrategyName, text: string): Fit => ({ strategy, fits: true, text })
const no = (strategy: ResolutionStrategyName, text: string): Fit => ({ strategy, fits: false, text })

/** Every strategy with what it would do to this conflict; none for one that is over. */
export function strategiesFor(conflict: ConflictPicture): readonly Fit[] {
  if (conflict.state === 'resolved' || conflict.state === 'gone') return []
  return [
    serialise(conflict),
    keepFirst(conflict),
    priority(conflict),
    merge(conflict),
    upgrade(conflict),
    rename(conflict),
    conflict.state === 'escalated'
      ? no('escalate', 'It waits for people already.')
      : yes('escalate', 'People are told, and it goes on blocking until one of them resolves it.'),
    yes('override', 'Both stand as they are, on somebody’s word: the governance rules say whose approval it takes.'),
  ]
}

/** Whether one may come after the other, and both may stand. */
export function isOrderable({ type, kind, severity }: Pick<ConflictPicture, 'type' | 'kind' | 'severity'>): boolean {
  switch (type) {
    case 'FILE_PATH':
    case 'DUPLICATE_TASK':
      return true
    case 'DEPENDENCY_VERSION':
      return kind === 'UNKNOWN'
    case 'INCOMPATIBLE_SCHEMA':
      return severity === 'LOW'
    case 'CIRCULAR_DEPENDENCY':
    case 'CONTRADICTING_DECISION':
      return false
  }
}

function serialise(conflict: ConflictPicture): Fit {
  const { newcomer, standing } = conflict
  if (standing.length === 0) return no('serialise', 'There is nobody to come after.')
  if (!isOrderable(conflict)) return no('serialise', 'In whichever order they come, they cannot both hold.')
  const others = standing.map(calledOf).join(', ')
  return yes('serialise', `${calledOf(newcomer)} comes after ${others} and rests on it; both may be ACTIVE.`)
}

function keepFirst({ newcomer, standing }: ConflictPicture): Fit {
  return standing.length === 0
    ? no('keep-first', 'There is nobody else to keep.')
    : yes('keep-first', `${calledOf(newcomer)} is archived; what is ACTIVE stays.`)
}

/** The one with the highest priority; of equals what stands. */
export function winnerOf({ newcomer, standing }: Pick<ConflictPicture, 'newcomer' | 'standing'>): Named {
  const best = standing.reduce<(Named & { readonly priority: number }) | null>(
    (first, one) => (first === null || one.priority > first.priority ? one : first),
    null,
  )
  return best === null || newcomer.priority > best.priority ? newcomer : best
}

function priority(conflict: ConflictPicture): Fit {
  const { newcomer, standing } = conflict
  if (standing.length === 0) return no('priority', 'There is nobody to compare it with.')
  const text = `Priority ${newcomer.priority} against ${standing.map((one) => one.priority).join(', ')}`
  return winnerOf(conflict).artifactId === newcomer.artifactId
    ? yes('priority', `${text}: ${calledOf(newcomer)} takes the place of ${standing.map(calledOf).join(', ')}.`)
    : yes('priority', `${text}: ${calledOf(newcomer)} is archived.`)
}

function merge({ type, kind, newcomer, standing }: ConflictPicture): Fit {
  const [other, ...more] = standing
  if (type !== 'FILE_PATH' || kind !== 'SAME' || other === undefined || more.length > 0)
    return no('merge', 'Only two contents of one file can be merged.')
  return yes(
    'merge',
    `The changes of both since what they were made from go into one text; ${calledOf(newcomer)} takes the place of ` +
      `${calledOf(other)}.`,
  )
}

function upgrade({ type, kind, newcomer, witness }: ConflictPicture): Fit {
  if (type !== 'DEPENDENCY_VERSION' || kind !== 'INCOMPATIBLE')
    return no('upgrade-to-witness', 'It is not about versions of a package.')
  if (witness === null) return no('upgrade-to-witness', 'No version is known that all others accept.')
  return yes('upgrade-to-witness', `${calledOf(newcomer)} requires ${witness}, which all others accept.`)
}

function rename({ type, kind, newcomer }: ConflictPicture): Fit {
  if (type !== 'FILE_PATH') return no('rename', 'It is not about a path.')
  if (kind === 'GLOB_OVERLAP') return no('rename', 'A pattern has no other name: claim the files that are written.')
  return yes('rename', `${calledOf(newcomer)} writes to the path that you name in \`to\`.`)
}
