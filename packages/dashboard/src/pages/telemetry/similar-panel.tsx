import type { EmbedderInfo, SimilarExecutions } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { similarQuery } from '../../api/similar.ts'
import { formatShare } from '../../format/number.ts'
import { StatusMark } from '../../ui/mark.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained, Instant, Money } from '../../ui/value.tsx'
import classes from './similar-panel.module.css'

/** Runs whose texts are most like those of this one, and what compared them; asked for when it is opened. */
export function SimilarPanel({ executionId }: { readonly executionId: string }) {
  const [opened, setOpened] = useState(false)
  const similar = useQuery({ ...similarQuery(executionId), enabled: opened })
  return (
    <details
      className={classes['similar']}
      data-testid="similar"
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary>
        <span className="soft">Similar runs</span>
        <span className="faint">by what was said in them</span>
      </summary>
      {!opened ? null : similar.error !== null ? (
        <ProblemPanel error={similar.error} compact onRetry={() => void similar.refetch()} />
      ) : similar.data === undefined ? (
        <p className="faint" role="status">
          Comparing …
        </p>
      ) : (
        <Found similar={similar.data} onAgain={() => void similar.refetch()} />
      )}
    </details>
  )
}

function Found({ similar, onAgain }: { readonly similar: SimilarExecutions; readonly onAgain: () => void }) {
  const { state, items, detail, embedder } = similar
  if (state !== 'ready') {
    return (
      <p role="status">
        {detail ?? stateWords[state]}{' '}
        {state === 'refused' ? null : (
          <button type="button" className={classes['again']} onClick={onAgain}>
            Ask again
          </button>
        )}
      </p>
    )
  }
  return (
    <>
      {items.length === 0 ? (
        <p className="soft">No other run has been compared with it yet.</p>
      ) : (
        <table aria-label="Similar runs">
          <thead>
            <tr>
              <th scope="col">Similarity</th>
              <th scope="col">Agent</th>
              <th scope="col">Status</th>
              <th scope="col">Started</th>
              <th scope="col" data-align="right">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ executionId, agent, status, startedAt, costNanoUsd, similarity }) => (
              <tr key={executionId}>
                <td>
                  <Explained tip={`Cosine ${similarity.toFixed(4)}`}>{formatShare(similarity)}</Explained>
                </td>
                <td>
                  <Link to="/executions/$executionId" params={{ executionId }}>
                    {agent}
                  </Link>
                </td>
                <td>
                  <StatusMark status={status} />
                </td>
                <td>
                  <Instant at={startedAt} />
                </td>
                <td data-align="right">
                  <Money nanoUsd={costNanoUsd} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Embedder embedder={embedder} />
    </>
  )
}

const stateWords = {
  pending: 'It has not been compared yet; that takes a few seconds after its end.',
  running: 'It is compared when it ends.',
  refused: 'Its text cannot be compared.',
} as const

function Embedder({ embedder }: { readonly embedder: EmbedderInfo }) {
  const { name, model, dimensions } = embedder
  return (
    <p className="faint">
      Compared by <code>{model}</code> of <code>{name}</code>
      {dimensions === null ? '' : `, ${dimensions} dimensions`}.
    </p>
  )
}
