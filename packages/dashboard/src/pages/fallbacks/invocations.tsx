import { Button } from '@mantine/core'
import type { FallbackInvocation, FallbackPassedOver } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { fallbackQueries } from '../../api/fallbacks.ts'
import { plural } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './fallbacks.module.css'
import { InvocationMark } from './words.tsx'

/** Invocations with why each fell and what was passed over, the newest first. */
export function Invocations({
  query,
  empty,
}: {
  readonly query: Readonly<Record<string, string | undefined>>
  readonly empty: string
}) {
  const list = useInfiniteQuery(fallbackQueries.invocations(query))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={160} />
  if (rows.length === 0) return <p className="soft">{empty}</p>
  return (
    <>
      <ol className={classes['invocations']} data-testid="invocations">
        {rows.map((invocation) => (
          <li key={invocation.invocationId}>
            <Invocation invocation={invocation} />
          </li>
        ))}
      </ol>
      {list.hasNextPage ? (
        <Button variant="default" mt="md" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show earlier ones
        </Button>
      ) : null}
    </>
  )
}

function Invocation({ invocation }: { readonly invocation: FallbackInvocation }) {
  const { policyId, policy, macro, macroExecutionId, depth, at, because, passedOver, runId, eventId } = invocation
  return (
    <>
      <div className={classes['head']}>
        <InvocationMark invocation={invocation} />
        <strong>
          <Link to="/fallbacks/$policyId" params={{ policyId }}>
            {policy}
          </Link>
          {macro === null || macroExecutionId === null ? (
            ': none was left'
          ) : (
            <>
              {' → '}
              <Link to="/playbooks/executions/$id" params={{ id: macroExecutionId }}>
                {macro}
              </Link>
            </>
          )}
        </strong>
        <span className="soft">
          <Instant at={at} /> · {plural(depth, 'fallback')} in this incident
        </span>
        {runId === null ? null : (
          <Link to="/chaos/runs/$runId" params={{ runId }}>
            Its chaos run
          </Link>
        )}
        <Link to="/ledger/events/$eventId" params={{ eventId }}>
          Proof
        </Link>
      </div>
      <BecauseList lines={[because]} />
      <PassedOver reasons={passedOver.slice(1)} />
    </>
  )
}

/** What was looked at and not taken. */
export function PassedOver({ reasons }: { readonly reasons: readonly FallbackPassedOver[] }) {
  if (reasons.length === 0) return null
  return (
    <details>
      <summary>{plural(reasons.length, 'other')} passed over</summary>
      <ul className={classes['reasons']}>
        {reasons.map(({ candidate, because }) => (
          <li key={`${candidate} ${because.rule}`}>
            <strong>{candidate}</strong>: {because.text}
          </li>
        ))}
      </ul>
    </details>
  )
}
