import { ActionIcon, Button, Select, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { macroChoices } from '../../api/fallbacks.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Draft, StepDraft } from './draft.ts'
import classes from './fallbacks.module.css'

const most = 10

/** The macros that take over, the one to take first foremost. */
export function StepsField({
  draft,
  onChange,
  faults,
}: {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
  readonly faults: Readonly<Record<string, string>>
}) {
  const { steps } = draft
  const change = (at: number, values: Partial<StepDraft>) =>
    onChange({ steps: steps.map((step, index) => (index === at ? { ...step, ...values } : step)) })
  const up = (at: number) => {
    const moved = steps[at]
    if (moved !== undefined) onChange({ steps: steps.toSpliced(at, 1).toSpliced(at - 1, 0, moved) })
  }
  return (
    <fieldset className={classes['group']}>
      <legend>Then it starts, in this order</legend>
      {steps.map((step, at) => (
        // Steps have no name of their own until a macro is chosen; their place is what tells them apart.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={at} className={classes['step']}>
          <MacroSelect
            label={`Macro ${at + 1}`}
            value={step.macro}
            onChange={(macro) => change(at, { macro })}
            error={faults[`step ${at}`]}
          />
          <Textarea
            label={`Inputs of macro ${at + 1} (JSON)`}
            value={step.inputs}
            onChange={(event) => change(at, { inputs: event.currentTarget.value })}
            error={faults[`inputs ${at}`]}
            rows={step.inputs.includes('\n') ? 4 : 1}
            spellCheck={false}
          />
          <div className={classes['moves']}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Move macro ${at + 1} up`}
              disabled={at === 0}
              onClick={() => up(at)}
            >
              <Icon name="up" />
            </ActionIcon>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Remove macro ${at + 1}`}
              disabled={steps.length === 1}
              onClick={() => onChange({ steps: steps.toSpliced(at, 1) })}
            >
              <Icon name="cross" />
            </ActionIcon>
          </div>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          disabled={steps.length >= most}
          onClick={() => onChange({ steps: [...steps, { macro: '', inputs: '{}' }] })}
        >
          Add another
        </Button>
      </div>
    </fieldset>
  )
}

/** A macro by name. */
export function MacroSelect({
  label,
  value,
  onChange,
  error,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (macro: string) => void
  readonly error: string | undefined
}) {
  const macros = useQuery(macroChoices())
  const known = macros.data ?? []
  return (
    <Select
      label={label}
      data={value === '' || known.includes(value) ? known : [value, ...known]}
      value={value === '' ? null : value}
      onChange={(macro) => onChange(macro ?? '')}
      // What is not chosen yet is no mistake yet.
      error={value === '' ? undefined : error}
      nothingFoundMessage={macros.isPending ? 'Loading' : 'No macro has this name.'}
      placeholder={known.length === 0 && !macros.isPending ? 'There is no macro yet' : 'Choose a macro'}
      searchable
      required
    />
  )
}
