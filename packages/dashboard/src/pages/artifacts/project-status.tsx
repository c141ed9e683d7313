import { Button } from '@mantine/core'
import type { Project } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { artifactApi } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'

/** Pauses, completes or goes on with a project, where one may. */
export function ProjectStatusSwitch({ project }: { readonly project: Project }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const change = useMutation({
    mutationFn: (status: 'active' | 'paused' | 'completed') => artifactApi.changeProject(project, { status }),
    onSettled: () => client.invalidateQueries({ queryKey: ['artifacts'] }),
  })
  if (!me.data?.scopes.includes('artifacts:write') || project.status === 'archived') return null
  const ways = project.status === 'active' ? (['paused', 'completed'] as const) : (['active'] as const)
  return (
    <>
      {change.error === null ? null : <ProblemPanel error={change.error} compact />}
      {ways.map((status) => (
        <Button
          key={status}
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate(status)}
          data-testid={`project-${status}`}
        >
          {words[status]}
        </Button>
      ))}
    </>
  )
}

const words = { active: 'Go on with it', paused: 'Pause', completed: 'Complete' } as const
