import type { DriftChangePoints, DriftStreamDetail } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { driftQueries } from '../../api/drift.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { TimeChart } from '../../charts/time-chart.tsx'
import { formatInstant } from '../../format/time.ts'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Instant, Unknown } from '../../ui/value.tsx'
import { AlarmCard } from './alarm-card.tsx'
import classes from './drift.module.css'
import { evidencePoints, levelPoints, unusualPoints } from './stream-lines.ts'
import { kindWords, methodTitle, parameterTitle, readingText, StreamStateMark, streamTitle } from './words.tsx'

/** One stream: its readings with alarms and changes, how its method sees it, and what people said of its alarms. */
export function StreamPage() {
  useJudgingNews('drift')
  const { streamId } = useParams({ from: '/inside/drift/$streamId' })
  const one = useQuery(driftQueries.stream(streamId))
  const points = useQuery(driftQueries.changePoints(streamId))
  if (one.error !== null) return <ProblemPanel error={one.error} onRetry={() => void one.refetch()} />
  const stream = one.data
  if (stream === undefined) return <Placeholder height="70vh" />
  const title = streamTitle(stream, stream.agent)
  return (
    <>
      <PageHead
        title={<span className={classes['title']}>{title}</span>}
        tab={title}
        lead={
          <>
            {kindWords[stream.kind]}, watched by {methodTitle(stream.method.name)} since{' '}
            <Instant at={stream.createdAt} precision="minute" />.
          </>
        }
      >
        <StreamStateMark state={stream.state} />
      </PageHead>
      <div className={classes['parts']}>
        <Readings stream={stream} found={points.data} />
        {points.error === null ? null : (
          <ProblemPanel error={points.error} compact onRetry={() => void points.refetch()} />
        )}
        <div className={classes['columns']}>
          <Panel title="Alarms" note="the newest first" flush testId="stream-alarms">
            {stream.alarms.length === 0 ? (
              <Empty title="It never raised an alarm" />
            ) : (
              <ul className={classes['alarms']}>
                {stream.alarms.map((alarm) => (
                  <AlarmCard key={alarm.alarmId} alarm={alarm} />
                ))}
              </ul>
            )}
          </Panel>
          <div className={classes['parts']}>
            <State stream={stream} />
            <Changes stream={stream} found={points.data} />
          </div>
        </div>
      </div>
    </>
  )
}

interface Shown {
  readonly stream: DriftStreamDetail
  readonly found: DriftChangePoints | undefined
}

function Readings({ stream, found }: Shown) {
  const { zone } = usePreferences()
  const { readings, unit, limit } = stream
  const first = readings[0]
  const last = readings.at(-1)
  if (first === undefined || last === undefined)
    return (
      <Panel title="Readings" testId="readings">
        <Empty title="No tick is over yet">The first reading comes with the first row after it.</Empty>
      </Panel>
    )
  // One reading alone has no stretch of time.
  const fromMs = Date.parse(first.at) - (first === last ? 3_600_000 : 0)
  // A share has an end; small ones are drawn at their own size.
  const isHigh = unit === 'share' && readings.some(({ value }) => value > 0.5)
  const time = { fromMs, toMs: Date.parse(last.at), zone }
  const evidence = stream.method.name === 'e-detector' ? evidencePoints(readings) : []
  return (
    <Panel title="Readings" note={`${readings.length} of the latest; ${unitWords[unit]}`} testId="readings">
      <TimeChart
        {...time}
        label={`Readings of the stream from ${formatInstant(first.at, zone)} to ${formatInstant(last.at, zone)}`}
        height={230}
        format={(value) => readingText(unit, value)}
        {...(isHigh ? { max: 1 } : {})}
        series={[
          {
            name: 'Reading',
            kind: 'line',
            colour: 'accent',
            points: readings.map(({ at, value }) => [Date.parse(at), value] as const),
          },
          ...(found === undefined || found.changes.length === 0
            ? []
            : [
                {
                  name: 'Level between changes',
                  kind: 'line' as const,
                  colour: 'kind-evaluation',
                  dashed: true,
                  plain: true,
                  points: levelPoints(readings, found.changes),
                },
              ]),
        ]}
        marks={[
          ...unusualPoints(stream).map((atMs) => ({ atMs, colour: 'failing' })),
          ...(found?.changes ?? []).map(({ at }) => ({ atMs: Date.parse(at), colour: 'kind-evaluation' })),
        ]}
      />
      <p className={classes['legend']}>
        <span data-of="alarm">Where an alarm was raised</span>
        <span data-of="change">Where it changed, seen from now, and the levels between</span>
      </p>
      {evidence.length === 0 || limit === null ? null : (
        <>
          <h3 className={classes['part-title']}>Evidence against “nothing changed”, in powers of ten</h3>
          <TimeChart
            {...time}
            label="Evidence of the e-detector and its limit"
            height={130}
            format={(power) => (power === 0 ? '1' : `10^${Number(power.toFixed(1))}`)}
            series={[
              { name: 'Evidence', kind: 'line', colour: 'accent', points: evidence },
              {
                name: 'Limit',
                kind: 'line',
                colour: 'failing',
                dashed: true,
                plain: true,
                points: evidence.map(([at]) => [at, Math.log10(limit)] as const),
              },
            ]}
          />
        </>
      )}
    </Panel>
  )
}

const unitWords: Readonly<Record<DriftStreamDetail['unit'], string>> = {
  share: 'shares',
  ms: 'durations',
  'nano-USD': 'costs',
}

function State({ stream }: { readonly stream: DriftStreamDetail }) {
  const { name, ...parameters } = stream.method
  const learning = 'It is still learning what is usual.'
  return (
    <Panel title="Method" testId="stream-method">
      <Facts
        items={[
          ['Method', methodTitle(name)],
          ...Object.entries(parameters).map(([key, value]) => [parameterTitle(key), String(value)] as const),
          [
            'Observed',
            stream.observed === null ? <Unknown key="o" why={learning} /> : Number(stream.observed.toPrecision(4)),
          ],
          ['Limit', stream.limit === null ? <Unknown key="l" why={learning} /> : Number(stream.limit.toPrecision(4))],
          ['Runs', <Count key="runs" count={stream.runs} />],
          ['Failures', <Count key="failures" count={stream.failures} why="Its rows are no verdicts." />],
          ['Last seen', <Ago key="last" at={stream.lastAt} />],
        ]}
      />
    </Panel>
  )
}

function Changes({ stream, found }: Shown) {
  return (
    <Panel title="Where it changed" note="seen from now, over all readings shown" testId="change-points">
      {found === undefined ? (
        <Placeholder height={80} />
      ) : found.changes.length === 0 ? (
        <p className="soft">Its readings show no change.</p>
      ) : (
        <ul className={classes['alarms']}>
          {found.changes.map(({ at, before, after }) => (
            <li key={at}>
              <Instant at={at} precision="minute" />: {readingText(stream.unit, before)} →{' '}
              {readingText(stream.unit, after)}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
