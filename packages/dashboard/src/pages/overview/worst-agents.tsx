import type { AgentHealth, Overview } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { plural } from '../../format/number.ts'
import { HealthMark, Mark } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { Count, Money, Share } from '../../ui/value.tsx'
import classes from './overview.module.css'

/** The agents that need a look, each with its reason, its success and its cost. */
export function WorstAgents({
  agents,
  states,
  window,
}: {
  readonly agents: readonly AgentHealth[]
  readonly states: Overview['fleet']['states']
  readonly window: Overview['window']
}) {
  const all = (states.failing ?? 0) + (states.degraded ?? 0) + (states.silent ?? 0)
  return (
    <Panel title="Is anything on fire?" note="Agents, the most urgent first" testId="on-fire">
      {agents.length === 0 ? (
        <p className={classes['calm']}>
          <Mark tone="healthy" /> No. {calmWords(states)}
        </p>
      ) : (
        <ul className={classes['list']}>
          {agents.map((health) => (
            <Agent key={health.agentId} health={health} window={window} />
          ))}
        </ul>
      )}
      {all > agents.length ? (
        <p className={classes['more']}>
          <Link to="/fleet">{all - agents.length} more in the fleet</Link>
        </p>
      ) : null}
    </Panel>
  )
}

function calmWords(states: Overview['fleet']['states']): string {
  const healthy = `${plural(states.healthy ?? 0, 'agent')} healthy`
  const quiet = states.unknown ?? 0
  return quiet === 0 ? `${healthy}.` : `${healthy}, ${quiet} with nothing to judge in this window.`
}

function Agent({ health, window }: { readonly health: AgentHealth; readonly window: Overview['window'] }) {
  const { figures } = health
  return (
    <li className={classes['agent']}>
      <HealthMark state={health.state} />
      <span className={classes['what']}>
        <Link
          to="/agents/$agentId"
          params={{ agentId: health.agentId }}
          search={window === '24h' ? {} : { window }}
          className="truncate"
        >
          {health.agent}
        </Link>
        <span className={classes['why']}>{health.because[0]?.text}</span>
        <span className={classes['figures']} hidden={figures.executions === 0}>
          <span>
            succeeds <Share share={figures.successRate} low={figures.successRateLow} high={figures.successRateHigh} />{' '}
            of <Count count={figures.executions} />
          </span>
          <span>
            costs <Money nanoUsd={figures.costNanoUsd} unpricedCalls={figures.unpricedCalls} />
          </span>
          <span>
            <Money nanoUsd={figures.costPerSuccessNanoUsd} unpricedCalls={figures.unpricedCalls} /> per success
          </span>
        </span>
      </span>
    </li>
  )
}
