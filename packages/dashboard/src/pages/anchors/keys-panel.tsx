import { Button, Modal, NumberInput } from '@mantine/core'
import type { LedgerKey } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { anchorApi, anchorQueries } from '../../api/anchors.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './anchors.module.css'

const words: Readonly<Record<LedgerKey['state'], string>> = {
  signing: 'signs',
  overlapping: 'signs beside its successor',
  ended: 'signs no more',
}

/** The keys that sign and signed checkpoints, and the way to a new one. */
export function KeysPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const keys = useQuery(anchorQueries.keys())
  const [rotating, setRotating] = useState(false)
  const newest = keys.data?.items[0]
  return (
    <Panel
      title="Signing keys"
      note="Auditors pin one of them. Hand a new one on while the old one still signs."
      testId="ledger-keys"
      actions={
        mayWrite && newest !== undefined ? (
          <Button variant="default" size="xs" onClick={() => setRotating(true)} data-testid="rotate-key">
            Rotate the key
          </Button>
        ) : undefined
      }
    >
      {keys.error !== null ? (
        <ProblemPanel error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data === undefined ? (
        <Placeholder height={90} />
      ) : (
        <ul className={classes['list']}>
          {keys.data.items.map((key) => (
            <li key={key.keyNumber} className={classes['row']} data-state={key.state}>
              <div className={classes['what']}>
                <Mark tone={key.state === 'ended' ? 'silent' : 'healthy'} size={16} />
                <div>
                  <strong>Key {key.keyNumber}</strong> <code className="faint">{key.keyId}</code>{' '}
                  <CopyButton text={key.verifierKey} what="the verifier key" />
                  <p>
                    It {words[key.state]}, from <Instant at={key.signsFrom} />
                    {key.signsUntil === null ? '' : ' until '}
                    {key.signsUntil === null ? null : <Instant at={key.signsUntil} />}.
                    {key.endedBecause === null ? '' : ` “${key.endedBecause}”`}
                  </p>
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
      {rotating && newest !== undefined ? (
        <Rotate keyNumber={newest.keyNumber} onClose={() => setRotating(false)} />
      ) : null}
    </Panel>
  )
}

function Rotate({ keyNumber, onClose }: { readonly keyNumber: number; readonly onClose: () => void }) {
  const [overlapDays, setOverlapDays] = useState(30)
  return (
    <Modal opened onClose={onClose} title="Rotate the signing key" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={classes['form']}>
        <p>
          Every log of this deployment is signed with a new key from now on, and its newest checkpoint at once. Each
          organization finds it in its ledger.
        </p>
        <NumberInput
          label="Days in which both sign"
          description={
            overlapDays === 0
              ? 'None: for a key that somebody else may have. Who pinned it verifies nothing new.'
              : 'Tell those who pinned the old key about the new one in that time.'
          }
          min={0}
          max={365}
          value={overlapDays}
          onChange={(value) => setOverlapDays(Number(value))}
        />
        <GovernedSave
          about="anchors"
          label="Rotate it"
          isGrave
          isChanged
          save={(particulars) => anchorApi.rotateKey({ overlapDays, expectedKeyNumber: keyNumber, ...particulars })}
          onSaved={onClose}
        />
      </div>
    </Modal>
  )
}
