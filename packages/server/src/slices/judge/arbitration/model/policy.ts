import { type AuditedFit, auditedOpinion, fitAudited } from './audited.ts'
import { type BestJudgeFit, bestJudgeOpinion, fitBestJudge } from './best-judge.ts'
import { type DawidSkeneFit, dawidSkeneOpinion, fitDawidSkene } from './dawid-skene.ts'
import type { LossMatrix } from './loss.ts'
import { majorityOpinion } from './majority.ts'
import type { Opinion } from './opinion.ts'
import { fitTrustPriority, type TrustPriorityFit, trustPriorityOpinion } from './trust-priority.ts'
import type { Ballot, Panel } from './votes.ts'

/** The rules that turn votes into one verdict, in the order in which `auto` prefers them where they are as good. */
export const policyNames = ['audited', 'best-judge', 'dawid-skene', 'trust-priority', 'majority'] as const
export type PolicyName = (typeof policyNames)[number]

/** What a policy learnt from a panel. Data alone: nothing in it changes. */
export type Fit =
  | AuditedFit
  | BestJudgeFit
  | DawidSkeneFit
  | TrustPriorityFit
  | { readonly policy: 'majority'; readonly classes: number }

export interface FitOptions {
  /** What mistakes cost; see `evenLoss` and `equalLoss`. */
  readonly loss: LossMatrix
  /** Governance priority per judge for `trust-priority`; 1 where it is not named. The others take it as loss or veto. */
  readonly priorities: ReadonlyMap<string, number>
  /** Decides how audited items fall into folds. The same seed and items give the same fit, to the last bit. */
  readonly seed: number
}

/** Learns from the votes and from the gold that the panel shows. */
export function fitPolicy(name: PolicyName, panel: Panel, { loss, priorities, seed }: FitOptions): Fit {
  switch (name) {
    case 'audited':
      return fitAudited(panel, seed)
    case 'best-judge':
      return fitBestJudge(panel, loss)
    case 'dawid-skene':
      return fitDawidSkene(panel)
    case 'trust-priority':
      return fitTrustPriority(panel, priorities)
    case 'majority':
      return { policy: 'majority', classes: panel.classes.length }
  }
}

/** What a fitted policy holds of a ballot. The ballot's own gold, if it has one, is not looked at. */
export function opinionOf(fit: Fit, ballot: Omit<Ballot, 'gold' | 'itemId'>): Opinion {
  switch (fit.policy) {
    case 'audited':
      return auditedOpinion(fit, ballot)
    case 'best-judge':
      return bestJudgeOpinion(fit, ballot)
    case 'dawid-skene':
      return dawidSkeneOpinion(fit, ballot)
    case 'trust-priority':
      return trustPriorityOpinion(fit, ballot)
    case 'majority':
      return majorityOpinion(ballot, fit.classes)
  }
}
