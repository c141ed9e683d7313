import type { Agent } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { JudgesVerdict } from '../../../../ports/verdicts.ts'
import { ownersOfExecutions } from '../../telemetry/index.ts'
import { type JudgedBy, judgeJudge } from '../model/judges.ts'
import type { Finding } from '../model/silence.ts'
import type { SuspicionKey } from '../store/suspicions.ts'

/** So many of the latest judgments of each judge and metric are looked at. */
const windowVerdicts = 200

interface Bench extends JudgedBy {
  readonly agentId: string
  readonly judge: string
  readonly metric: string
}

/** Suspicions against judges, each about the agent whose executions were judged. */
export async function suspectJudges(
  deps: Deps,
  tx: Tx,
  agents: readonly Agent[],
): Promise<readonly (SuspicionKey & Finding)[]> {
  const current = new Set(agents.map(({ agentId }) => agentId))
  const benches = (await benchesOf(deps, tx)).filter(({ agentId }) => current.has(agentId))
  return benches.flatMap((bench) => {
    const others = benches.filter(({ judge, metric }) => judge !== bench.judge && metric === bench.metric)
    const finding = judgeJudge(bench, others)
    if (finding === null) return []
    const target = `judge/${bench.judge}/${bench.metric}`
    return [{ agentId: bench.agentId, releaseId: null, kind: 'verdicts-stopped-varying' as const, target, ...finding }]
  })
}

async function benchesOf(deps: Deps, tx: Tx): Promise<readonly Bench[]> {
  const verdicts = await deps.readLatestVerdicts(tx, windowVerdicts)
  const owners = await ownersOfExecutions(tx, [...new Set(verdicts.map(({ executionId }) => executionId))])
  const keyOf = ({ executionId, judge, metric }: JudgesVerdict) =>
    JSON.stringify([owners.get(executionId)?.agentId ?? '', judge, metric])
  return [...Map.groupBy(verdicts, keyOf).values()].flatMap((said) => {
    const [first] = said
    const owner = first === undefined ? undefined : owners.get(first.executionId)
    if (first === undefined || owner === undefined) return []
    return [{ agentId: owner.agentId, judge: first.judge, judgeKind: first.judgeKind, metric: first.metric, said }]
  })
}
