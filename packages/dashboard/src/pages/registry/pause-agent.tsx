import type { Agent } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './agent-page.module.css'

/** Whether an agent is asked not to run and why, and the way to ask it, or to let it go on. */
export function PauseAgent({ agent }: { readonly agent: Agent }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const isPaused = agent.pausedAt !== null
  const change = useMutation({
    mutationFn: () => api.changeAgent(agent.agentId, { paused: !isPaused }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['agent', agent.agentId] }),
  })
  return (
    <>
      {me.data?.scopes.includes('registry:write') === true ? (
        <button
          type="button"
          className={classes['edit']}
          onClick={() => change.mutate()}
          disabled={change.isPending}
          title="A pause is recorded and shown. It stops an agent only if the agent asks and obeys."
          data-testid="pause-agent"
        >
          {isPaused ? 'let it go on' : 'pause'}
        </button>
      ) : null}
      {isPaused ? (
        <p data-testid="paused">
          <MarkedWord tone="silent" word="paused" filled /> <Ago at={agent.pausedAt} />: {agent.pausedBecause} It stops
          only if it asks.
        </p>
      ) : null}
      {change.error === null ? null : <ProblemPanel error={change.error} compact />}
    </>
  )
}
