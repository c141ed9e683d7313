import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { anchorQueries } from '../../api/anchors.ts'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { LedgerTabs } from '../ledger/tabs.tsx'
import { AnchorForm } from './anchor-form.tsx'
import { AnchorRow } from './anchor-row.tsx'
import classes from './anchors.module.css'
import { KeysPanel } from './keys-panel.tsx'
import { WitnessPanel } from './witness-panel.tsx'

/** Where the ledger's checkpoints leave the house, whose we cosign, and what signs ours. */
export function AnchorsPage() {
  const anchors = useQuery(anchorQueries.anchors())
  const me = useQuery(queries.me())
  const [creating, setCreating] = useState(false)
  const mayWrite = me.data?.scopes.includes('ledger:write') === true
  const start = (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)} data-testid="new-anchor">
      New anchor
    </Button>
  )
  return (
    <>
      <PageHead
        title="Anchors, witnesses, keys"
        tab="Anchors"
        lead="What keeps the past in place even against somebody with every right here."
      >
        {mayWrite ? start : undefined}
      </PageHead>
      <LedgerTabs />
      <div className={classes['stack']}>
        {anchors.error !== null ? (
          <ProblemPanel error={anchors.error} onRetry={() => void anchors.refetch()} />
        ) : anchors.data === undefined ? (
          <Placeholder height={200} />
        ) : anchors.data.items.length === 0 ? (
          <Empty title="No checkpoint leaves this deployment" actions={mayWrite ? start : undefined}>
            Whoever holds the database and the signing key could rewrite the ledger unseen. Keep checkpoints with
            somebody else: a witness, a time-stamping authority, a bucket with object lock, or a folder of theirs.
          </Empty>
        ) : (
          <Panel title="Where our checkpoints are kept" testId="anchors">
            <ul className={classes['list']}>
              {anchors.data.items.map((anchor) => (
                <AnchorRow key={anchor.anchorId} anchor={anchor} mayWrite={mayWrite} />
              ))}
            </ul>
          </Panel>
        )}
        <WitnessPanel mayWrite={mayWrite} />
        <KeysPanel mayWrite={mayWrite} />
      </div>
      {creating ? <AnchorForm anchor={null} onClose={() => setCreating(false)} /> : null}
    </>
  )
}
