import { JsonInput, Select, TextInput } from '@mantine/core'
import classes from './chaos.module.css'
import { type Draft, injections, injectionsOf } from './draft.ts'
import type { Part } from './experiment-form.tsx'

type TextField = {
  [Key in keyof Draft]: Draft[Key] extends string ? (string extends Draft[Key] ? Key : never) : never
}[keyof Draft]

/** What is injected, how fast and for how long. */
export function InjectionField({ draft, onChange }: Part) {
  const field = (label: string, name: TextField, description?: string, number = true) => (
    <TextInput
      label={label}
      {...(description === undefined ? {} : { description })}
      {...(number ? { type: 'number', min: 0, step: 'any' } : {})}
      value={draft[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
    />
  )
  const possible = injectionsOf(draft.target)
  return (
    <fieldset className={classes['group']}>
      <legend>Injects</legend>
      <div className={classes['fields']}>
        <Select
          label="What"
          data={injections.filter(({ value }) => possible.includes(value))}
          value={draft.injection}
          onChange={(chosen) => {
            const injection = injections.find(({ value }) => value === chosen)?.value
            if (injection !== undefined) onChange({ injection })
          }}
          allowDeselect={false}
        />
        {draft.injection === 'executions' ? (
          <>
            <Select
              label="Runs that"
              data={[
                { value: 'failure', label: 'Fail' },
                { value: 'success', label: 'Succeed slowly' },
              ]}
              value={draft.outcome}
              onChange={(outcome) => onChange({ outcome: outcome === 'success' ? 'success' : 'failure' })}
              allowDeselect={false}
            />
            {field('Take (seconds)', 'latencySeconds')}
          </>
        ) : null}
        {draft.injection === 'qa-failures'
          ? field('Metric that fails', 'judgedMetric', 'As judges call it: helpfulness.', false)
          : null}
        {draft.injection === 'receiver-fault' ? (
          <>
            <Select
              label="The receiver"
              data={[
                { value: 'throw', label: 'Refuses' },
                { value: 'delay', label: 'Delays' },
              ]}
              value={draft.fault}
              onChange={(fault) => onChange({ fault: fault === 'delay' ? 'delay' : 'throw' })}
              allowDeselect={false}
            />
            {field('For (seconds)', 'faultSeconds', 'At most 5.')}
          </>
        ) : null}
        {draft.injection === 'dependency-change' ? (
          <>
            {field('Dependency', 'dependency', undefined, false)}
            {field('Version', 'version', undefined, false)}
          </>
        ) : (
          <>
            {field('Per minute', 'ratePerMinute', 'How many injections.')}
            {field('For (seconds)', 'durationSeconds', 'How long injections go on.')}
          </>
        )}
        {field('Watch on for (seconds)', 'settleSeconds', 'After the last injection.')}
      </div>
      {draft.injection === 'dependency-change' ? (
        <JsonInput
          label="Schema that it would have"
          value={draft.schema}
          onChange={(schema) => onChange({ schema })}
          validationError="This is no JSON."
          rows={6}
        />
      ) : null}
    </fieldset>
  )
}
