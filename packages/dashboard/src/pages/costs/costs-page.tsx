import { SegmentedControl } from '@mantine/core'
import { CostDimension, type CostPage } from '@metaagent/contract'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { defined } from '../../address/search.ts'
import { costQueries } from '../../api/costs.ts'
import { queries } from '../../api/queries.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { useLiveFleet } from '../../app/use-live-fleet.ts'
import { ExportMenu } from '../../export/export-menu.tsx'
import { formatPartialUsd } from '../../format/money.ts'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { CostChart } from './cost-chart.tsx'
import { CostTable } from './cost-table.tsx'
import classes from './costs-page.module.css'
import { Differences } from './differences.tsx'
import { type PriceDraft, PriceForm } from './price-form.tsx'
import { Prices } from './prices.tsx'
import { RepricingPanel } from './repricing.tsx'
import { type CostsSearch, costDays } from './search.ts'
import { Unpriced } from './unpriced.tsx'

/** What agents cost, by whom and when; what has no price; and the prices that the organization sets itself. */
export function CostsPage() {
  const search = useSearch({ from: '/inside/costs' })
  const { by = 'agent', environment, agentId } = search
  const filter = useCostFilter(search)
  const groups = useInfiniteQuery(costQueries.groups({ ...filter, groupBy: by }))
  const [draft, setDraft] = useState<PriceDraft | null>(null)
  useLiveCosts()
  const first = groups.data?.pages[0]
  return (
    <>
      <PageHead title="Costs" tab="Costs" lead={first === undefined ? 'What agents cost.' : leadOf(first)}>
        <Filters search={search} />
        <ExportMenu
          list={{ path: '/costs', query: { ...filter, groupBy: by } }}
          shown={groups.data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0}
          more={groups.hasNextPage}
        />
      </PageHead>
      <div className={classes['panels']}>
        {groups.error !== null ? (
          <ProblemPanel error={groups.error} onRetry={() => void groups.refetch()} />
        ) : first === undefined ? (
          <Placeholder height={520} />
        ) : first.total.calls === 0 && environment === undefined && agentId === undefined ? (
          <Panel>
            <Empty title="No model was called in this time">
              As soon as agents report calls with their tokens, you see here what they cost and what has no price.
            </Empty>
          </Panel>
        ) : (
          <>
            <CostChart filter={filter} splitBy={by === 'day' ? 'agent' : by} />
            <CostTable by={by} pages={groups} />
          </>
        )}
        <Unpriced filter={filter} onPrice={setDraft} />
        <Differences filter={filter} />
        <Prices onNew={() => setDraft({})} />
        <RepricingPanel />
      </div>
      <PriceForm draft={draft} onClose={() => setDraft(null)} />
    </>
  )
}

/** The filter of every question on the page: the range ends with the current hour, so that the answers can be kept. */
function useCostFilter({ days = '30', environment, agentId }: CostsSearch) {
  const { zone } = usePreferences()
  const timeZone = zone === 'utc' ? 'UTC' : new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone
  const hour = Math.ceil(Date.now() / 3_600_000)
  return useMemo(() => {
    const to = hour * 3_600_000
    const range = { from: new Date(to - Number(days) * 86_400_000).toISOString(), to: new Date(to).toISOString() }
    return { ...range, timeZone, ...defined({ environment, agentId }) }
  }, [hour, days, environment, agentId, timeZone])
}

const refreshAfterMs = 2_000

/** Asks again a moment after the server tells that agents reported or were priced again; nothing is polled. */
function useLiveCosts(): void {
  const client = useQueryClient()
  const { live } = useLiveFleet({ window: '1h' })
  const told = live.fleet
  useEffect(() => {
    if (told === null) return
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: ['costs'] }), refreshAfterMs)
    return () => clearTimeout(timer)
  }, [client, told])
}

function leadOf({ total }: CostPage): string {
  const calls = plural(total.calls, 'model call')
  if (total.calls === 0) return 'No model was called in this time.'
  const unpriced = total.unpricedCalls === 0 ? '' : `, ${plural(total.unpricedCalls, 'call')} without a price`
  return `${formatPartialUsd(total.costNanoUsd, total.unpricedCalls)} for ${calls}${unpriced}.`
}

const dimensionLabels: Readonly<Record<CostDimension, string>> = {
  agent: 'Agent',
  model: 'Model',
  release: 'Release',
  day: 'Day',
}

function Filters({ search }: { readonly search: CostsSearch }) {
  const navigate = useNavigate()
  const environments = useQuery(queries.environments())
  const agents = useQuery(queries.agents({}))
  const choose = (change: CostsSearch) =>
    void navigate({ to: '/costs', search: { ...search, ...change }, replace: true })
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="Sum by"
        data-testid="cost-dimension"
        value={search.by ?? 'agent'}
        onChange={(by) => choose({ by: CostDimension.parse(by) })}
        data={CostDimension.options.map((value) => ({ value, label: dimensionLabels[value] }))}
      />
      <SegmentedControl
        size="xs"
        aria-label="Days"
        value={search.days ?? '30'}
        onChange={(chosen) => choose(defined({ days: costDays.find((days) => days === chosen) }))}
        data={costDays.map((value) => ({ value, label: `${value}d` }))}
      />
      <Choice
        label="Agent"
        all="All agents"
        value={search.agentId}
        options={agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []}
        onChange={(agentId) => {
          const { agentId: _, ...rest } = search
          void navigate({ to: '/costs', search: { ...rest, ...defined({ agentId }) }, replace: true })
        }}
      />
      <Choice
        label="Environment"
        all="All environments"
        value={search.environment}
        options={environments.data?.items.map(({ name }) => name) ?? []}
        onChange={(environment) => {
          const { environment: _, ...rest } = search
          void navigate({ to: '/costs', search: { ...rest, ...defined({ environment }) }, replace: true })
        }}
      />
    </>
  )
}
