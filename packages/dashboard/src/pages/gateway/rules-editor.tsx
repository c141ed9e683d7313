import { ActionIcon, MultiSelect, Select, TextInput } from '@mantine/core'
import { GatewayDecision, gatewayDecisions, Sensitivity, sensitivities } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import { type DraftRule, moved } from './draft.ts'
import classes from './gateway.module.css'
import { decisionWords } from './words.tsx'

const decisions = gatewayDecisions.map((value) => ({ value, label: decisionWords[value] }))
const names = [
  ['agents', 'Agents', 'every agent'],
  ['providers', 'Providers', 'every provider'],
  ['models', 'Models', 'every model'],
  ['regions', 'Regions', 'every region'],
] as const

/** The rules in the order in which they are asked; names are separated by commas, `*` stands for anything. */
export function RulesEditor({
  rules,
  onChange,
  readOnly,
}: {
  readonly rules: readonly DraftRule[]
  readonly onChange: (rules: readonly DraftRule[]) => void
  readonly readOnly: boolean
}) {
  if (rules.length === 0) return <p>There is no rule: every text goes to a private model, or nowhere.</p>
  return (
    <fieldset className={classes['rules']} disabled={readOnly}>
      <legend className="visually-hidden">Rules</legend>
      <ol className={classes['rows']}>
        {rules.map((rule, at) => (
          <Rule
            key={rule.id}
            rule={rule}
            number={at + 1}
            count={rules.length}
            readOnly={readOnly}
            onChange={(part) => onChange(rules.map((one) => (one.id === rule.id ? { ...one, ...part } : one)))}
            onMove={(by) => onChange(moved(rules, rule.id, by))}
            onRemove={() => onChange(rules.filter(({ id }) => id !== rule.id))}
          />
        ))}
      </ol>
    </fieldset>
  )
}

function Rule({
  rule,
  number,
  count,
  readOnly,
  onChange,
  onMove,
  onRemove,
}: {
  readonly rule: DraftRule
  readonly number: number
  readonly count: number
  readonly readOnly: boolean
  readonly onChange: (part: Partial<DraftRule>) => void
  readonly onMove: (by: 1 | -1) => void
  readonly onRemove: () => void
}) {
  const label = (what: string) => `${what} of rule ${number}`
  return (
    <li className={classes['rule']} data-testid="gateway-rule">
      <div className={classes['rule-head']}>
        <TextInput
          label={`Rule ${number}`}
          placeholder="what it is for"
          value={rule.name}
          onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
        <Select
          label="Then"
          aria-label={label('Decision')}
          data={decisions}
          value={rule.decision}
          disabled={readOnly}
          allowDeselect={false}
          onChange={(value) =>
            onChange({ decision: GatewayDecision.options.find((one) => one === value) ?? rule.decision })
          }
        />
        <div className={classes['moves']}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Move rule ${number} up`}
            disabled={readOnly || number === 1}
            onClick={() => onMove(-1)}
          >
            <span aria-hidden="true">↑</span>
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Move rule ${number} down`}
            disabled={readOnly || number === count}
            onClick={() => onMove(1)}
          >
            <span aria-hidden="true">↓</span>
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove rule ${number}`}
            disabled={readOnly}
            onClick={onRemove}
          >
            <Icon name="cross" size={14} />
          </ActionIcon>
        </div>
      </div>
      <MultiSelect
        label="For texts that are"
        aria-label={label('Sensitivity')}
        data={[...sensitivities]}
        value={[...rule.sensitivities]}
        disabled={readOnly}
        onChange={(chosen) => onChange({ sensitivities: Sensitivity.options.filter((one) => chosen.includes(one)) })}
      />
      <div className={classes['names']}>
        {names.map(([part, word, every]) => (
          <TextInput
            key={part}
            label={word}
            aria-label={label(word)}
            placeholder={every}
            value={rule[part]}
            onChange={({ currentTarget }) => onChange({ [part]: currentTarget.value })}
          />
        ))}
      </div>
    </li>
  )
}
