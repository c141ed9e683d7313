import { JudgeKind, type Judgment, JudgmentType } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { judgmentQueries } from '../../api/judgments.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { ExportMenu } from '../../export/export-menu.tsx'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ListFoot } from '../telemetry/list-foot.tsx'
import { TimeInput } from '../telemetry/time-input.tsx'
import { judgmentColumns } from './judgment-columns.tsx'
import classes from './judgments.module.css'
import { type JudgmentsSearch, judgmentsSearch, subjectKinds } from './search.ts'
import { typeWords } from './words.tsx'

/** What judges said, the newest first, under filters that live in the address. */
export function JudgmentsPage() {
  useJudgingNews('judgments')
  const search = useSearch({ from: '/inside/judgments' })
  const navigate = useNavigate({ from: '/judgments' })
  const list = useInfiniteQuery(judgmentQueries.list({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <PageHead
        title="Judgments"
        tab="Judgments"
        lead="What people, checks, models and the world said of runs and of anything else."
      >
        <ExportMenu list={{ path: '/judgments', query: { ...search } }} shown={rows?.length ?? 0} more={hasNextPage} />
      </PageHead>
      <JudgmentFilters
        search={search}
        onChange={(values) =>
          void navigate({ search: (before) => judgmentsSearch({ ...before, ...values }), replace: true })
        }
      />
      {list.error !== null && rows === undefined ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height="70vh" />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <NoJudgments filtered={Object.keys(search).length > 0} />
          ) : (
            <JudgmentTable rows={rows} onEnd={more} />
          )}
          <ListFoot shown={rows.length} list={list} onMore={more} />
        </Panel>
      )}
    </>
  )
}

type Change = (values: { readonly [Key in keyof JudgmentsSearch]?: JudgmentsSearch[Key] | undefined }) => void

function JudgmentFilters({ search, onChange }: { readonly search: JudgmentsSearch; readonly onChange: Change }) {
  return (
    <div role="search" className={classes['filters']}>
      <Choice
        label="Said"
        all="Whatever was said"
        value={search.type}
        options={JudgmentType.options.map((value) => ({ value, label: typeWords[value] }))}
        onChange={(type) => onChange({ type: JudgmentType.options.find((known) => known === type) })}
        width={165}
      />
      <CommitInput label="Metric" value={search.metric} onCommit={(metric) => onChange({ metric })} />
      <CommitInput label="Judge" value={search.judge} onCommit={(judge) => onChange({ judge })} />
      <Choice
        label="Kind of judge"
        all="All kinds of judges"
        value={search.judgeKind}
        options={JudgeKind.options}
        onChange={(kind) => onChange({ judgeKind: JudgeKind.options.find((known) => known === kind) })}
        width={165}
      />
      <Choice
        label="Kind of subject"
        all="All subjects"
        value={search.subjectKind}
        options={subjectKinds}
        onChange={(kind) =>
          onChange({ subjectKind: subjectKinds.find((known) => known === kind), subjectId: undefined })
        }
        width={135}
      />
      {search.subjectKind === undefined ? null : (
        <CommitInput
          label={`Id of the ${search.subjectKind}`}
          value={search.subjectId}
          onCommit={(subjectId) => onChange({ subjectId })}
          width={260}
        />
      )}
      {search.executionId === undefined ? null : (
        <CommitInput
          label="Run"
          value={search.executionId}
          onCommit={(executionId) => onChange({ executionId })}
          width={300}
        />
      )}
      <Choice
        label="Counts as"
        all="Truth and opinions"
        value={search.gold}
        options={[
          { value: 'true', label: 'Truth only' },
          { value: 'false', label: 'Opinions only' },
        ]}
        onChange={(gold) => onChange({ gold: gold === 'true' || gold === 'false' ? gold : undefined })}
        width={160}
      />
      <TimeInput label="From" value={search.from} onCommit={(from) => onChange({ from })} />
      <TimeInput label="To" value={search.to} onCommit={(to) => onChange({ to })} />
    </div>
  )
}

function JudgmentTable({ rows, onEnd }: { readonly rows: readonly Judgment[]; readonly onEnd: () => void }) {
  const navigate = useNavigate()
  const { zone } = usePreferences()
  const columns = useMemo(() => judgmentColumns(zone), [zone])
  return (
    <DataTable
      label="Judgments"
      testId="judgment-table"
      columns={columns}
      rows={rows}
      rowId={({ judgmentId }) => judgmentId}
      onOpen={({ judgmentId }) => void navigate({ to: '/judgments/$judgmentId', params: { judgmentId } })}
      onEnd={onEnd}
    />
  )
}

function NoJudgments({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No judgment fits these filters">
        <Link to="/judgments" search={{}}>
          Remove all filters
        </Link>
      </Empty>
    )
  return (
    <Empty title="Nobody has judged anything yet">
      <p>
        Judges report to <code>POST /api/v1/qa/events</code>, agents with <code>run.judge(…)</code> of the SDK,
        evaluators by OpenTelemetry (<code>gen_ai.evaluation.result</code>), late outcomes by webhooks.
      </p>
    </Empty>
  )
}
