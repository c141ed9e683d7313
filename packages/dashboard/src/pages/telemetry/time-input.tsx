import { TextInput } from '@mantine/core'
import { usePreferences } from '../../app/preferences.tsx'
import { fromLocalInput, toLocalInput } from '../../format/time.ts'

/** A point in time in the zone that is shown; told when the reader leaves the field. */
export function TimeInput({
  label,
  value,
  onCommit,
}: {
  readonly label: string
  readonly value: string | undefined
  readonly onCommit: (iso: string | undefined) => void
}) {
  const { zone } = usePreferences()
  const where = zone === 'utc' ? 'UTC' : 'local time'
  return (
    <TextInput
      key={`${value} ${zone}`}
      type="datetime-local"
      aria-label={`${label}, ${where}`}
      title={`${label}, ${where}`}
      leftSection={<span className="faint">{label}</span>}
      leftSectionWidth={46}
      defaultValue={toLocalInput(value, zone)}
      onBlur={(event) => {
        const iso = fromLocalInput(event.currentTarget.value, zone) ?? undefined
        if (iso !== value && event.currentTarget.value !== toLocalInput(value, zone)) onCommit(iso)
      }}
      w={220}
    />
  )
}
