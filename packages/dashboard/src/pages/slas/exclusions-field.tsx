import { Button, TextInput } from '@mantine/core'
import { usePreferences } from '../../app/preferences.tsx'
import { fromLocalInput, toLocalInput } from '../../format/time.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Draft, ExclusionDraft } from './draft.ts'
import classes from './slas.module.css'

/** Stretches that do not count, such as agreed maintenance; times are in the zone of the page. */
export function ExclusionsField({
  draft,
  onChange,
}: {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
}) {
  const { zone } = usePreferences()
  const { exclusions } = draft
  const edit = (at: number, values: Partial<ExclusionDraft>) =>
    onChange({ exclusions: exclusions.map((one, index) => (index === at ? { ...one, ...values } : one)) })
  const time = (at: number, label: string, key: 'from' | 'until') => {
    const iso = exclusions[at]?.[key] ?? ''
    return (
      <TextInput
        label={label}
        aria-label={`${label} of exclusion ${at + 1}`}
        type="datetime-local"
        value={toLocalInput(iso === '' ? undefined : iso, zone)}
        onChange={(event) => edit(at, { [key]: fromLocalInput(event.currentTarget.value, zone) ?? '' })}
        required
      />
    )
  }
  return (
    <fieldset className={classes['alerts']}>
      <legend>Stretches that do not count</legend>
      {exclusions.map((one, at) => (
        // Exclusions have no identity besides their place.
        <div key={`exclusion ${at + 1}`} className={classes['row']} data-testid="exclusion">
          {time(at, 'From', 'from')}
          {time(at, 'Until', 'until')}
          <TextInput
            label="Reason"
            aria-label={`Reason of exclusion ${at + 1}`}
            value={one.reason}
            onChange={(event) => edit(at, { reason: event.currentTarget.value })}
            maxLength={500}
            required
          />
          <Button
            variant="subtle"
            color="gray"
            aria-label={`Leave out exclusion ${at + 1}`}
            onClick={() => onChange({ exclusions: exclusions.filter((_, index) => index !== at) })}
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
        onClick={() => onChange({ exclusions: [...exclusions, { from: '', until: '', reason: '' }] })}
        data-testid="add-exclusion"
      >
        Add a stretch
      </Button>
    </fieldset>
  )
}
