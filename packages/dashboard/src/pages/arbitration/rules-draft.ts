import type { ArbitrationRules, JudgePriority } from '@metaagent/contract'

/** A judge's row while it is edited: metrics as people write them. */
export interface DraftJudge extends Omit<JudgePriority, 'metrics'> {
  readonly id: number
  /** Separated by commas; empty = all. */
  readonly metrics: string
}

/** What mistakes cost, while it is edited; an empty metric speaks of all that have no row of their own. */
export interface DraftCosts {
  readonly id: number
  readonly metric: string
  readonly passedBad: number
  readonly failedGood: number
}

export interface RulesDraft {
  readonly judges: readonly DraftJudge[]
  readonly costs: readonly DraftCosts[]
}

export function draftOf({ agents, mistakes }: ArbitrationRules): RulesDraft {
  return {
    judges: agents.map(({ metrics, ...row }, id) => ({ ...row, id, metrics: metrics?.join(', ') ?? '' })),
    costs: mistakes.map(({ metric, ...row }, id) => ({ ...row, id, metric: metric ?? '' })),
  }
}

/** The rules as the API takes them; rows without a judge's name are still being written and are left out. */
export function rulesOf({ judges, costs }: RulesDraft): ArbitrationRules {
  return {
    version: 1,
    agents: judges
      .filter(({ judge }) => judge.trim() !== '')
      .map(({ id: _id, metrics, judge, ...row }) => {
        const names = metrics
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
        return { ...row, judge: judge.trim(), metrics: names.length === 0 ? null : names }
      }),
    mistakes: costs.map(({ id: _id, metric, ...row }) => ({
      ...row,
      metric: metric.trim() === '' ? null : metric.trim(),
    })),
  }
}

/** A judge that changes nothing until somebody says more. */
export function newJudge(rows: readonly DraftJudge[]): DraftJudge {
  return { id: nextId(rows), judge: '', priority: 1, veto: 'none', metrics: '' }
}

export function newCosts(rows: readonly DraftCosts[]): DraftCosts {
  return { id: nextId(rows), metric: '', passedBad: 1, failedGood: 1 }
}

function nextId(rows: readonly { readonly id: number }[]): number {
  return Math.max(-1, ...rows.map(({ id }) => id)) + 1
}

/** What a priority does, in words. */
export function priorityWords(priority: number): string {
  if (priority > 1)
    return `Deciding against it costs ${Number((priority - 1).toFixed(2))} of a mistake: the other side must be about ${Math.round(
      (priority - 1) * 100,
    )} points likelier.`
  return priority < 1 ? 'Counts less in trust-priority; changes no other policy.' : 'Changes nothing.'
}
