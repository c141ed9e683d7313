import { ActionIcon, Checkbox, NumberInput, Select, TextInput } from '@mantine/core'
import { ApprovalRule, Impact } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import classes from './governance.module.css'
import type { DraftRow } from './rules-draft.ts'

const outcomes = [
  { value: 'allow', label: 'Runs by itself' },
  { value: 'allow_and_notify', label: 'Runs and is told' },
  { value: 'require_approval', label: 'Needs approval' },
] as const
const roles = ApprovalRule.shape.approverRole.options

// Each control names itself to who cannot see the heads.
const heads = ['Impact', 'Environments', 'What happens', 'Approvers', 'Their role', 'Review'] as const

/** The rows of the matrix, each with its own controls. */
export function MatrixEditor({
  rows,
  onChange,
  readOnly,
}: {
  readonly rows: readonly DraftRow[]
  readonly onChange: (rows: readonly DraftRow[]) => void
  readonly readOnly: boolean
}) {
  return (
    <fieldset className={classes['matrix']} disabled={readOnly}>
      <legend className="visually-hidden">Rules</legend>
      <div className={classes['heads']} aria-hidden="true">
        {heads.map((head) => (
          <span key={head}>{head}</span>
        ))}
      </div>
      <ul className={classes['rows']}>
        {rows.map((row, at) => (
          <Row
            key={row.id}
            row={row}
            number={at + 1}
            isLast={rows.length === 1}
            onChange={(part) => onChange(rows.map((known) => (known.id === row.id ? { ...known, ...part } : known)))}
            onRemove={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        ))}
      </ul>
    </fieldset>
  )
}

function Row({
  row,
  number,
  isLast,
  onChange,
  onRemove,
}: {
  readonly row: DraftRow
  readonly number: number
  readonly isLast: boolean
  readonly onChange: (part: Partial<DraftRow>) => void
  readonly onRemove: () => void
}) {
  const asks = row.outcome === 'require_approval'
  const label = (what: string) => `${what} of rule ${number}`
  return (
    <li className={classes['row']} data-testid="rule">
      <Select
        aria-label={label('Impact')}
        data={Impact.options.map((value) => ({ value, label: value }))}
        value={row.impact}
        onChange={(value) => onChange({ impact: Impact.options.find((known) => known === value) ?? row.impact })}
        allowDeselect={false}
      />
      <TextInput
        aria-label={label('Environments')}
        placeholder="every environment"
        value={row.environments}
        onChange={({ currentTarget }) => onChange({ environments: currentTarget.value })}
        className={classes['environments'] ?? ''}
      />
      <Select
        aria-label={label('Outcome')}
        data={[...outcomes]}
        value={row.outcome}
        onChange={(value) => {
          const outcome = outcomes.find((known) => known.value === value)?.value ?? row.outcome
          onChange({ outcome, approvers: outcome === 'require_approval' ? Math.max(1, row.approvers) : row.approvers })
        }}
        allowDeselect={false}
      />
      <NumberInput
        aria-label={label('Approvers')}
        min={1}
        max={10}
        value={asks ? row.approvers : ''}
        placeholder="–"
        disabled={!asks}
        onChange={(value) => onChange({ approvers: typeof value === 'number' ? value : row.approvers })}
      />
      <Select
        aria-label={label('Role')}
        data={roles.map((value) => ({ value, label: value }))}
        value={row.approverRole}
        disabled={!asks}
        onChange={(value) => onChange({ approverRole: roles.find((known) => known === value) ?? row.approverRole })}
        allowDeselect={false}
      />
      <Checkbox
        label="written"
        aria-label={label('Review')}
        checked={asks && row.requireReview}
        disabled={!asks}
        onChange={({ currentTarget }) => onChange({ requireReview: currentTarget.checked })}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Remove rule ${number}`}
        disabled={isLast}
        onClick={onRemove}
      >
        <Icon name="cross" size={14} />
      </ActionIcon>
    </li>
  )
}
