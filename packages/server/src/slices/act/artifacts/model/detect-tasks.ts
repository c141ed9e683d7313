import type { Finding } from './finding.ts'

/** An ACTIVE artifact of the same type that was made for the same task, or for one that asks for the same. */
export interface Twin {
  readonly artifactId: string
  readonly agent: string | null
  readonly contentHash: string
  readonly task: { readonly taskId: string; readonly title: string }
}

export interface TaskWork {
  readonly artifactId: string
  readonly agent: string | null
  readonly contentHash: string
  readonly task: { readonly taskId: string; readonly title: string }
}

/**
 * The same task done twice. One agent may make several artifacts for its task; another agent's work of the same type for it
 * is a repetition, and so is anybody's for a task with the same title and inputs. The same content is LOW: nothing is lost
 * but time.
 */
export function findTaskFindings(work: TaskWork, twins: readonly Twin[]): readonly Finding[] {
  return twins.flatMap((twin): readonly Finding[] => {
    const isSameTask = twin.task.taskId === work.task.taskId
    if (twin.artifactId === work.artifactId) return []
    if (isSameTask && (twin.agent === null || work.agent === null || twin.agent === work.agent)) return []
    const isEqual = twin.contentHash === work.contentHash
    const text = isSameTask
      ? `The task "${work.task.title}" has an ACTIVE artifact of this type by another agent already.`
      : `The task "${twin.task.title}" asks for the same with the same inputs, and has an ACTIVE artifact already.`
    return [
      {
        type: 'DUPLICATE_TASK',
        kind: isSameTask ? 'SAME_TASK' : 'TWIN_TASK',
        subject: work.task.title,
        severity: isEqual ? 'LOW' : 'MEDIUM',
        because: {
          rule: isSameTask ? 'one-maker-per-task' : 'one-task-per-work',
          observed: work.task.taskId,
          limit: twin.task.taskId,
          text,
        },
        hints: [
          isSameTask
            ? 'Keep the one that is better: archive this one, or let it take the place of the other (`supersedes`).'
            : 'Cancel one of the two tasks, and keep its artifact out.',
        ],
        witness: null,
        sides: [
          { artifactId: work.artifactId, claim: `task ${work.task.taskId}` },
          { artifactId: twin.artifactId, claim: `task ${twin.task.taskId}` },
        ],
      },
    ]
  })
}
