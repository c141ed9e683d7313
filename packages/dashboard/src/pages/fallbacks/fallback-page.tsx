import { Button } from '@mantine/core'
import type { FallbackHealth, FallbackPolicy } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { fallbackApi, fallbackQueries } from '../../api/fallbacks.ts'
import { formatCount, formatShare, plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Duration, Instant, Unknown } from '../../ui/value.tsx'
import { Choosing } from './choosing.tsx'
import classes from './fallbacks.module.css'
import { Invocations } from './invocations.tsx'
import { useLiveFallbacks } from './use-live-fallbacks.ts'
import { lineWords, PolicyMark } from './words.tsx'

/** One policy: what it says, what it would choose now and why, and what it invoked. */
export function FallbackPage() {
  const { policyId } = useParams({ from: '/inside/fallbacks/$policyId' })
  useLiveFallbacks()
  const policy = useQuery(fallbackQueries.one(policyId))
  if (policy.error !== null) return <ProblemPanel error={policy.error} onRetry={() => void policy.refetch()} />
  if (policy.data === undefined) return <Placeholder height="70vh" />
  return (
    <>
      <Head policy={policy.data} />
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <Definition policy={policy.data} />
          <Now policyId={policyId} />
        </div>
        <Panel title="Invocations" note="simulated ones too" testId="fallback-invocations">
          <Invocations query={{ policyId }} empty="It invoked nothing yet." />
        </Panel>
      </div>
    </>
  )
}

function Head({ policy }: { readonly policy: FallbackPolicy }) {
  const [removing, setRemoving] = useState(false)
  const navigate = useNavigate()
  const { policyId } = policy
  return (
    <>
      <PageHead
        title={policy.name}
        tab={policy.name}
        lead={
          <>
            When {policy.primary.kind} {policy.primaryName ?? '?'} {lineWords(policy.thresholds).join(', or ')} in{' '}
            {policy.environment}
            {policy.description === null ? null : <p>{policy.description}</p>}
          </>
        }
      >
        <LinkButton to="/fallbacks/$policyId/edit" params={{ policyId }} data-testid="edit-fallback">
          Change
        </LinkButton>
        <Button variant="default" color="red" onClick={() => setRemoving(!removing)} aria-expanded={removing}>
          Remove
        </Button>
      </PageHead>
      {removing ? (
        <Panel title="Remove it" note="Its invocations stay, and nothing takes over any more.">
          <GovernedSave
            isChanged
            isGrave
            about="fallbacks"
            label="Remove it for good"
            save={(particulars) => fallbackApi.remove(policyId, { ...particulars })}
            onSaved={() => void navigate({ to: '/fallbacks' })}
          />
        </Panel>
      ) : null}
    </>
  )
}

function Definition({ policy }: { readonly policy: FallbackPolicy }) {
  const { primary, thresholds, openChain } = policy
  return (
    <Panel title="Policy" note={`version ${policy.version}`} actions={<PolicyMark policy={policy} />}>
      <Facts
        items={[
          [
            'Watches',
            primary.kind === 'agent' ? (
              <Link key="agent" to="/agents/$agentId" params={{ agentId: primary.agentId }}>
                {policy.primaryName ?? primary.agentId}
              </Link>
            ) : (
              `macro ${primary.name}`
            ),
          ],
          ['Environment', policy.environment],
          ['Gives way when it', lineWords(thresholds).join(', or '), 'wide'],
          ['Window', plural(thresholds.windowMinutes, 'minute')],
          ['Rates need', plural(thresholds.minimumExecutions, 'execution')],
          ['Cooldown', plural(policy.cooldownMinutes, 'minute')],
          [
            'Then',
            <ol key="then" className={classes['reasons']}>
              {policy.fallbacks.map(({ macro, inputs }) => (
                <li key={macro}>
                  {macro} {Object.keys(inputs).length === 0 ? null : <code>{JSON.stringify(inputs)}</code>}
                </li>
              ))}
            </ol>,
            'wide',
          ],
          [
            'Incident',
            openChain === null
              ? 'none is open'
              : `open, ${plural(openChain.depth, 'fallback')} started: ${openChain.visited.join(', ') || 'none'}`,
            'wide',
          ],
          ['Last invoked', <Ago key="last" at={policy.lastInvocation?.at ?? null} why="Never yet." />],
          ['Changed', <Instant key="changed" at={policy.changedAt} precision="minute" />],
        ]}
      />
    </Panel>
  )
}

/** What would be chosen if it were decided now. */
function Now({ policyId }: { readonly policyId: string }) {
  const dryRun = useQuery(fallbackQueries.dryRun(policyId))
  return (
    <Panel
      title="If it were decided now"
      note="of the primary, what came after the last invocation counts"
      actions={
        <Button
          variant="default"
          size="xs"
          loading={dryRun.isFetching}
          onClick={() => void dryRun.refetch()}
          data-testid="dry-run"
        >
          Look again
        </Button>
      }
      testId="fallback-now"
    >
      {dryRun.error !== null ? (
        <ProblemPanel error={dryRun.error} onRetry={() => void dryRun.refetch()} />
      ) : dryRun.data === undefined ? (
        <Placeholder height={200} />
      ) : (
        <div className={classes['parts']}>
          <Choosing dryRun={dryRun.data} />
          <Figures of={[dryRun.data.primary, ...dryRun.data.candidates]} />
        </div>
      )}
    </Panel>
  )
}

function Figures({ of }: { readonly of: readonly FallbackHealth[] }) {
  const tooFew = 'Too few executions ended in the window to tell.'
  return (
    <div className={classes['scroll']}>
      <table className={classes['figures']} data-testid="fallback-figures">
        <caption className="visually-hidden">What is known of the primary and of each candidate</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">State</th>
            <th scope="col">Ended</th>
            <th scope="col">Success</th>
            <th scope="col">p95</th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.name}>
              <td>{one.name}</td>
              <td>{one.known ? (one.blocked ? 'blocked' : (one.state ?? 'ready')) : 'not defined'}</td>
              <td>{one.executions === null ? <Unknown why="Not known." /> : formatCount(one.executions)}</td>
              <td>{one.successRate === null ? <Unknown why={tooFew} /> : formatShare(one.successRate)}</td>
              <td>
                <Duration ms={one.latencyP95Ms} why={tooFew} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
