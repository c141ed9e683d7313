import { useQuery } from '@tanstack/react-query'
import { playbookQueries } from '../../api/playbooks.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { exampleStep } from './examples.ts'
import classes from './playbooks.module.css'

const modes = {
  call: 'made again under its key when no answer came',
  apply: 'done exactly once, with its record',
  wait: 'asked until it is over',
} as const

/** The kinds of steps that this server carries out, each with a step to begin with. */
export function KindList() {
  const kinds = useQuery(playbookQueries.kinds())
  return (
    <Panel title="Kinds of steps" testId="step-kinds">
      {kinds.error !== null ? (
        <ProblemPanel error={kinds.error} onRetry={() => void kinds.refetch()} compact />
      ) : kinds.data === undefined ? (
        <Placeholder height={220} />
      ) : (
        <div className={classes['events']}>
          {kinds.data.map(({ kind, summary, mode, arguments: schema }) => (
            <details key={kind}>
              <summary>
                <code>{kind}</code> {summary}
              </summary>
              <p className="soft">It is {modes[mode]}. A step to begin with, and what its arguments may be:</p>
              <CopyButton text={JSON.stringify(exampleStep(kind), null, 2)} what="the step" wide />
              <JsonView value={schema} what="the schema of the arguments" />
            </details>
          ))}
        </div>
      )}
    </Panel>
  )
}
