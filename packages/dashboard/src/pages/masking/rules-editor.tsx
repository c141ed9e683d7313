import { Button, TextInput } from '@mantine/core'
import type { MaskingRule } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import classes from './masking.module.css'

/** The organization's own rules: a name, an RE2 expression, and a sample in which it must find something. */
export function RulesEditor({
  rules,
  onChange,
}: {
  readonly rules: readonly MaskingRule[]
  readonly onChange: (rules: MaskingRule[]) => void
}) {
  const set = (at: number, values: Partial<MaskingRule>) =>
    onChange(rules.map((rule, index) => (index === at ? { ...rule, ...values } : rule)))
  return (
    <fieldset className={classes['group']}>
      <legend>Your own rules</legend>
      {rules.length === 0 ? (
        <p className="soft">None yet. Staff numbers, contract numbers and the like can be masked by a pattern.</p>
      ) : null}
      {rules.map((rule, at) => (
        // A rule has no id of its own, and its name changes while it is typed: its place is what it is.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={at} className={classes['rule']}>
          <TextInput
            label={`Name of rule ${at + 1}`}
            placeholder="staff-number"
            value={rule.name}
            onChange={({ currentTarget }) => set(at, { name: currentTarget.value })}
          />
          <TextInput
            label="Pattern (RE2)"
            placeholder="EMP-[0-9]{6}"
            value={rule.pattern}
            onChange={({ currentTarget }) => set(at, { pattern: currentTarget.value })}
          />
          <TextInput
            label="Sample"
            placeholder="ask EMP-123456"
            value={rule.sample}
            onChange={({ currentTarget }) => set(at, { sample: currentTarget.value })}
          />
          <Button
            variant="subtle"
            color="red"
            aria-label={`Remove rule ${at + 1}`}
            onClick={() => onChange(rules.filter((_, index) => index !== at))}
          >
            Remove
          </Button>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange([...rules, { name: '', pattern: '', sample: '' }])}
        >
          Add a rule
        </Button>
      </div>
    </fieldset>
  )
}
