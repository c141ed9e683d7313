import { Button, Modal, Select, TextInput } from '@mantine/core'
import type { ModelMatch, ModelPriceSet } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { costApi } from '../../api/costs.ts'
import { usePreferences } from '../../app/preferences.tsx'
import { fromLocalInput } from '../../format/time.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './costs-page.module.css'

/** What a new price begins with. */
export interface PriceDraft {
  readonly provider?: string
  readonly model?: string
}

/** The dialog that sets a price. */
export function PriceForm({ draft, onClose }: { readonly draft: PriceDraft | null; readonly onClose: () => void }) {
  return (
    <Modal
      opened={draft !== null}
      onClose={onClose}
      title="Set a price"
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      {draft === null ? null : <Fields draft={draft} onDone={onClose} />}
    </Modal>
  )
}

const priceFields = [
  { name: 'inputUsdPerMillion', label: 'Input, USD per million tokens' },
  { name: 'outputUsdPerMillion', label: 'Output, USD per million tokens' },
  { name: 'cacheReadUsdPerMillion', label: 'Read from the cache' },
  { name: 'cacheWriteUsdPerMillion', label: 'Written to the cache' },
  { name: 'reasoningUsdPerMillion', label: 'Reasoning' },
  { name: 'requestUsdPerThousand', label: 'USD per thousand requests' },
] as const satisfies readonly { name: keyof ModelPriceSet; label: string }[]

const kinds = [
  { value: 'equals', label: 'is' },
  { value: 'starts_with', label: 'begins with' },
  { value: 'ends_with', label: 'ends with' },
  { value: 'contains', label: 'contains' },
] as const

function Fields({ draft, onDone }: { readonly draft: PriceDraft; readonly onDone: () => void }) {
  const client = useQueryClient()
  const { zone } = usePreferences()
  const [provider, setProvider] = useState(draft.provider ?? '')
  const [kind, setKind] = useState<ModelMatch['kind']>('equals')
  const [model, setModel] = useState(draft.model ?? '')
  const [prices, setPrices] = useState<Readonly<Record<string, string>>>({})
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const add = useMutation({
    mutationFn: costApi.addPrice,
    onSuccess: async () => {
      onDone()
      await client.invalidateQueries({ queryKey: ['costs'] })
    },
  })
  const submit = () =>
    add.mutate({
      provider: provider.trim() === '' ? null : provider.trim(),
      match: { kind, value: model.trim() },
      prices: Object.fromEntries(Object.entries(prices).filter(([, usd]) => usd.trim() !== '')),
      effectiveFrom: fromLocalInput(from, zone),
      effectiveTo: fromLocalInput(to, zone),
    })
  return (
    <form
      className={classes['form']}
      data-testid="price-form"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className={classes['pair']}>
        <TextInput
          label="Provider"
          description="As agents report it; empty: whoever serves it."
          placeholder="openai"
          value={provider}
          onChange={(event) => setProvider(event.currentTarget.value)}
        />
        <Select
          label="The model’s name"
          description="Upper and lower case are the same."
          data={kinds}
          value={kind}
          onChange={(value) => setKind(kinds.find((one) => one.value === value)?.value ?? kind)}
        />
        <TextInput
          label="Model"
          description="As agents report it."
          value={model}
          onChange={(event) => setModel(event.currentTarget.value)}
          required
          data-autofocus
        />
      </div>
      <div className={classes['pair']}>
        {priceFields.map(({ name, label }) => (
          <TextInput
            key={name}
            label={label}
            inputMode="decimal"
            placeholder="2.50"
            value={prices[name] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget
              setPrices((before) => ({ ...before, [name]: value }))
            }}
          />
        ))}
      </div>
      <div className={classes['pair']}>
        <TextInput
          type="datetime-local"
          label="From"
          description="Empty: it has always held."
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="To"
          description="Empty: until it is withdrawn."
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </div>
      <p className="faint">Calls that are stored already keep their cost until you price them again.</p>
      {add.error === null ? null : <ProblemPanel error={add.error} compact />}
      <div className={classes['buttons']}>
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button type="submit" loading={add.isPending} disabled={model.trim() === ''} data-testid="save-price">
          Set the price
        </Button>
      </div>
    </form>
  )
}
