import { SegmentedControl } from '@mantine/core'
import { HealthWindow } from '@metaagent/contract'

/** The choice of the time that figures are about. */
export function WindowSwitch({
  value,
  onChange,
}: {
  readonly value: HealthWindow
  readonly onChange: (window: HealthWindow) => void
}) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Time window"
      data-testid="window-switch"
      value={value}
      onChange={(chosen) => onChange(HealthWindow.catch(value).parse(chosen))}
      data={HealthWindow.options.map((window) => ({ value: window, label: window }))}
    />
  )
}
