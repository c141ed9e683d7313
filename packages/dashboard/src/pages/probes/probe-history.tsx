import type { ProbeResult } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Duration, Instant } from '../../ui/value.tsx'
import classes from './probes.module.css'

/** The latest results of a probe, each with the way to its execution. */
export function ProbeHistory({ probeId }: { readonly probeId: string }) {
  const results = useQuery(queries.probeResults(probeId))
  if (results.error !== null)
    return <ProblemPanel error={results.error} compact onRetry={() => void results.refetch()} />
  if (results.data === undefined) return <Placeholder height={120} />
  if (results.data.items.length === 0) return <p className="soft">It has not run yet.</p>
  const { items } = results.data
  return (
    <>
      <Summary results={items} />
      <table className={classes['history']} aria-label="Latest results" data-testid="probe-history">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Result</th>
            <th scope="col">Status</th>
            <th scope="col">Took</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ resultId, at, passed, status, latencyMs, because, executionId }) => (
            <tr key={resultId}>
              <td>
                {executionId === null ? (
                  <Instant at={at} />
                ) : (
                  <Link to="/executions/$executionId" params={{ executionId }}>
                    <Instant at={at} />
                  </Link>
                )}
              </td>
              <td>
                <MarkedWord tone={passed ? 'healthy' : 'failing'} word={passed ? 'passed' : 'failed'} />
              </td>
              <td>{status ?? '–'}</td>
              <td>
                <Duration ms={latencyMs} why="No reply came." />
              </td>
              <td>{because[0]?.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

/** How many passed and how long they took: the median and the slowest of every twenty. */
function Summary({ results }: { readonly results: readonly ProbeResult[] }) {
  const passed = results.filter((result) => result.passed).length
  const latencies = results.flatMap(({ latencyMs, status }) => (status === null ? [] : (latencyMs ?? [])))
  const sorted = latencies.toSorted((a, b) => a - b)
  const quantile = (q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? null
  return (
    <p className="soft" data-testid="probe-summary">
      {passed} of the latest {results.length} passed · half answered within{' '}
      <Duration ms={quantile(0.5)} why="No reply came." />, 95 % within{' '}
      <Duration ms={quantile(0.95)} why="No reply came." />
    </p>
  )
}
