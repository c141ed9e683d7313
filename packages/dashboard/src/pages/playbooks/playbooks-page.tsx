import type { Macro } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { playbookQueries } from '../../api/playbooks.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Duration } from '../../ui/value.tsx'
import { BlockList } from './blocks.tsx'
import classes from './playbooks.module.css'
import { macroStates } from './search.ts'
import { PlaybookTabs } from './tabs.tsx'
import { MacroMark, SuccessShare } from './words.tsx'

/** Every macro, the blocked ones with what blocks them above all. */
export function PlaybooksPage() {
  const { state } = useSearch({ from: '/inside/playbooks' })
  const navigate = useNavigate()
  const macros = useQuery(playbookQueries.macros())
  const rows = macros.data?.filter((macro) => state === undefined || macro.state === state)
  const blocked = macros.data?.filter((macro) => macro.state === 'blocked') ?? []
  const make = (
    <LinkButton to="/playbooks/new" leftSection={<Icon name="plus" size={14} />} data-testid="new-macro">
      Write a macro
    </LinkButton>
  )
  return (
    <>
      <PageHead
        title="Playbooks"
        tab="Playbooks"
        lead="Procedures that recover what broke: who may start them, what they rely on, and how they went."
      >
        <Choice
          label="State"
          all="Every state"
          value={state}
          options={macroStates}
          onChange={(chosen) => {
            const known = macroStates.find((one) => one === chosen)
            void navigate({ to: '/playbooks', search: known === undefined ? {} : { state: known }, replace: true })
          }}
        />
        {make}
      </PageHead>
      <PlaybookTabs />
      {macros.error !== null ? (
        <ProblemPanel error={macros.error} onRetry={() => void macros.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <div className={classes['parts']}>
          {blocked.map((macro) => (
            <Panel
              key={macro.name}
              title={
                <Link to="/playbooks/$macro" params={{ macro: macro.name }}>
                  {macro.name} is blocked
                </Link>
              }
              testId="blocked-macro"
            >
              <BlockList blocks={macro.blocks} />
            </Panel>
          ))}
          <Panel flush>
            {rows.length === 0 ? (
              <Empty title={state === undefined ? 'There is no macro yet' : `No macro is ${state}`} actions={make}>
                A macro is a list of steps that recovers something: calls, messages, waits, a question to a person. It
                is started by hand, by a fallback, or by another macro.
              </Empty>
            ) : (
              <DataTable
                label="Macros"
                testId="macro-table"
                columns={columns}
                rows={rows}
                rowId={({ macroId }) => macroId}
                onOpen={({ name }) => void navigate({ to: '/playbooks/$macro', params: { macro: name } })}
                rowHeight={42}
              />
            )}
          </Panel>
        </div>
      )}
    </>
  )
}

const columns: readonly DataColumn<Macro>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <MacroMark state={row.original.state} filled />,
    meta: { width: '7.5rem' },
  },
  {
    id: 'name',
    header: 'Macro',
    cell: ({ row: { original } }) => (
      <Link to="/playbooks/$macro" params={{ macro: original.name }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'description',
    header: 'What it does',
    cell: ({ row: { original } }) => <span title={original.description}>{original.description}</span>,
    meta: { width: '26%', priority: 3 },
  },
  {
    id: 'environments',
    header: 'Runs in',
    cell: ({ row: { original } }) => original.environments.join(', '),
    meta: { width: '11rem', priority: 4 },
  },
  {
    id: 'impact',
    header: 'Impact',
    cell: ({ row: { original } }) => original.impact,
    meta: { width: '7rem', priority: 4 },
  },
  {
    id: 'executions',
    header: 'Ended, 24 h',
    cell: ({ row: { original } }) => <Count count={original.figures.executions} />,
    meta: { width: '6.5rem', align: 'right', priority: 2 },
  },
  {
    id: 'success',
    header: 'Succeeded',
    cell: ({ row: { original } }) => <SuccessShare rate={original.figures.successRate} />,
    meta: { width: '6.5rem', align: 'right' },
  },
  {
    id: 'latency',
    header: 'p95',
    cell: ({ row: { original } }) => (
      <Duration ms={original.figures.latencyP95Ms} why="None succeeded in the last day." />
    ),
    meta: { width: '6rem', align: 'right', priority: 3 },
  },
  {
    id: 'changed',
    header: 'Changed',
    cell: ({ row }) => <Ago at={row.original.changedAt} />,
    meta: { width: '7rem', priority: 5 },
  },
]
