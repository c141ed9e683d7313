import { ActionIcon, NumberInput, Select, TextInput } from '@mantine/core'
import type { JudgePriority } from '@metaagent/contract'
import { Icon } from '../../ui/icon.tsx'
import classes from './arbitration.module.css'
import { type DraftCosts, type DraftJudge, priorityWords } from './rules-draft.ts'

const vetoes: readonly { readonly value: JudgePriority['veto']; readonly label: string }[] = [
  { value: 'none', label: 'no veto' },
  { value: 'fail', label: 'veto on fail' },
  { value: 'pass', label: 'veto on pass' },
  { value: 'both', label: 'decides alone' },
]

/** What governance says of each judge. */
export function JudgeRows({
  rows,
  onChange,
  readOnly,
}: {
  readonly rows: readonly DraftJudge[]
  readonly onChange: (rows: readonly DraftJudge[]) => void
  readonly readOnly: boolean
}) {
  const set = (id: number, part: Partial<DraftJudge>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  return (
    <fieldset className={classes['rows']} disabled={readOnly}>
      <legend className="visually-hidden">Judges</legend>
      {rows.length === 0 ? (
        <p className="soft">No judge goes before another.</p>
      ) : (
        <div className={classes['heads']} aria-hidden="true">
          <span>Judge</span>
          <span>Priority</span>
          <span>Veto</span>
          <span>Metrics</span>
        </div>
      )}
      {rows.map((row, at) => (
        <div key={row.id} className={classes['judge']} data-testid="judge-row">
          <TextInput
            aria-label={`Judge ${at + 1}`}
            placeholder="name of the judge"
            value={row.judge}
            maxLength={200}
            onChange={({ currentTarget }) => set(row.id, { judge: currentTarget.value })}
          />
          <NumberInput
            aria-label={`Priority of judge ${at + 1}`}
            min={0.1}
            max={10}
            step={0.05}
            decimalScale={2}
            value={row.priority}
            onChange={(value) => set(row.id, { priority: typeof value === 'number' ? value : row.priority })}
          />
          <Select
            aria-label={`Veto of judge ${at + 1}`}
            data={[...vetoes]}
            value={row.veto}
            onChange={(value) =>
              set(row.id, { veto: vetoes.find((known) => known.value === value)?.value ?? row.veto })
            }
            allowDeselect={false}
          />
          <TextInput
            aria-label={`Metrics of judge ${at + 1}`}
            placeholder="all metrics"
            value={row.metrics}
            onChange={({ currentTarget }) => set(row.id, { metrics: currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove judge ${at + 1}`}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          >
            <Icon name="cross" size={14} />
          </ActionIcon>
          <p className={classes['hint']}>{priorityWords(row.priority)}</p>
        </div>
      ))}
    </fieldset>
  )
}

/** What mistakes cost, where governance says so. */
export function CostRows({
  rows,
  onChange,
  readOnly,
}: {
  readonly rows: readonly DraftCosts[]
  readonly onChange: (rows: readonly DraftCosts[]) => void
  readonly readOnly: boolean
}) {
  const set = (id: number, part: Partial<DraftCosts>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  if (rows.length === 0) return <p className="soft">As audits weigh them: half by mistake, half by class.</p>
  return (
    <fieldset className={classes['rows']} disabled={readOnly}>
      <legend className="visually-hidden">Costs of mistakes</legend>
      {rows.map((row, at) => (
        <div key={row.id} className={classes['cost']} data-testid="cost-row">
          <TextInput
            label="Metric"
            placeholder="all others"
            value={row.metric}
            onChange={({ currentTarget }) => set(row.id, { metric: currentTarget.value })}
          />
          <NumberInput
            label="A bad one passed"
            min={0.01}
            max={1_000}
            value={row.passedBad}
            onChange={(value) => set(row.id, { passedBad: typeof value === 'number' ? value : row.passedBad })}
          />
          <NumberInput
            label="A good one failed"
            min={0.01}
            max={1_000}
            value={row.failedGood}
            onChange={(value) => set(row.id, { failedGood: typeof value === 'number' ? value : row.failedGood })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove costs ${at + 1}`}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          >
            <Icon name="cross" size={14} />
          </ActionIcon>
        </div>
      ))}
    </fieldset>
  )
}
