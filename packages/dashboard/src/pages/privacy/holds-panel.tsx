import { Button } from '@mantine/core'
import type { LegalHold } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { privacyApi, privacyQueries } from '../../api/privacy.ts'
import { plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import { PlaceHold } from './place-hold.tsx'
import classes from './privacy.module.css'

/** What must be kept against deletion and retention. */
export function HoldsPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const holds = useQuery(privacyQueries.holds())
  return (
    <Panel
      title="Legal holds"
      note="What is held is neither deleted on request nor let go when its time has run out."
      testId="holds"
    >
      <div className={classes['form']}>
        {mayWrite ? <PlaceHold /> : null}
        {holds.error !== null ? (
          <ProblemPanel error={holds.error} compact onRetry={() => void holds.refetch()} />
        ) : holds.data === undefined ? (
          <Placeholder height={60} />
        ) : holds.data.length === 0 ? (
          <p className="soft">Nothing is on hold.</p>
        ) : (
          <ul className={classes['list']}>
            {holds.data.map((hold) => (
              <HoldCard key={hold.holdId} hold={hold} mayWrite={mayWrite} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}

function HoldCard({ hold, mayWrite }: { readonly hold: LegalHold; readonly mayWrite: boolean }) {
  const [isLifting, setLifting] = useState(false)
  const { holdId, reason, placedAt, heldExecutions, liftedAt, liftReason } = hold
  return (
    <li className={classes['card']} data-testid="hold">
      <div className={classes['card-head']}>
        <strong>
          <Held hold={hold} />
        </strong>
        <span className={classes['state']} data-state={liftedAt === null ? 'open' : 'closed'}>
          {liftedAt === null ? 'In force' : 'Lifted'}
        </span>
      </div>
      <p className="soft">
        Placed <Instant at={placedAt} precision="minute" /> · {reason}
      </p>
      {liftedAt === null ? (
        <p>
          {heldExecutions === 0
            ? 'No deletion has met it so far.'
            : `Keeps ${plural(heldExecutions, 'run')} that deletions would erase.`}
        </p>
      ) : (
        <p className="soft">
          Lifted <Instant at={liftedAt} precision="minute" /> · {liftReason}
        </p>
      )}
      {liftedAt !== null || !mayWrite ? null : isLifting ? (
        <GovernedSave
          about="privacy"
          label="Lift the hold"
          reasonHint="It stays in the ledger, so do not name the person."
          isGrave
          isChanged
          save={(particulars) => privacyApi.liftHold(holdId, particulars)}
        />
      ) : (
        <div className={classes['buttons']}>
          <Button variant="default" size="xs" onClick={() => setLifting(true)}>
            Lift …
          </Button>
        </div>
      )}
    </li>
  )
}

function Held({ hold }: { readonly hold: LegalHold }) {
  const { kind, subject, agentId, from, to } = hold
  const time =
    from === null && to === null ? null : (
      <>
        {' '}
        from <Instant at={from} precision="minute" why="From the first on." /> to{' '}
        <Instant at={to} precision="minute" why="For good." />
      </>
    )
  switch (kind) {
    case 'subject':
      return subject === null ? (
        <>
          A person: <Unknown why="The hold is lifted and its key destroyed: it names nobody any more." />
        </>
      ) : (
        <>
          {subject.key ?? subject.kind}: {subject.value}
        </>
      )
    case 'agent':
      return (
        <>
          Agent {agentId}
          {time}
        </>
      )
    case 'period':
      return <>All runs{time}</>
  }
}
