import { Button } from '@mantine/core'
import type { ComplianceAssessment } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { complianceApi, complianceQueries, type EvidencePeriod, periodOfDays } from '../../api/compliance.ts'
import { queries } from '../../api/queries.ts'
import { useNow } from '../../app/clock.ts'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { Controls } from './controls.tsx'
import classes from './evidence.module.css'
import { PackList } from './pack-list.tsx'
import { PeriodChoice } from './period-choice.tsx'
import { defaultDays, type EvidenceSearch } from './search.ts'
import { StateCounts, stateWords } from './state-counts.tsx'

/** One framework: its controls with the entries that show them, its gaps, and packs of it. Made to be printed. */
export function FrameworkPage() {
  const { framework } = useParams({ from: '/inside/evidence/$framework' })
  const search = useSearch({ from: '/inside/evidence/$framework' })
  const navigate = useNavigate()
  const days = search.days ?? defaultDays
  const period = periodOfDays(Number(days), useNow())
  const assessment = useQuery(complianceQueries.assessment(framework, period))
  const go = (change: EvidenceSearch) =>
    void navigate({ to: '/evidence/$framework', params: { framework }, search: change, replace: true })
  const { state } = search
  return (
    <>
      <PageHead
        title={assessment.data?.framework.name ?? 'Evidence'}
        tab={assessment.data?.framework.name ?? 'Evidence'}
        lead={<Link to="/evidence">All frameworks</Link>}
      >
        <div className={classes['buttons']}>
          <PeriodChoice days={days} onChange={(chosen) => go(defined({ days: chosen, state }))} />
          <Choice
            label="State"
            all="All controls"
            value={state}
            options={Object.entries(stateWords).map(([value, label]) => ({ value, label }))}
            onChange={(chosen) => go(defined({ days: search.days, state: stateOf(chosen) }))}
          />
          <Button variant="default" onClick={() => window.print()}>
            Print
          </Button>
        </div>
      </PageHead>
      {assessment.error !== null ? (
        <ProblemPanel error={assessment.error} onRetry={() => void assessment.refetch()} />
      ) : assessment.data === undefined ? (
        <Placeholder height="60vh" label="Looking through the ledger" />
      ) : (
        <div className={classes['parts']}>
          <Summary assessment={assessment.data} />
          <Packs framework={framework} period={period} />
          <Shown assessment={assessment.data} state={state} />
        </div>
      )}
    </>
  )
}

function stateOf(text: string | undefined): EvidenceSearch['state'] {
  return text === 'covered' || text === 'gap' || text === 'outside' ? text : undefined
}

function Summary({ assessment }: { readonly assessment: ComplianceAssessment }) {
  const { framework, from, to, treeSize } = assessment
  return (
    <Panel title="In this period" testId="evidence-summary">
      <StateCounts {...assessment} />
      <Facts
        items={[
          ['Text', framework.edition, 'wide'],
          ['From', <Instant key="from" at={from} precision="minute" />],
          ['Until', <Instant key="to" at={to} precision="minute" />],
          ['Ledger', plural(treeSize, 'entry', 'entries')],
          ['Our file', `version ${framework.version}`],
        ]}
      />
      <p className="soft">
        Covered means that every kind of entry the control names was found in the period. Whether that is enough is the
        auditor’s judgement. A period without an occasion leaves a gap, and it is told as one.
      </p>
    </Panel>
  )
}

function Packs({ framework, period }: { readonly framework: string; readonly period: EvidencePeriod }) {
  const client = useQueryClient()
  const { data: me } = useSuspenseQuery(queries.me())
  const packs = useQuery(complianceQueries.packs(framework))
  const make = useMutation({
    mutationFn: () => complianceApi.createPack(framework, period),
    onSuccess: () => client.invalidateQueries({ queryKey: ['compliance', 'packs', framework] }),
  })
  const button = me.scopes.includes('compliance:write') ? (
    <Button loading={make.isPending} onClick={() => make.mutate()} data-testid="make-pack">
      Make a pack
    </Button>
  ) : null
  return (
    <Panel
      title="Packs"
      note="One file with every listed entry and its proof, which a stranger checks offline."
      actions={button}
      testId="packs"
    >
      {make.error === null ? null : <ProblemPanel error={make.error} compact />}
      {packs.error !== null ? (
        <ProblemPanel error={packs.error} compact onRetry={() => void packs.refetch()} />
      ) : packs.data === undefined ? (
        <Placeholder height={60} />
      ) : packs.data.length === 0 ? (
        <p className="soft">
          No pack of this framework was made yet. It holds what this page shows, and does not change.
        </p>
      ) : (
        <PackList packs={packs.data} />
      )}
    </Panel>
  )
}

function Shown({
  assessment,
  state,
}: {
  readonly assessment: ComplianceAssessment
  readonly state: EvidenceSearch['state']
}) {
  const controls = assessment.controls.filter((control) => state === undefined || control.state === state)
  return (
    <Panel title="Controls" note={plural(controls.length, 'control')}>
      {controls.length === 0 ? (
        <Empty title="No control is in this state">Choose another state, or all of them.</Empty>
      ) : (
        <Controls controls={controls} />
      )}
    </Panel>
  )
}
