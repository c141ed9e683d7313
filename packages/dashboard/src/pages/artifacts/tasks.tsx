import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { artifactQueries } from '../../api/artifacts.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { StatusMark } from './words.tsx'

/** The work of a project: what is to be done, by whom, after what. */
export function Tasks({ projectId }: { readonly projectId: string }) {
  const list = useInfiniteQuery(artifactQueries.tasks(projectId))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel title="Tasks" testId="project-tasks">
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} compact />
      ) : rows === undefined ? (
        <Placeholder height={80} />
      ) : rows.length === 0 ? (
        <p className="soft">
          None. With tasks (<code>POST /api/v1/tasks</code>) MetaAgent sees when two agents do the same work.
        </p>
      ) : (
        <ol className={classes['rows']}>
          {rows.map((task) => (
            <li key={task.taskId} className={classes['line']}>
              <StatusMark status={task.status} />
              <strong>{task.title}</strong>{' '}
              <span className="soft">
                {task.agent === null ? 'given to nobody' : `by ${task.agent}`}, priority {task.priority}
                {task.dependsOn.length === 0 ? '' : `, after ${task.dependsOn.length} other`},{' '}
                <Ago at={task.createdAt} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {list.hasNextPage ? (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          More
        </Button>
      ) : null}
    </Panel>
  )
}
