import { ExecutionStatus } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { AttributeChips } from './attribute-chips.tsx'
import classes from './executions-page.module.css'
import type { ExecutionsSearch } from './search.ts'
import { SearchBox } from './search-box.tsx'
import { TimeInput } from './time-input.tsx'

type Change = (values: { [Key in keyof ExecutionsSearch]?: ExecutionsSearch[Key] | undefined }) => void

/** The filters of the list; each is a part of the address. */
export function ExecutionFilters({
  search,
  onChange,
}: {
  readonly search: ExecutionsSearch
  readonly onChange: Change
}) {
  const agents = useQuery(queries.agents({}))
  const environments = useQuery(queries.environments())
  return (
    <div role="search" className={classes['filters']} data-testid="execution-filters">
      <SearchBox value={search.q} onCommit={(q) => onChange({ q })} />
      <Choice
        label="Agent"
        all="All agents"
        value={search.agentId}
        options={agents.data?.items.map(({ agentId, name }) => ({ value: agentId, label: name })) ?? []}
        onChange={(agentId) => onChange({ agentId, release: undefined })}
        width={180}
      />
      {search.agentId === undefined ? null : (
        <ReleaseChoice agentId={search.agentId} search={search} onChange={onChange} />
      )}
      <Choice
        label="Environment"
        all="All environments"
        value={search.environment}
        options={environments.data?.items.map(({ name }) => name) ?? []}
        onChange={(environment) => onChange({ environment })}
      />
      <Choice
        label="Status"
        all="All statuses"
        value={search.status}
        options={ExecutionStatus.options}
        onChange={(status) => onChange({ status: ExecutionStatus.options.find((known) => known === status) })}
        width={130}
      />
      <Choice
        label="Flags"
        all="Flagged or not"
        value={search.flagged}
        options={[{ value: 'true', label: 'Flagged only' }]}
        onChange={(flagged) => onChange({ flagged: flagged === 'true' ? 'true' : undefined })}
        width={130}
      />
      <Choice
        label="Synthetic runs"
        all="Synthetic or not"
        value={search.synthetic}
        options={[
          { value: 'exclude', label: 'Without synthetic' },
          { value: 'only', label: 'Synthetic only' },
        ]}
        onChange={(synthetic) =>
          onChange({ synthetic: synthetic === 'exclude' || synthetic === 'only' ? synthetic : undefined })
        }
        width={150}
      />
      <CommitInput label="Unit" value={search.unit} onCommit={(text) => onChange({ unit: text })} />
      <CommitInput label="End reason" value={search.endReason} onCommit={(text) => onChange({ endReason: text })} />
      <TimeInput label="From" value={search.from} onCommit={(from) => onChange({ from })} />
      <TimeInput label="To" value={search.to} onCommit={(to) => onChange({ to })} />
      <Choice
        label="Order"
        all="Newest first"
        value={search.order}
        options={[{ value: 'oldest', label: 'Oldest first' }]}
        onChange={(order) => onChange({ order: order === 'oldest' ? 'oldest' : undefined })}
        width={125}
      />
      <AttributeChips
        search={search}
        onChange={onChange}
        onConversation={() => onChange({ conversationId: undefined })}
      />
    </div>
  )
}

function ReleaseChoice({
  agentId,
  search,
  onChange,
}: {
  readonly agentId: string
  readonly search: ExecutionsSearch
  readonly onChange: Change
}) {
  const releases = useQuery(queries.releases(agentId))
  return (
    <Choice
      label="Release"
      all="All releases"
      value={search.release}
      options={releases.data?.items.map(({ name }) => name) ?? []}
      onChange={(release) => onChange({ release })}
    />
  )
}
