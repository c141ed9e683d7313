import { Select } from '@mantine/core'

/** A filter with the choice of everything, which is what an empty address means. */
export function Choice({
  label,
  all,
  value,
  options,
  onChange,
  width = 150,
}: {
  readonly label: string
  /** What the choice of everything is called: `All environments`. */
  readonly all: string
  readonly value: string | undefined
  readonly options: readonly (string | { readonly value: string; readonly label: string })[]
  readonly onChange: (value: string | undefined) => void
  readonly width?: number
}) {
  const known = options.map((option) => (typeof option === 'string' ? { value: option, label: option } : option))
  // A value from the address that the list does not have (yet) is shown all the same.
  const missing =
    value !== undefined && !known.some((option) => option.value === value) ? [{ value, label: value }] : []
  return (
    <Select
      aria-label={label}
      w={width}
      data={[{ value: '', label: all }, ...missing, ...known]}
      value={value ?? ''}
      onChange={(chosen) => onChange(chosen === null || chosen === '' ? undefined : chosen)}
      searchable={known.length > 12}
    />
  )
}
