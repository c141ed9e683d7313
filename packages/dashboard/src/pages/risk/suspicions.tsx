import type { SuspicionKind } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './risk.module.css'

const words: Readonly<Record<SuspicionKind, string>> = {
  'outcome-stopped-varying': 'Outcomes stopped varying',
  'output-stopped-varying': 'Answers stopped varying',
  'verdicts-stopped-varying': 'Verdicts of a judge stopped varying',
  'success-beyond-peers': 'Success far beyond its peers',
  'cost-beyond-tokens': 'Reported cost does not fit the tokens',
}

/** What of an agent's reports hardly can be; nothing where nothing is suspected. */
export function Suspicions({ agentId }: { readonly agentId: string }) {
  const open = useQuery(queries.suspicions({ agentId, open: 'true' }))
  if (open.error !== null) return <ProblemPanel error={open.error} compact onRetry={() => void open.refetch()} />
  const items = open.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Panel title="Reports that hardly can be" note="Judged by the latest 200 runs of each release" testId="suspicions">
      <ul className={classes['suspicions']}>
        {items.map(({ suspicionId, kind, target, release, because, raisedAt }) => (
          <li key={suspicionId}>
            <p>
              <MarkedWord tone="degraded" word={words[kind]} filled /> <code>{target}</code>
              {release === null ? null : <span className="soft"> · {release}</span>}
              <span className="faint">
                {' '}
                · raised <Ago at={raisedAt} />
              </span>
            </p>
            <BecauseList lines={because} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
