import { Button } from '@mantine/core'
import type { ChaosExperiment } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { chaosApi, chaosQueries } from '../../api/chaos.ts'
import { queries } from '../../api/queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './chaos.module.css'
import { Runs } from './runs.tsx'
import { useLiveRuns } from './use-live-runs.ts'
import { injectionWords, lineWords, span } from './words.tsx'

/** One experiment: what it claims, what it does, the way to run it, and its runs. */
export function ExperimentPage() {
  const { experimentId } = useParams({ from: '/inside/chaos/$experimentId' })
  useLiveRuns()
  const experiment = useQuery(chaosQueries.experiment(experimentId))
  if (experiment.error !== null)
    return <ProblemPanel error={experiment.error} onRetry={() => void experiment.refetch()} />
  if (experiment.data === undefined) return <Placeholder height="70vh" />
  return (
    <>
      <Head experiment={experiment.data} />
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <Definition experiment={experiment.data} />
          <Run experiment={experiment.data} />
        </div>
        <Panel title="Runs" flush testId="chaos-runs">
          <Runs query={{ experimentId }} empty="It was not run yet." />
        </Panel>
      </div>
    </>
  )
}

function Head({ experiment }: { readonly experiment: ChaosExperiment }) {
  const { experimentId, name } = experiment
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => chaosApi.remove(experimentId),
    onSuccess: async () => {
      void client.invalidateQueries({ queryKey: ['chaos', 'experiments'] })
      await navigate({ to: '/chaos' })
    },
  })
  return (
    <PageHead title={name} tab={name} lead={<p className={classes['hypothesis']}>{experiment.hypothesis}</p>}>
      <LinkButton to="/chaos/$experimentId/edit" params={{ experimentId }} data-testid="edit-experiment">
        Change
      </LinkButton>
      <Button variant="default" color="red" onClick={() => setAsking(true)}>
        Remove
      </Button>
      <ConfirmDialog
        opened={asking}
        title={`Remove ${name}?`}
        word="Remove it"
        error={remove.error}
        pending={remove.isPending}
        testId="remove-experiment"
        onConfirm={() => remove.mutate()}
        onClose={() => setAsking(false)}
      >
        Its runs and reports stay. A run that is open ends by itself.
      </ConfirmDialog>
    </PageHead>
  )
}

function Definition({ experiment }: { readonly experiment: ChaosExperiment }) {
  const agents = useQuery(queries.agents({}))
  const names = new Map(agents.data?.items.map((agent) => [agent.agentId, agent.name]))
  const { expectedFallback, schedule, timeZone } = experiment
  return (
    <Panel title="Experiment" note={`version ${experiment.version}`}>
      <Facts
        items={[
          ['Target', `${experiment.target.kind} ${experiment.targetName}`],
          ['Environment', experiment.environment],
          ['Injects', injectionWords(experiment), 'wide'],
          [
            'Must hold',
            <ul key="lines" className={classes['list']}>
              {experiment.steadyState.map((line) => (
                <li key={JSON.stringify(line)}>{lineWords(line, names)}</li>
              ))}
            </ul>,
            'wide',
          ],
          [
            'Stops at once unless',
            experiment.abortWhen.length === 0 ? (
              'nothing stops it'
            ) : (
              <ul key="guards" className={classes['list']}>
                {experiment.abortWhen.map((line) => (
                  <li key={JSON.stringify(line)}>{lineWords(line, names)}</li>
                ))}
              </ul>
            ),
            'wide',
          ],
          [
            'Expects',
            expectedFallback === null
              ? 'no fallback'
              : `${expectedFallback.macro ?? 'a fallback'} within ${span(expectedFallback.withinMs)}`,
          ],
          ['Fallbacks', experiment.live ? 'act for real' : 'tell what they would do'],
          ['Schedule', schedule === null ? 'by hand' : <code key="schedule">{`${schedule} ${timeZone}`}</code>],
          [
            'Next run',
            <Instant key="next" at={experiment.nextRunAt} precision="minute" why="It is started by hand." />,
          ],
        ]}
      />
    </Panel>
  )
}

function Run({ experiment }: { readonly experiment: ChaosExperiment }) {
  const navigate = useNavigate()
  const { experimentId, lastRun } = experiment
  const isOpen = lastRun !== null && lastRun.state !== 'ended'
  if (isOpen)
    return (
      <Panel title="It runs" note="one at a time">
        <LinkButton to="/chaos/runs/$runId" params={{ runId: lastRun.runId }}>
          Watch it
        </LinkButton>
      </Panel>
    )
  return (
    <Panel title="Run it now" note="Who may is said by the governance rules." testId="run-experiment">
      {experiment.enabled ? (
        <GovernedSave
          isChanged
          about="chaos"
          label="Run it"
          reasonHint="Kept with the run."
          save={async (particulars) => {
            const run = await chaosApi.start(experimentId, particulars)
            await navigate({ to: '/chaos/runs/$runId', params: { runId: run.runId } })
          }}
        />
      ) : (
        <p className="soft">It is off. Change it to run it.</p>
      )}
    </Panel>
  )
}
