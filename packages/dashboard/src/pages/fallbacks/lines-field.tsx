import { Checkbox, Group, TextInput } from '@mantine/core'
import { type Draft, states } from './draft.ts'
import classes from './fallbacks.module.css'

/** The lines past which the primary gives way; what is left empty is no line. */
export function LinesField({
  draft,
  onChange,
  fault,
}: {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
  readonly fault: string | undefined
}) {
  const number = (label: string, description: string, field: NumberField, step: number | 'any' = 1) => (
    <TextInput
      label={label}
      description={description}
      type="number"
      min={0}
      step={step}
      value={draft[field]}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
    />
  )
  return (
    <fieldset className={classes['group']}>
      <legend>Gives way when</legend>
      <div className={classes['fields']}>
        {number('It fails more often than', 'Failures in the window; 0: each one.', 'failuresMax')}
        {number('It succeeds in less than (%)', 'Share of ended executions.', 'successPercentMin', 'any')}
        {number('It takes longer than (seconds)', '95th percentile.', 'latencySecondsMax', 'any')}
        {number('Window (minutes)', 'How far back it is judged.', 'windowMinutes')}
        {number('Rates need (executions)', 'Of fewer, they are unknown.', 'minimumExecutions')}
      </div>
      {draft.kind === 'agent' ? (
        <Checkbox.Group
          label="Its state is"
          value={[...draft.healthStates]}
          onChange={(chosen) => onChange({ healthStates: states.filter((state) => chosen.includes(state)) })}
        >
          <Group mt="xs">
            {states.map((state) => (
              <Checkbox key={state} value={state} label={state} />
            ))}
          </Group>
        </Checkbox.Group>
      ) : null}
      {fault === undefined ? null : <p className="soft">{fault}</p>}
    </fieldset>
  )
}

type NumberField = 'failuresMax' | 'successPercentMin' | 'latencySecondsMax' | 'windowMinutes' | 'minimumExecutions'
