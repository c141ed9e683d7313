import type { JudgeQuery, JudgeTrust, MetricTrust, TrustModelName } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { spentByAgents } from '../../../observe/costs/index.ts'
import { allAgents } from '../../../observe/registry/index.ts'
import type { Bench } from '../model/auditing.ts'
import { costPerCorrectVerdict } from '../model/cost.ts'
import { ratesOf } from '../model/reliability.ts'
import type { TrustModel } from '../model/trust-model.ts'
import { selectFigures } from '../store/metrics.ts'
import { listBenches, verdictsGiven } from '../store/reading.ts'
import { trustSettings } from './settings.ts'
import { figuresOfBench } from './trust.ts'

const list = 'trust.judges'

export interface JudgePage {
  readonly model: TrustModelName
  readonly items: JudgeTrust[]
  readonly nextCursor: string | null
}

/** One page of judges and metrics with what is known of each, by metric and name. */
export async function readJudges(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JudgeQuery>,
): Promise<Result<JudgePage>> {
  const { cursor, limit, ...filters } = query
  let after: { readonly metric: string; readonly judge: string } | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 2)
    if (!position.ok) return position
    const [metric = '', judge = ''] = position.value
    after = { metric, judge }
  }
  const filter = {
    metric: filters.metric ?? null,
    judge: filters.judge ?? null,
    standing: filters.standing ?? null,
  }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { model } = await trustSettings(deps, tx)
    const found = await listBenches(tx, filter, after, limit + 1)
    const benches = found.slice(0, limit)
    const last = benches.at(-1)
    const beside = await besideOf(deps, tx, benches)
    const more = found.length > limit && last !== undefined
    return ok({
      model: model.name,
      items: benches.map((bench) => shown(model, bench, beside)),
      nextCursor: more ? encodePageCursor(list, filters, [last.metric, last.judge]) : null,
    })
  })
}

interface Beside {
  /** What each judge spent, where that is known. */
  readonly spent: ReadonlyMap<string, number>
  /** Verdicts on all metrics. */
  readonly given: ReadonlyMap<string, number>
  readonly metrics: ReadonlyMap<string, MetricTrust>
}

async function besideOf(deps: Deps, tx: Tx, benches: readonly Bench[]): Promise<Beside> {
  const judges = new Set(benches.map(({ judge }) => judge))
  const agents = (await allAgents(deps, tx)).filter(({ name }) => judges.has(name))
  const byAgent = await spentByAgents(
    tx,
    agents.map(({ agentId }) => agentId),
  )
  const spent = new Map(
    agents.flatMap(({ agentId, name }) => {
      const own = byAgent.get(agentId)
      return own === undefined ? [] : [[name, own] as const]
    }),
  )
  const figures = await selectFigures(tx, [...new Set(benches.map(({ metric }) => metric))])
  const metrics = new Map(figures.map((one) => [one.metric, one]))
  return { spent, given: await verdictsGiven(tx, [...judges]), metrics }
}

function shown(model: TrustModel, bench: Bench, { spent, given, metrics }: Beside): JudgeTrust {
  const { judge, judgeKind, metric, standing, evidence } = bench
  const figures = figuresOfBench(model, bench)
  const rates = evidence === null ? { passesFound: null, failsFound: null } : ratesOf(evidence.confusion)
  return {
    judge,
    judgeKind,
    metric,
    standing,
    ...figures,
    confusion: evidence?.confusion ?? null,
    passesFound: rates.passesFound,
    failsFound: rates.failsFound,
    verdicts: bench.given,
    auditedVerdicts: evidence?.verdicts ?? 0,
    costNanoUsdPerCorrectVerdict: costPerCorrectVerdict(
      spent.get(judge) ?? null,
      given.get(judge) ?? 0,
      figures.reliability,
    ),
    copies: copiesOf(judge, metrics.get(metric)),
    lastVerdictAt: toIso(bench.lastGivenAt),
  }
}

function copiesOf(judge: string, metric: MetricTrust | undefined): string[] {
  const pairs = (metric?.pairs ?? []).filter(({ isCopy, first, second }) => isCopy && [first, second].includes(judge))
  return pairs.map(({ first, second }) => (first === judge ? second : first)).sort()
}
