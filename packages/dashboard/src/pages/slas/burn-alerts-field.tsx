import { Button, SegmentedControl, Select, TextInput } from '@mantine/core'
import { Icon } from '../../ui/icon.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import type { AlertDraft, Draft } from './draft.ts'
import classes from './slas.module.css'

// Rows 1 and 3 of the SRE workbook's table, as a start for who writes their own.
const firstAlerts: readonly AlertDraft[] = [
  { severity: 'page', longMinutes: '60', shortMinutes: '5', threshold: '14.4' },
  { severity: 'ticket', longMinutes: '1440', shortMinutes: '120', threshold: '3' },
]

/** How early a burning budget is told: by the defaults, or by alerts of one's own. A refusal stands right here. */
export function BurnAlertsField({
  draft,
  onChange,
  refused,
}: {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
  readonly refused: unknown
}) {
  const { alerts } = draft
  return (
    <fieldset className={classes['alerts']}>
      <legend>Burn alerts</legend>
      <SegmentedControl
        aria-label="Burn alerts"
        value={alerts === null ? 'default' : 'own'}
        onChange={(value) => onChange({ alerts: value === 'own' ? firstAlerts : null })}
        data={[
          { value: 'default', label: 'Defaults for the objective' },
          { value: 'own', label: 'My own' },
        ]}
        style={{ justifySelf: 'start' }}
      />
      {alerts === null ? (
        <p className="soft">Told when 2, 5 or 10% of the budget burns within an hour, six hours, a day or three.</p>
      ) : (
        <Alerts alerts={alerts} onChange={(changed) => onChange({ alerts: changed })} />
      )}
      {refused === null ? null : <ProblemPanel error={refused} compact />}
      <TextInput
        label="Bad events that an alert needs at least"
        type="number"
        min={1}
        value={draft.minimumBadEvents}
        onChange={(event) => onChange({ minimumBadEvents: event.currentTarget.value })}
        maw="20rem"
      />
    </fieldset>
  )
}

function Alerts({
  alerts,
  onChange,
}: {
  readonly alerts: readonly AlertDraft[]
  readonly onChange: (alerts: readonly AlertDraft[]) => void
}) {
  const edit = (at: number, values: Partial<AlertDraft>) =>
    onChange(alerts.map((alert, index) => (index === at ? { ...alert, ...values } : alert)))
  const field = (at: number, label: string, key: 'longMinutes' | 'shortMinutes' | 'threshold') => (
    <TextInput
      label={label}
      aria-label={`${label} of alert ${at + 1}`}
      type="number"
      step="any"
      min={0}
      value={alerts[at]?.[key] ?? ''}
      onChange={(event) => edit(at, { [key]: event.currentTarget.value })}
    />
  )
  return (
    <>
      {alerts.map((alert, at) => (
        // Alerts have no identity besides their place.
        <div key={`alert ${at + 1}`} className={classes['row']} data-testid="burn-alert">
          <Select
            label="Severity"
            aria-label={`Severity of alert ${at + 1}`}
            data={['page', 'ticket']}
            value={alert.severity}
            onChange={(value) => edit(at, { severity: value === 'ticket' ? 'ticket' : 'page' })}
            allowDeselect={false}
          />
          {field(at, 'Long window (min)', 'longMinutes')}
          {field(at, 'Short window (min)', 'shortMinutes')}
          {field(at, 'Burn rate over', 'threshold')}
          <Button
            variant="subtle"
            color="gray"
            aria-label={`Leave out alert ${at + 1}`}
            onClick={() => onChange(alerts.filter((_, index) => index !== at))}
          >
            <Icon name="cross" size={14} />
          </Button>
        </div>
      ))}
      <Button
        variant="default"
        size="xs"
        style={{ justifySelf: 'start' }}
        leftSection={<Icon name="plus" size={14} />}
        disabled={alerts.length >= 10}
        onClick={() =>
          onChange([...alerts, { severity: 'ticket', longMinutes: '4320', shortMinutes: '360', threshold: '1' }])
        }
      >
        Add an alert
      </Button>
    </>
  )
}
