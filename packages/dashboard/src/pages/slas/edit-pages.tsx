import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { SlaForm } from './sla-form.tsx'

/** A new promise. */
export function NewSlaPage() {
  return <SlaForm sla={null} />
}

/** A change of one that is there; it names the version that it read. */
export function EditSlaPage() {
  const { slaId } = useParams({ from: '/inside/slas/$slaId/edit' })
  const sla = useQuery({ ...queries.sla(slaId), refetchOnWindowFocus: false })
  if (sla.error !== null) return <ProblemPanel error={sla.error} onRetry={() => void sla.refetch()} />
  return sla.data === undefined ? <Placeholder height={480} /> : <SlaForm sla={sla.data} />
}
