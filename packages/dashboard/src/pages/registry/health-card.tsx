import type { AgentHealth } from '@metaagent/contract'
import { formatScore } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { HealthMark } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { Unknown } from '../../ui/value.tsx'
import { windowWords } from '../health/search.ts'
import classes from './agent-page.module.css'

/** The state of an agent with its score and, line by line, what was seen and against which limit. */
export function HealthCard({ health }: { readonly health: AgentHealth }) {
  return (
    <Panel
      title="Health"
      note={`${windowWords[health.window]}, ${health.environment ?? 'all environments'}`}
      testId="health-card"
    >
      <div className={classes['health']}>
        <div className={classes['score']}>
          <div>
            <HealthMark state={health.state} filled />
          </div>
          {health.score === null ? (
            <b>
              <Unknown why="There is nothing to score in this window." />
            </b>
          ) : (
            <b>
              {formatScore(health.score)} <small>of 100</small>
            </b>
          )}
        </div>
        {health.because.length === 0 ? (
          <p className="soft">No execution finished in this window, so nothing is claimed about it.</p>
        ) : (
          <BecauseList lines={health.because} />
        )}
      </div>
    </Panel>
  )
}
