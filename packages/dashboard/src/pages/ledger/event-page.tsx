import { useQuery } from '@tanstack/react-query'
import { Navigate, useParams } from '@tanstack/react-router'
import { ApiError } from '../../api/api-error.ts'
import { api } from '../../api/endpoints.ts'
import { PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'

const TRIES = 10

/** The way from an event to its entry. A decision enters the tree within about a second; until then this page waits. */
export function EventPage() {
  const { eventId } = useParams({ from: '/inside/ledger/events/$eventId' })
  const proof = useQuery({
    queryKey: ['ledger', 'event', eventId],
    queryFn: ({ signal }) => api.eventProof(eventId, signal),
    retry: (failures, error) => failures < TRIES && error instanceof ApiError && error.code === 'not-sequenced-yet',
    retryDelay: 500,
  })
  if (proof.data !== undefined) {
    return (
      <Navigate
        to="/ledger/entries/$index"
        params={{ index: String(proof.data.index) }}
        search={{ verify: 'true' }}
        replace
      />
    )
  }
  return (
    <>
      <PageHead title="On the way to the ledger" tab="Ledger" lead="The decision is being written to the tree." />
      {proof.error === null ? (
        <Placeholder height={240} />
      ) : (
        <ProblemPanel error={proof.error} onRetry={() => void proof.refetch()} />
      )}
    </>
  )
}
