import { Button } from '@mantine/core'
import type { DriftAlarm, DriftVerdict } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { driftApi } from '../../api/drift.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Explained, Instant } from '../../ui/value.tsx'
import classes from './drift.module.css'
import { closedText, methodTitle, SeverityWord, streamTitle } from './words.tsx'

/** One alarm: how grave, why, what led to it, where documents speak of it, and a person's verdict. */
export function AlarmCard({ alarm, isNamed = false }: { readonly alarm: DriftAlarm; readonly isNamed?: boolean }) {
  const { alarmId, streamId, severity, stream, agent, because, openedAt, closedAt, failures, runs } = alarm
  return (
    <li className={classes['alarm']} data-testid="drift-alarm">
      <div className={classes['line']}>
        <SeverityWord severity={severity} />
        {isNamed ? (
          <Link to="/drift/$streamId" params={{ streamId }}>
            {streamTitle(stream, agent)}
          </Link>
        ) : null}
        <span>
          <Ago at={openedAt} />
          {closedAt === null ? null : (
            <>
              {' '}
              until <Instant at={closedAt} precision="minute" />: {closedText(alarm.closedBecause)}
            </>
          )}
        </span>
        <Told alarm={alarm} />
      </div>
      <BecauseList lines={[because]} />
      <div className={classes['links']}>
        <span>
          {plural(runs, 'run')}
          {failures === null ? '' : `, ${failures} failed`}
        </span>
        {alarm.changeAt === null ? null : (
          <span>
            changed about <Instant at={alarm.changeAt} precision="minute" />
          </span>
        )}
        <span>by {methodTitle(alarm.method)}</span>
        {alarm.recommendations.map(({ document, section }) => (
          <Link key={`${document} ${section}`} to="/documents/$document" params={{ document }}>
            {document}: {section}
          </Link>
        ))}
        <Link to="/qa/traces/$correlationId" params={{ correlationId: alarm.correlationId }}>
          What led to it
        </Link>
      </div>
      <Evidence alarm={alarm} />
      <Verdict key={alarmId} alarm={alarm} />
    </li>
  )
}

function Told({ alarm: { toldAt, closedAt, evidence } }: { readonly alarm: DriftAlarm }) {
  if (toldAt !== null)
    return (
      <Explained tip="Broadcast as qa_drift; amendments and playbooks hear of it.">
        broadcast <Ago at={toldAt} />
      </Explained>
    )
  if (closedAt !== null) return <span className="soft">not broadcast</span>
  const tip =
    evidence === null
      ? 'It is compared with all other streams when the hour is over.'
      : 'Among so many streams its evidence is not enough yet; it is compared again each hour.'
  return (
    <Explained tip={tip}>
      <span className="soft">not broadcast yet</span>
    </Explained>
  )
}

function Evidence({ alarm: { judgmentIds, executionIds } }: { readonly alarm: DriftAlarm }) {
  if (judgmentIds.length === 0 && executionIds.length === 0) return null
  return (
    <div className={classes['links']} data-testid="evidence">
      <span className="soft">Latest evidence:</span>
      {judgmentIds.slice(-5).map((judgmentId) => (
        <Link key={judgmentId} to="/judgments/$judgmentId" params={{ judgmentId }}>
          judgment {judgmentId.slice(-6)}
        </Link>
      ))}
      {executionIds.slice(-5).map((executionId) => (
        <Link key={executionId} to="/executions/$executionId" params={{ executionId }}>
          execution {executionId.slice(0, 6)}
        </Link>
      ))}
    </div>
  )
}

const verdictWords: Readonly<Record<DriftVerdict, string>> = {
  true: 'a real change',
  false: 'a false alarm',
}

function Verdict({ alarm: { alarmId, verdict, closedAt } }: { readonly alarm: DriftAlarm }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const judge = useMutation({
    mutationFn: (chosen: DriftVerdict) => driftApi.judge(alarmId, chosen),
    onSuccess: () => client.invalidateQueries({ queryKey: ['drift'] }),
  })
  const mayJudge = me.data?.scopes.includes('labels:write') === true
  return (
    <>
      {verdict === null ? null : <span className="soft">A person judged: {verdictWords[verdict]}.</span>}
      {mayJudge ? (
        <div className={classes['buttons']}>
          {(['true', 'false'] as const)
            .filter((one) => one !== verdict)
            .map((one) => (
              <Button
                key={one}
                variant="default"
                size="xs"
                loading={judge.isPending}
                onClick={() => judge.mutate(one)}
                title={one === 'false' && closedAt === null ? 'Closes it; the stream learns anew.' : undefined}
              >
                {one === 'true' ? 'It was real' : 'False alarm'}
              </Button>
            ))}
        </div>
      ) : null}
      {judge.error === null ? null : <ProblemPanel error={judge.error} compact />}
    </>
  )
}
