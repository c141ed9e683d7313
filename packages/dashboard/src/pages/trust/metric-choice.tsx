import { Select } from '@mantine/core'

/** Which of a judge's metrics is looked at; nothing to choose where there is one. */
export function MetricChoice({
  metrics,
  value,
  onChange,
}: {
  readonly metrics: readonly string[]
  readonly value: string | undefined
  readonly onChange: (metric: string) => void
}) {
  if (metrics.length < 2 && (value === undefined || metrics.includes(value))) return null
  return (
    <Select
      aria-label="Metric"
      w={200}
      data={[...new Set(metrics)]}
      value={value !== undefined && metrics.includes(value) ? value : null}
      placeholder="Choose a metric"
      onChange={(chosen) => {
        if (chosen !== null) onChange(chosen)
      }}
      searchable={metrics.length > 12}
    />
  )
}
