import { Button, Checkbox, Modal, NumberInput, PasswordInput, Select, Textarea, TextInput } from '@mantine/core'
import type { Anchor } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { anchorApi } from '../../api/anchors.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './anchors.module.css'
import { type AnchorFields, emptyAnchor, fieldsOf, kindWords, orderOf } from './draft.ts'

const kinds = (['witness', 'rfc3161', 's3', 'file'] as const).map((value) => ({ value, label: kindWords[value].label }))
const logs = [
  { value: 'organization', label: 'Your organization’s' },
  { value: 'deployment', label: 'The deployment’s: hashes of every organization’s' },
]

/** The dialog that makes an anchor or changes one. Switching off and sending elsewhere asks for an approval. */
export function AnchorForm({ anchor, onClose }: { readonly anchor: Anchor | null; readonly onClose: () => void }) {
  const [fields, setFields] = useState(() => (anchor === null ? emptyAnchor : fieldsOf(anchor)))
  const change = (part: Partial<AnchorFields>) => setFields((old) => ({ ...old, ...part }))
  return (
    <Modal
      opened
      onClose={onClose}
      title={anchor === null ? 'Keep checkpoints at one more place' : `Change ${anchor.name}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes['form']}>
        <Select
          label="Kind"
          description={kindWords[fields.kind].what}
          data={kinds}
          value={fields.kind}
          allowDeselect={false}
          disabled={anchor !== null}
          onChange={(kind) =>
            kind !== null && change({ kind: kinds.find(({ value }) => value === kind)?.value ?? 'file' })
          }
        />
        <div className={classes['pair']}>
          <TextInput
            label="Name"
            value={fields.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            maxLength={100}
            required
          />
          <NumberInput
            label="Every … minutes"
            description="Nothing is sent while nothing is new."
            min={1}
            max={10_080}
            value={fields.everyMinutes}
            onChange={(value) => change({ everyMinutes: Number(value) || 1 })}
          />
        </div>
        <Place fields={fields} onChange={change} keepsSecret={anchor?.hasSecret === true} />
        {fields.kind === 'witness' ? null : (
          <Select
            label="Which log"
            data={logs}
            value={fields.log}
            allowDeselect={false}
            onChange={(log) => change({ log: log === 'deployment' ? 'deployment' : 'organization' })}
          />
        )}
        {anchor === null ? null : (
          <Checkbox
            label="In use"
            checked={fields.enabled}
            onChange={(event) => change({ enabled: event.currentTarget.checked })}
          />
        )}
        {anchor === null ? (
          <Create fields={fields} onDone={onClose} />
        ) : (
          <GovernedSave
            about="anchors"
            label="Save the anchor"
            reasonHint="For the approval that is needed when it is switched off or sent elsewhere."
            isChanged={fields.name.trim() !== ''}
            save={({ approvalId }) => {
              const order = { ...orderOf(fields), ...(approvalId === undefined ? {} : { approvalId }) }
              return anchorApi.change(anchor.anchorId, order)
            }}
            onSaved={onClose}
          />
        )}
      </div>
    </Modal>
  )
}

/** More kept outside than before needs nobody's approval. */
function Create({ fields, onDone }: { readonly fields: AnchorFields; readonly onDone: () => void }) {
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: () => anchorApi.create(orderOf(fields)),
    onSuccess: async () => {
      onDone()
      await client.invalidateQueries({ queryKey: ['anchors'] })
    },
  })
  return (
    <>
      {create.error === null ? null : <ProblemPanel error={create.error} compact />}
      <div className={classes['buttons']}>
        <Button
          loading={create.isPending}
          disabled={fields.name.trim() === ''}
          onClick={() => create.mutate()}
          data-testid="make-anchor"
        >
          Make the anchor
        </Button>
      </div>
    </>
  )
}

interface PlaceProps {
  readonly fields: AnchorFields
  readonly onChange: (part: Partial<AnchorFields>) => void
  readonly keepsSecret: boolean
}

function Place({ fields, onChange, keepsSecret }: PlaceProps) {
  const text = (
    label: string,
    key: 'url' | 'verifierKey' | 'bucket' | 'region' | 'prefix' | 'accessKeyId',
    hint = '',
  ) => (
    <TextInput
      label={label}
      description={hint}
      value={fields[key]}
      onChange={(event) => onChange({ [key]: event.currentTarget.value })}
    />
  )
  switch (fields.kind) {
    case 'file':
      return (
        <p className="soft">
          The operator names the folder with <code>METAAGENT_ANCHOR_DIR</code>. It is evidence only on a disk that
          somebody else controls.
        </p>
      )
    case 'witness':
      return (
        <>
          {text('Address', 'url', 'The witness shows it as its submission address.')}
          {text('Verifier key', 'verifierKey', 'name+hash+key, as the witness shows it.')}
        </>
      )
    case 'rfc3161':
      return (
        <>
          {text('Address', 'url', 'Of the authority, such as https://tsa.example/tsr.')}
          <Textarea
            label="Certificate of the authority (PEM)"
            description="Stamps must chain to it. Empty: the chain is not checked."
            value={fields.caCertificate}
            onChange={(event) => onChange({ caCertificate: event.currentTarget.value })}
            rows={2}
          />
        </>
      )
    case 's3':
      return (
        <>
          {text('Address of the server', 'url', 'https://s3.eu-central-1.amazonaws.com, or your own.')}
          <div className={classes['pair']}>
            {text('Bucket', 'bucket', 'Made with object lock.')}
            {text('Region', 'region')}
            {text('Folder in it', 'prefix', 'Empty, or ending in /.')}
            <NumberInput
              label="Locked for … days"
              min={1}
              max={36_500}
              value={fields.retainDays}
              onChange={(value) => onChange({ retainDays: Number(value) || 1 })}
            />
            <Select
              label="Lock"
              data={[
                { value: 'COMPLIANCE', label: 'Compliance: nobody can lift it' },
                { value: 'GOVERNANCE', label: 'Governance: a special right can' },
              ]}
              value={fields.mode}
              allowDeselect={false}
              onChange={(mode) => onChange({ mode: mode === 'GOVERNANCE' ? 'GOVERNANCE' : 'COMPLIANCE' })}
            />
            {text('Access key id', 'accessKeyId')}
          </div>
          <PasswordInput
            label="Secret access key"
            description={
              keepsSecret ? 'Empty: as it was. A new address wants it again.' : 'Sealed, and never shown again.'
            }
            value={fields.secret}
            onChange={(event) => onChange({ secret: event.currentTarget.value })}
            autoComplete="off"
          />
        </>
      )
  }
}
