import { ActionIcon, TextInput } from '@mantine/core'
import { Icon } from '../../ui/icon.tsx'
import type { DraftModel } from './draft.ts'
import classes from './gateway.module.css'

const fields = [
  ['provider', 'Provider', 'vllm'],
  ['model', 'Model', 'llama-3.3-70b'],
  ['region', 'Region', 'wherever it runs'],
] as const

/** The models that the organization runs itself. */
export function ModelsEditor({
  models,
  onChange,
  readOnly,
}: {
  readonly models: readonly DraftModel[]
  readonly onChange: (models: readonly DraftModel[]) => void
  readonly readOnly: boolean
}) {
  if (models.length === 0)
    return <p className="soft">None: what may not leave is denied, and so are CRITICAL texts until there is one.</p>
  return (
    <fieldset className={classes['rules']} disabled={readOnly}>
      <legend className="visually-hidden">Private models</legend>
      <ul className={classes['rows']}>
        {models.map((model, at) => (
          <li key={model.id} className={classes['model']}>
            {fields.map(([field, label, placeholder]) => (
              <TextInput
                key={field}
                label={label}
                aria-label={`${label} of private model ${at + 1}`}
                placeholder={placeholder}
                value={model[field]}
                onChange={({ currentTarget }) =>
                  onChange(models.map((one) => (one.id === model.id ? { ...one, [field]: currentTarget.value } : one)))
                }
              />
            ))}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove private model ${at + 1}`}
              disabled={readOnly}
              onClick={() => onChange(models.filter(({ id }) => id !== model.id))}
            >
              <Icon name="cross" size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
