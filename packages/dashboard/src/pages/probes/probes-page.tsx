import type { Probe } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { changeProbe, orderOfProbe } from '../../api/probes.ts'
import { queries } from '../../api/queries.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Duration, Instant, Unknown } from '../../ui/value.tsx'
import { ChangeProbe, NewProbe } from './probe-form.tsx'
import { ProbeHistory } from './probe-history.tsx'
import classes from './probes.module.css'

/** Synthetic checks: what they call, how they went, when they run next. */
export function ProbesPage() {
  const probes = useQuery(queries.probes())
  return (
    <>
      <PageHead
        title="Probes"
        tab="Probes"
        lead="Checks on a schedule. Their runs are flagged synthetic and count in no success figure."
      >
        <NewProbe />
      </PageHead>
      {probes.error !== null ? (
        <ProblemPanel error={probes.error} onRetry={() => void probes.refetch()} />
      ) : probes.data === undefined ? (
        <Placeholder height="20rem" />
      ) : probes.data.items.length === 0 ? (
        <Panel>
          <Empty title="Nothing is checked yet">
            Add a probe to ask an agent’s endpoint a question every few minutes, and to hear when the answer changes.
          </Empty>
        </Panel>
      ) : (
        <ul className={classes['probes']} data-testid="probes">
          {probes.data.items.map((probe) => (
            <li key={probe.probeId}>
              <ProbeCard probe={probe} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

const tones: Readonly<Record<Probe['state'], Tone>> = { passing: 'healthy', failing: 'failing', unknown: 'unknown' }

function ProbeCard({ probe }: { readonly probe: Probe }) {
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const [asking, setAsking] = useState<'change' | 'removal' | null>(null)
  const done = { onSettled: () => client.invalidateQueries({ queryKey: ['probes'] }) }
  const run = useMutation({ mutationFn: () => api.runProbe(probe.probeId), ...done })
  const remove = useMutation({ mutationFn: () => api.removeProbe(probe.probeId), ...done })
  const toggle = useMutation({
    mutationFn: () => changeProbe(probe.probeId, { ...orderOfProbe(probe), enabled: !probe.enabled }),
    ...done,
  })
  const failed = run.error ?? remove.error ?? toggle.error
  const { lastResult } = probe
  return (
    <Panel
      title={
        <>
          {probe.name} <MarkedWord tone={tones[probe.state]} word={probe.state} filled />
        </>
      }
      note={
        <>
          <code>
            {probe.method} {probe.url}
          </code>
        </>
      }
      actions={
        <span className={classes['actions']}>
          <button type="button" onClick={() => run.mutate()} disabled={run.isPending}>
            {run.isPending ? 'Running…' : 'Run now'}
            <span className="visually-hidden"> {probe.name}</span>
          </button>
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            History<span className="visually-hidden"> of {probe.name}</span>
          </button>
          <button type="button" onClick={() => toggle.mutate()} disabled={toggle.isPending}>
            {probe.enabled ? 'Pause' : 'Go on'}
            <span className="visually-hidden"> {probe.name}</span>
          </button>
          <button type="button" onClick={() => setAsking('change')}>
            Edit<span className="visually-hidden"> {probe.name}</span>
          </button>
          <button type="button" onClick={() => setAsking('removal')}>
            Remove<span className="visually-hidden"> {probe.name}</span>
          </button>
        </span>
      }
    >
      <Facts
        items={[
          [
            'Agent',
            <Link key="agent" to="/agents/$agentId" params={{ agentId: probe.agentId }}>
              {probe.agent}
            </Link>,
          ],
          ['Kind', probe.kind === 'http' ? 'HTTP request' : 'Execution of the agent'],
          ['Schedule', <code key="schedule">{`${probe.schedule} ${probe.timeZone}`}</code>],
          [
            'Next run',
            probe.nextRunAt === null ? 'paused' : <Instant key="next" at={probe.nextRunAt} precision="minute" />,
          ],
          ['Last run', <Ago key="last" at={lastResult?.at ?? null} why="It has not run yet." />],
          [
            'Took',
            lastResult === null ? (
              <Unknown key="took" why="It has not run yet." />
            ) : (
              <Duration key="took" ms={lastResult.latencyMs} why="No reply came." />
            ),
          ],
          ['Failures in a row', String(probe.failuresInRow)],
        ]}
      />
      {lastResult === null || lastResult.passed ? null : (
        <p className={classes['broken']} role="note">
          {lastResult.because[0]?.text}
        </p>
      )}
      {asking === 'change' ? <ChangeProbe probe={probe} onDone={() => setAsking(null)} /> : null}
      {asking === 'removal' ? (
        <p className={classes['actions']}>
          <span>Its history goes too; its executions stay.</span>
          <button type="button" onClick={() => remove.mutate()} disabled={remove.isPending}>
            Remove {probe.name} for good
          </button>
          <button type="button" onClick={() => setAsking(null)}>
            Keep it
          </button>
        </p>
      ) : null}
      {failed === null ? null : <p role="alert">{failed.message}</p>}
      {open ? <ProbeHistory probeId={probe.probeId} /> : null}
    </Panel>
  )
}
