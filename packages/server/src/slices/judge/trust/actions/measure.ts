import type { Deps } from '../../../../ports/slice.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { panelFigures } from '../model/panel-figures.ts'
import { dueMetrics, saveFigures } from '../store/metrics.ts'
import { latestVerdicts } from '../store/reading.ts'

/** Verdicts that are read of a metric, the newest. */
const verdictsMax = 10_000
/** Metrics in one run and organization; the others follow in the next. */
const metricsMax = 20

/** Measures the judges of every metric together of which something new was heard; safe to cut off and run again. */
export async function measureMetrics(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const due = await deps.store.transaction({ organizationId }, (tx) => dueMetrics(tx, metricsMax))
    for (const { metric } of due) await deps.pacer.step(() => measureMetric(deps, organizationId, metric))
  }
}

/** What is heard while it is measured has a later time than the measurement, and makes it due again. */
async function measureMetric(deps: Deps, organizationId: string, metric: string): Promise<void> {
  const at = deps.clock.now()
  const rows = await deps.store.transaction({ organizationId }, (tx) => latestVerdicts(tx, metric, verdictsMax))
  const figures = panelFigures(
    rows.map(({ item_id: itemId, judge, presented, said, gold }) => {
      return { itemId, judge, said, gold, order: presented === '' ? null : presented }
    }),
  )
  await deps.store.transaction({ organizationId }, (tx) => saveFigures(tx, metric, figures, at))
}
