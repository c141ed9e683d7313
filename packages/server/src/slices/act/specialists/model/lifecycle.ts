import type { Because, SpecialistState, SpecialistVerb } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/**
 * Where each verb leads from each state; null: nowhere. Complete, since the compiler asks for every pair. A retired
 * version stays so: whoever wants it back proposes another version, which is approved anew.
 */
export const transitions = {
  proposed: { train: 'training', evaluate: null, activate: null, return: null, retire: 'retired' },
  training: { train: null, evaluate: 'evaluated', activate: null, return: 'proposed', retire: 'retired' },
  evaluated: { train: 'training', evaluate: 'evaluated', activate: 'active', return: null, retire: 'retired' },
  active: { train: null, evaluate: null, activate: null, return: null, retire: 'retired' },
  retired: { train: null, evaluate: null, activate: null, return: null, retire: null },
} as const satisfies Readonly<Record<SpecialistState, Readonly<Record<SpecialistVerb, SpecialistState | null>>>>

/** What was said beside the verb. */
export interface MoveFacts {
  readonly hasEvaluation: boolean
  readonly hasTrainingRun: boolean
}

export interface Move {
  readonly to: SpecialistState
  readonly because: Because
}

/**
 * Whether a version may move, and where to. Refuses with `conflict` what the table does not know, and with
 * `not-processable` a move whose record would lack what moved it: an evaluation comes with `evaluate` and with nothing
 * else, a training run with `train` at most.
 */
export function decideMove(from: SpecialistState, verb: SpecialistVerb, facts: MoveFacts): Result<Move> {
  const to: SpecialistState | null = transitions[from][verb]
  if (to === null) return refuse('conflict', `A version that is ${from} cannot ${verb}. ${waysOut(from)}`)
  if (facts.hasEvaluation !== (verb === 'evaluate'))
    return refuse(
      'not-processable',
      verb === 'evaluate'
        ? 'Send the evaluation: what it was evaluated by, and the score, or null where none was measured.'
        : `An evaluation comes with the verb evaluate, not with ${verb}.`,
    )
  if (facts.hasTrainingRun && verb !== 'train')
    return refuse('not-processable', `A training run comes with the verb train, not with ${verb}.`)
  const text = `The verb ${verb} leads from ${from} to ${to}.`
  return ok({ to, because: { rule: `${verb}-from-${from}`, observed: from, limit: null, text } })
}

/** Verbs that lead on from a state. */
export function verbsFrom(from: SpecialistState): readonly SpecialistVerb[] {
  const row: Readonly<Record<SpecialistVerb, SpecialistState | null>> = transitions[from]
  return (Object.keys(row) as SpecialistVerb[]).filter((verb) => row[verb] !== null)
}

function waysOut(from: SpecialistState): string {
  const verbs = verbsFrom(from)
  return verbs.length === 0 ? 'Propose another version.' : `It can ${verbs.join(' or ')}.`
}

/** The former active version makes way for one that is activated: there is one at a time. */
export function supersededBecause(by: string): Because {
  return { rule: 'one-active-version', observed: by, limit: 1, text: `Version ${by} was activated in its place.` }
}
