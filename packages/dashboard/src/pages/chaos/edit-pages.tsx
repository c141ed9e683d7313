import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { chaosQueries } from '../../api/chaos.ts'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ExperimentForm } from './experiment-form.tsx'

/** A new experiment. */
export function NewExperimentPage() {
  return <ExperimentForm experiment={null} />
}

/** A change of one that is there; it names the version that it read. */
export function EditExperimentPage() {
  const { experimentId } = useParams({ from: '/inside/chaos/$experimentId/edit' })
  const experiment = useQuery({ ...chaosQueries.experiment(experimentId), refetchOnWindowFocus: false })
  if (experiment.error !== null)
    return <ProblemPanel error={experiment.error} onRetry={() => void experiment.refetch()} />
  return experiment.data === undefined ? <Placeholder height={480} /> : <ExperimentForm experiment={experiment.data} />
}
