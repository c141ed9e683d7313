import { ActionIcon, Button, Select, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './chaos.module.css'
import { type LineDraft, lineKinds } from './draft.ts'

const most = 10

/** Lines that real figures must keep. */
export function LinesField({
  legend,
  lines,
  onChange,
}: {
  readonly legend: string
  readonly lines: readonly LineDraft[]
  readonly onChange: (lines: readonly LineDraft[]) => void
}) {
  const change = (at: number, values: Partial<LineDraft>) =>
    onChange(lines.map((line, index) => (index === at ? { ...line, ...values } : line)))
  return (
    <fieldset className={classes['group']}>
      <legend>{legend}</legend>
      {lines.map((line, at) => (
        // A line has no name of its own; its place is what tells it apart.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={at} className={classes['line']}>
          <Select
            label="Figure"
            data={lineKinds.map(({ value, label }) => ({ value, label }))}
            value={line.kind}
            onChange={(chosen) => {
              const kind = lineKinds.find(({ value }) => value === chosen)?.value
              if (kind !== undefined) change(at, { kind, of: '', limit: '' })
            }}
            allowDeselect={false}
          />
          <Of line={line} onChange={(of) => change(at, { of })} />
          <TextInput
            label={lineKinds.find(({ value }) => value === line.kind)?.unit}
            type="number"
            step="any"
            value={line.limit}
            onChange={(event) => change(at, { limit: event.currentTarget.value })}
          />
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={`Remove line ${at + 1} of “${legend}”`}
            onClick={() => onChange(lines.toSpliced(at, 1))}
          >
            <Icon name="cross" />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          disabled={lines.length >= most}
          onClick={() => onChange([...lines, { kind: 'open-alerts', of: '', limit: '0' }])}
        >
          Add a line<span className="visually-hidden"> to “{legend}”</span>
        </Button>
      </div>
    </fieldset>
  )
}

/** Whose figure it is, where it is somebody's. */
function Of({ line, onChange }: { readonly line: LineDraft; readonly onChange: (of: string) => void }) {
  const agents = useQuery(queries.agents({}))
  const slas = useInfiniteQuery({ ...queries.slas({}), enabled: line.kind === 'error-budget' })
  if (line.kind === 'open-alerts' || line.kind === 'delivery-p95') return <span />
  const isBudget = line.kind === 'error-budget'
  const known = isBudget
    ? (slas.data?.pages.flatMap(({ items }) => items).map(({ slaId, name }) => ({ value: slaId, label: name })) ?? [])
    : (agents.data?.items.map(({ agentId, name }) => ({ value: agentId, label: name })) ?? [])
  return (
    <Select
      label={isBudget ? 'Service level' : 'Agent'}
      data={[{ value: '', label: isBudget ? 'The least of all' : 'All of the environment' }, ...known]}
      value={line.of}
      onChange={(of) => onChange(of ?? '')}
      searchable
    />
  )
}
