import { Button, Select } from '@mantine/core'
import { type ForeignCard, type JsonValue, Sensitivity } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { specialistApi, specialistQueries } from '../../api/specialists.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { OwnDiffView } from '../../ui/diff-view.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './specialists.module.css'
import { CardMark, SignatureMark } from './words.tsx'

/** One card of somebody else's: whether it is trusted and why, what has changed, and the way to approve it as it is. */
export function CardPage() {
  const { cardId } = useParams({ from: '/inside/specialists/cards/$cardId' })
  const card = useQuery(specialistQueries.card(cardId))
  if (card.error !== null) return <ProblemPanel error={card.error} onRetry={() => void card.refetch()} />
  if (card.data === undefined) return <Placeholder height="70vh" />
  const { difference, pinnedDigest, seenDigest } = card.data
  return (
    <>
      <Head card={card.data} />
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <Standing card={card.data} />
          <Approve key={`${seenDigest} ${card.data.revision}`} card={card.data} />
        </div>
        {difference === null || pinnedDigest === seenDigest ? null : (
          <Panel title="What has changed" note="from what was approved to what is served now" testId="card-difference">
            <OwnDiffView hunks={difference.hunks} label="Difference of the card" />
          </Panel>
        )}
        <Panel title="The card as it is served" testId="seen-card">
          <JsonView value={card.data.seenCard as unknown as JsonValue} what="the card" />
        </Panel>
      </div>
    </>
  )
}

function Head({ card }: { readonly card: ForeignCard }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [removing, setRemoving] = useState(false)
  const check = useMutation({
    mutationFn: () => specialistApi.checkCard(card.cardId),
    onSuccess: () => client.invalidateQueries({ queryKey: ['specialists'] }),
  })
  return (
    <>
      <PageHead
        title={card.name}
        tab={card.name}
        lead={
          <>
            <Link to="/specialists/cards" search={{}}>
              Cards of others
            </Link>
            . {card.description}
          </>
        }
      >
        {card.url === null ? null : (
          <Button variant="default" loading={check.isPending} onClick={() => check.mutate()} data-testid="check-card">
            Look again now
          </Button>
        )}
        <Button variant="default" color="red" onClick={() => setRemoving(!removing)} aria-expanded={removing}>
          Let it go
        </Button>
      </PageHead>
      {check.error === null ? null : <ProblemPanel error={check.error} compact />}
      {removing ? (
        <Panel title="Let it go" note="Nobody finds it any more.">
          <GovernedSave
            isChanged
            isGrave
            about="specialists"
            label="Let it go"
            save={({ reason }) => specialistApi.removeCard(card.cardId, reason, card.revision)}
            onSaved={() => void navigate({ to: '/specialists/cards', search: {} })}
          />
        </Panel>
      ) : null}
    </>
  )
}

function Standing({ card }: { readonly card: ForeignCard }) {
  const digest = (text: string | null) =>
    text === null ? (
      'none was approved yet'
    ) : (
      <span className="mono" style={{ overflowWrap: 'anywhere' }}>
        {text}
      </span>
    )
  return (
    <Panel title="Trust" actions={<CardMark state={card.state} />} testId="card-standing">
      <div className={`${classes['parts']} ${classes['digests']}`}>
        <BecauseList lines={[card.because]} />
        {card.problem === null ? null : (
          <p>
            The last look failed: {card.problem} <span className="soft">What was approved stands meanwhile.</span>
          </p>
        )}
        <Facts
          items={[
            ['Signature', <SignatureMark key="signature" state={card.signature} />],
            ['Why', card.signatureDetail ?? 'It fits a key that is trusted for it.', 'wide'],
            ['Key', card.hasPinnedKey ? 'pinned' : (card.jwksUrl ?? 'of the card’s own origin'), 'wide'],
            ['Address', card.url ?? 'none: it was pasted', 'wide'],
            ['Version', card.version],
            ['Data up to', card.sensitivityCeiling ?? 'nothing yet'],
            ['Approved', digest(card.pinnedDigest), 'wide'],
            ['Seen', digest(card.seenDigest), 'wide'],
            ['Looked at', <Instant key="checked" at={card.lastCheckedAt} precision="minute" />],
            ['Again', <Instant key="next" at={card.nextCheckAt} precision="minute" why="It was pasted." />],
          ]}
        />
      </div>
    </Panel>
  )
}

function Approve({ card }: { readonly card: ForeignCard }) {
  const [ceiling, setCeiling] = useState<Sensitivity>(card.sensitivityCeiling ?? 'PUBLIC')
  const isSame = card.state === 'approved' && ceiling === card.sensitivityCeiling
  if (card.signature === 'invalid')
    return (
      <Panel title="Approve it">
        <p>Its signature is wrong. Ask who publishes it; like this it cannot be approved.</p>
      </Panel>
    )
  return (
    <Panel
      title={card.pinnedDigest === null ? 'Approve it' : card.state === 'approved' ? 'Approved' : 'Approve it again'}
      note="Pins the card as it is here. Discovery finds it from then on, until it says something else."
      testId="approve-card"
    >
      <div className={classes['form']}>
        <Select
          label="Data that it may be given"
          description="Whatever the card says of itself."
          data={Sensitivity.options}
          value={ceiling}
          onChange={(value) => setCeiling(Sensitivity.options.find((one) => one === value) ?? 'PUBLIC')}
          allowDeselect={false}
        />
        <GovernedSave
          isChanged={!isSame}
          about="specialists"
          label="Approve it as it is"
          save={(particulars) =>
            specialistApi.approveCard(
              card.cardId,
              { digest: card.seenDigest, sensitivityCeiling: ceiling, ...particulars },
              card.revision,
            )
          }
        />
      </div>
    </Panel>
  )
}
