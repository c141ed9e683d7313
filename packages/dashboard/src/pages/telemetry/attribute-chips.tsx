import { Button, Popover, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Icon } from '../../ui/icon.tsx'
import classes from './executions-page.module.css'
import { attributeFiltersOf, type ExecutionsSearch, mostAttributes } from './search.ts'

interface ChipsProps {
  readonly search: ExecutionsSearch
  readonly onChange: (values: { readonly [attribute: `attribute.${string}`]: string | undefined }) => void
  readonly onConversation: () => void
}

/** Attributes that executions must have, one chip each, and the way to ask for one more. */
export function AttributeChips({ search, onChange, onConversation }: ChipsProps) {
  const attributes = attributeFiltersOf(search)
  return (
    <div className={classes['chips']} data-testid="attribute-chips">
      {search.conversationId === undefined ? null : (
        <Chip label="session" value={search.conversationId} onRemove={onConversation} />
      )}
      {attributes.map(({ name, key, value }) => (
        <Chip key={name} label={key} value={value} onRemove={() => onChange({ [name]: undefined })} />
      ))}
      {attributes.length < mostAttributes ? (
        <AddAttribute onAdd={(key, value) => onChange({ [`attribute.${key}`]: value })} />
      ) : (
        <span className="faint">At most {mostAttributes} attributes at once.</span>
      )}
    </div>
  )
}

function Chip({
  label,
  value,
  onRemove,
}: {
  readonly label: string
  readonly value: string
  readonly onRemove: () => void
}) {
  return (
    <span className={classes['chip']}>
      <span className="truncate" title={`${label} = ${value}`}>
        {label} = <b>{value}</b>
      </span>
      <button type="button" aria-label={`Remove ${label} = ${value}`} onClick={onRemove}>
        <Icon name="cross" size={10} />
      </button>
    </span>
  )
}

function AddAttribute({ onAdd }: { readonly onAdd: (key: string, value: string) => void }) {
  const [opened, setOpened] = useState(false)
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const ready = key.trim() !== '' && value.trim() !== ''
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
      <Popover.Target>
        <button type="button" className={classes['add']} onClick={() => setOpened(!opened)}>
          <Icon name="plus" size={11} /> Attribute
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes['attribute']}
          onSubmit={(event) => {
            event.preventDefault()
            if (!ready) return
            onAdd(key.trim(), value.trim())
            setKey('')
            setValue('')
            setOpened(false)
          }}
        >
          <TextInput
            label="Attribute"
            placeholder="customer.tier"
            value={key}
            maxLength={200}
            onChange={(event) => setKey(event.currentTarget.value)}
            data-autofocus
          />
          <TextInput
            label="is exactly"
            placeholder="gold"
            value={value}
            maxLength={500}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!ready}>
            Filter
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
