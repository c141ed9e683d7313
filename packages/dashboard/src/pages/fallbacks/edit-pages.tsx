import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { fallbackQueries } from '../../api/fallbacks.ts'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { FallbackForm } from './fallback-form.tsx'

/** A new policy. */
export function NewFallbackPage() {
  return <FallbackForm policy={null} />
}

/** A change of one that is there; it names the version that it read. */
export function EditFallbackPage() {
  const { policyId } = useParams({ from: '/inside/fallbacks/$policyId/edit' })
  const policy = useQuery({ ...fallbackQueries.one(policyId), refetchOnWindowFocus: false })
  if (policy.error !== null) return <ProblemPanel error={policy.error} onRetry={() => void policy.refetch()} />
  return policy.data === undefined ? <Placeholder height={480} /> : <FallbackForm policy={policy.data} />
}
