import { TextInput } from '@mantine/core'
import { Icon } from './icon.tsx'

/** A filter by a text; it is told when the reader is done (Enter or leaving the field), not at every key. */
export function CommitInput({
  label,
  value,
  onCommit,
  width = 150,
}: {
  readonly label: string
  readonly value: string | undefined
  readonly onCommit: (text: string | undefined) => void
  readonly width?: number
}) {
  const commit = (input: HTMLInputElement) => {
    const text = input.value.trim() === '' ? undefined : input.value.trim()
    if (text !== value) onCommit(text)
  }
  return (
    <TextInput
      key={`${label} ${value}`}
      aria-label={label}
      placeholder={label}
      defaultValue={value ?? ''}
      leftSection={<Icon name="search" size={13} />}
      onBlur={(event) => commit(event.currentTarget)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit(event.currentTarget)
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
      w={width}
    />
  )
}
