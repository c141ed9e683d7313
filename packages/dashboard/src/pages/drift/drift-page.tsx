import { Button } from '@mantine/core'
import { type DriftPrecision, type DriftStream, DriftStreamKind } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { driftQueries } from '../../api/drift.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatCount, formatShare, formatShareInterval, plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Explained, Unknown } from '../../ui/value.tsx'
import { AlarmCard } from './alarm-card.tsx'
import classes from './drift.module.css'
import type { DriftSearch } from './search.ts'
import { SparkLine } from './spark-line.tsx'
import { kindWords, methodTitle, readingText, StreamStateMark, streamTitle } from './words.tsx'

/** What is watched and what is no longer as it was: open alarms first, then every stream with its state. */
export function DriftPage() {
  useJudgingNews('drift')
  const search = useSearch({ from: '/inside/drift' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(driftQueries.streams({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const [first] = list.data?.pages ?? []
  const change = (values: { [Key in keyof DriftSearch]?: DriftSearch[Key] | undefined }) =>
    void navigate({ to: '/drift', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead
        title="Drift"
        tab="Drift"
        lead={
          first === undefined
            ? 'What is no longer as it was.'
            : `${plural(first.total, 'stream')} watched, ${formatCount(first.open)} not as it was.`
        }
      >
        <Choice
          label="Kind"
          all="All streams"
          value={search.kind}
          options={DriftStreamKind.options.map((value) => ({ value, label: kindWords[value] }))}
          onChange={(kind) => change({ kind: DriftStreamKind.options.find((known) => known === kind) })}
          width={170}
        />
        <CommitInput label="Metric, judge or subject" value={search.q} onCommit={(q) => change({ q })} width={200} />
        <LinkButton to="/drift/methods" variant="default">
          Methods
        </LinkButton>
      </PageHead>
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <OpenAlarms kind={search.kind} />
          <Precision rows={first?.precision} />
        </div>
        {list.error !== null ? (
          <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
        ) : rows === undefined ? (
          <Placeholder height={360} />
        ) : (
          <Panel title="Streams" flush>
            {rows.length === 0 ? (
              <Empty title={Object.keys(search).length === 0 ? 'Nothing is watched yet' : 'No stream is like that'}>
                Streams begin by themselves with the first verdict, coverage report or hour of an agent. Send verdicts
                with the SDK’s <code>judge()</code> or to <code>POST /api/v1/qa/events</code>.
              </Empty>
            ) : (
              <DataTable
                label="Streams"
                testId="stream-table"
                columns={columns}
                rows={rows}
                rowId={({ streamId }) => streamId}
                onOpen={({ streamId }) => void navigate({ to: '/drift/$streamId', params: { streamId } })}
                onEnd={() => {
                  if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
                }}
                rowHeight={42}
              />
            )}
          </Panel>
        )}
      </div>
    </>
  )
}

const columns: readonly DataColumn<DriftStream>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <StreamStateMark state={row.original.state} />,
    meta: { width: '7.75rem' },
  },
  {
    id: 'stream',
    header: 'Stream',
    cell: ({ row: { original } }) => {
      const title = streamTitle(original, original.agent)
      return (
        <Link to="/drift/$streamId" params={{ streamId: original.streamId }} title={title}>
          {title}
        </Link>
      )
    },
  },
  {
    id: 'spark',
    header: 'Latest readings',
    cell: ({ row: { original } }) => (
      <SparkLine
        values={original.spark}
        isDrifted={original.state === 'drifted'}
        label={`${plural(original.spark.length, 'reading')}, the last one ${
          original.value === null ? 'unknown' : readingText(original.unit, original.value)
        }`}
      />
    ),
    meta: { width: '9.5rem', priority: 2 },
  },
  {
    id: 'value',
    header: 'Last',
    cell: ({ row: { original } }) =>
      original.value === null ? (
        <Unknown why="The first tick is not over yet." />
      ) : (
        readingText(original.unit, original.value)
      ),
    meta: { width: '5.5rem', align: 'right' },
  },
  {
    id: 'method',
    header: 'Method',
    cell: ({ row }) => methodTitle(row.original.method.name),
    meta: { width: '9rem', priority: 3 },
  },
  {
    id: 'runs',
    header: 'Runs',
    cell: ({ row }) => <Count count={row.original.runs} />,
    meta: { width: '5rem', align: 'right', priority: 4 },
  },
  {
    id: 'last',
    header: 'Last seen',
    cell: ({ row }) => <Ago at={row.original.lastAt} />,
    meta: { width: '7rem', priority: 5 },
  },
]

function OpenAlarms({ kind }: { readonly kind: DriftStreamKind | undefined }) {
  const list = useInfiniteQuery(driftQueries.alarms({ open: true, kind }))
  const alarms = list.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel title="Open alarms" note="what is not as it was, the newest first" flush testId="open-alarms">
      {list.error !== null ? (
        <ProblemPanel error={list.error} compact onRetry={() => void list.refetch()} />
      ) : alarms === undefined ? (
        <Placeholder height={120} />
      ) : alarms.length === 0 ? (
        <Empty title="Everything is as it was" />
      ) : (
        <ul className={classes['alarms']}>
          {alarms.map((alarm) => (
            <AlarmCard key={alarm.alarmId} alarm={alarm} isNamed />
          ))}
        </ul>
      )}
      {list.hasNextPage ? (
        <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage} m="md">
          Show more
        </Button>
      ) : null}
    </Panel>
  )
}

/** How often each method was right, by people's verdicts. */
function Precision({ rows }: { readonly rows: readonly DriftPrecision[] | undefined }) {
  return (
    <Panel title="How right alarms were" note="by people’s verdicts" testId="drift-precision">
      {rows === undefined ? (
        <Placeholder height={120} />
      ) : rows.length === 0 ? (
        <p className="soft">No alarm was raised yet.</p>
      ) : (
        <table className={classes['precision']}>
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Judged</th>
              <th scope="col">Right</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ method, alarms, judged, precision, low, high }) => (
              <tr key={method}>
                <th scope="row">{methodTitle(method)}</th>
                <td>
                  {judged} of {alarms}
                </td>
                <td>
                  {precision === null ? (
                    <Unknown why="Nobody has judged one of its alarms." />
                  ) : (
                    <Explained tip={`95% interval ${formatShareInterval(low, high)}`}>
                      {formatShare(precision)}
                    </Explained>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
