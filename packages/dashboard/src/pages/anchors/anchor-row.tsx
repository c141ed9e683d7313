import { Button, Modal } from '@mantine/core'
import type { Anchor, AnchorReceipt } from '@metaagent/contract'
import { decodeBase64, utf8Text } from '@metaagent/verify'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { anchorApi, anchorQueries } from '../../api/anchors.ts'
import { downloadText } from '../../export/download.ts'
import { formatCount, plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Mark, type Tone } from '../../ui/mark.tsx'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { SignatureLines } from '../ledger/signature-lines.tsx'
import { AnchorForm } from './anchor-form.tsx'
import classes from './anchors.module.css'
import { kindWords, placeOf } from './draft.ts'

const states: Readonly<Record<Anchor['state'], { readonly tone: Tone; readonly word: string }>> = {
  working: { tone: 'healthy', word: 'Works' },
  failing: { tone: 'failing', word: 'Fails' },
  unknown: { tone: 'silent', word: 'Not tried yet' },
}

/** One place where checkpoints are kept, and how it stands. */
export function AnchorRow({ anchor, mayWrite }: { readonly anchor: Anchor; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const [opened, setOpened] = useState<'change' | 'remove' | 'receipts' | null>(null)
  const run = useMutation({
    mutationFn: () => anchorApi.run(anchor.anchorId),
    onSettled: async () => await client.invalidateQueries({ queryKey: ['anchors'] }),
  })
  const { tone, word } = anchor.enabled ? states[anchor.state] : { tone: 'silent' as const, word: 'Switched off' }
  return (
    <li className={classes['row']} data-testid="anchor" data-state={anchor.state}>
      <div className={classes['what']}>
        <Mark tone={tone} size={16} />
        <div>
          <strong>{anchor.name}</strong>{' '}
          <span className="soft">
            {kindWords[anchor.settings.kind].label} · {placeOf(anchor.settings)}
            {anchor.log === 'deployment' ? ' · the deployment’s log' : ''}
          </span>
          <p>
            {word}. <Lag anchor={anchor} />
          </p>
          {anchor.state === 'failing' && anchor.because !== null ? (
            <p className={classes['error']} role="alert">
              {sentence(anchor.because.text)} {plural(anchor.failuresInRow, 'failure', 'failures')} in a row.
              {anchor.nextAt === null ? null : (
                <>
                  {' '}
                  Tried again at <Instant at={anchor.nextAt} />.
                </>
              )}
            </p>
          ) : null}
          {run.error === null ? null : <ProblemPanel error={run.error} compact />}
          {run.data === undefined ? null : (
            <p role="status" className="soft">
              {run.data.because.text}
            </p>
          )}
        </div>
      </div>
      <div className={classes['buttons']}>
        <Button variant="subtle" size="compact-xs" onClick={() => setOpened('receipts')}>
          What is kept
        </Button>
        {mayWrite ? (
          <>
            <Button
              variant="subtle"
              size="compact-xs"
              loading={run.isPending}
              onClick={() => run.mutate()}
              data-testid="run-anchor"
            >
              Keep now
            </Button>
            <Button variant="subtle" size="compact-xs" onClick={() => setOpened('change')}>
              Change
            </Button>
            <Button variant="subtle" color="red" size="compact-xs" onClick={() => setOpened('remove')}>
              Remove
            </Button>
          </>
        ) : null}
      </div>
      {opened === 'change' ? <AnchorForm anchor={anchor} onClose={() => setOpened(null)} /> : null}
      <Modal
        opened={opened === 'remove'}
        onClose={() => setOpened(null)}
        title={`Remove ${anchor.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <p>No more checkpoints go there. What is kept there stays, and so do the receipts here.</p>
        <GovernedSave
          about="anchors"
          label="Remove it"
          isGrave
          isChanged
          save={({ approvalId }) => anchorApi.remove(anchor.anchorId, approvalId)}
          onSaved={() => setOpened(null)}
        />
      </Modal>
      <Modal
        opened={opened === 'receipts'}
        onClose={() => setOpened(null)}
        title={`Kept at ${anchor.name}`}
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {opened === 'receipts' ? <Receipts anchor={anchor} /> : null}
      </Modal>
    </li>
  )
}

/** Errors of networks end without a full stop. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function Lag({ anchor }: { readonly anchor: Anchor }) {
  if (anchor.lastTreeSize === null) return <>No checkpoint is kept there yet.</>
  const { lagEntries } = anchor
  return (
    <>
      Kept up to {plural(anchor.lastTreeSize, 'entry', 'entries')}, <Ago at={anchor.lastSuccessAt} />
      {lagEntries === null || lagEntries === 0 ? '' : `; ${formatCount(lagEntries)} behind`}.
    </>
  )
}

function Receipts({ anchor }: { readonly anchor: Anchor }) {
  const list = useInfiniteQuery(anchorQueries.receipts(anchor.anchorId))
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (list.data === undefined) return <Placeholder height={200} />
  const items = list.data.pages.flatMap((page) => page.items)
  if (items.length === 0) return <p className="soft">Nothing yet.</p>
  return (
    <>
      <ul className={classes['receipts']}>
        {items.map((receipt) => (
          <Receipt key={receipt.receiptId} receipt={receipt} />
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older ones
        </Button>
      ) : null}
    </>
  )
}

/** The line that a witness answered; nothing where the answer is no text, as a time stamp is none. */
function witnessLine(receipt: string | null): string {
  const bytes = receipt === null ? null : decodeBase64(receipt)
  const text = bytes === null ? null : utf8Text(bytes)
  return text?.startsWith('— ') === true ? text : ''
}

function Receipt({ receipt }: { readonly receipt: AnchorReceipt }) {
  const { treeSize, anchoredAt, statedAt, location } = receipt
  const checkpoint = receipt.checkpoint + witnessLine(receipt.receipt)
  return (
    <li>
      <p>
        <strong>{plural(treeSize, 'entry', 'entries')}</strong> · sent <Instant at={anchoredAt} />
        {statedAt === null ? null : (
          <>
            {' '}
            · the other side states <Instant at={statedAt} />
          </>
        )}{' '}
        ·{' '}
        <button
          type="button"
          className={classes['link']}
          onClick={() => downloadText(`checkpoint-${treeSize}.txt`, 'text/plain', checkpoint)}
        >
          download the checkpoint
        </button>
      </p>
      <code className={classes['place']}>{location}</code>
      <SignatureLines checkpoint={checkpoint} />
    </li>
  )
}
