import { Select } from '@mantine/core'
import { periods } from './search.ts'

/** How far back evidence is looked for. */
export function PeriodChoice({
  days,
  onChange,
}: {
  readonly days: string
  readonly onChange: (days: (typeof periods)[number]) => void
}) {
  return (
    <Select
      aria-label="Period"
      data={periods.map((value) => ({ value, label: value === '365' ? 'Last year' : `Last ${value} days` }))}
      value={days}
      onChange={(chosen) => {
        const known = periods.find((one) => one === chosen)
        if (known !== undefined) onChange(known)
      }}
      allowDeselect={false}
      w={150}
    />
  )
}
