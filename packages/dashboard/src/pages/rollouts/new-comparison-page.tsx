import { Button, SegmentedControl, Select } from '@mantine/core'
import { ComparisonPolicy } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { PageHead, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './rollouts.module.css'
import type { NewComparisonSearch } from './search.ts'

type Change = (values: { [Key in keyof NewComparisonSearch]?: NewComparisonSearch[Key] | undefined }) => void

/** The form of a comparison. What is chosen stands in the address; “decide” records the decision. */
export function NewComparisonPage() {
  const search = useSearch({ from: '/inside/comparisons/new' })
  const navigate = useNavigate()
  const client = useQueryClient()
  const change: Change = (values) =>
    void navigate({ to: '/comparisons/new', search: defined({ ...search, ...values }), replace: true })
  const decide = useMutation({
    mutationFn: ({ agentId, control, candidate, policy, pairing, environment }: NewComparisonSearch & Filled) =>
      api.compare(agentId, {
        controlRelease: control,
        candidateRelease: candidate,
        policy: policy ?? 'guarded',
        ...defined({ pairing, environment }),
      }),
    onSuccess: async (comparison) => {
      client.setQueryData(queries.comparison(comparison.comparisonId).queryKey, comparison)
      void client.invalidateQueries({ queryKey: ['comparisons'] })
      await navigate({ to: '/comparisons/$comparisonId', params: { comparisonId: comparison.comparisonId } })
    },
  })
  const filled = filledOf(search)
  return (
    <>
      <PageHead
        title="Compare two releases"
        tab="New comparison"
        lead="Decided on the executions that both have. The decision is recorded and can be proven."
      />
      <Panel>
        <form
          className={classes['form']}
          data-testid="comparison-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (filled !== null) decide.mutate({ ...search, ...filled })
          }}
        >
          <Releases search={search} onChange={change} />
          <button
            type="button"
            className={classes['swap']}
            onClick={() => change({ control: search.candidate, candidate: search.control })}
          >
            Swap control and candidate
          </button>
          <PolicyChoice search={search} onChange={change} />
          {decide.error === null ? null : <ProblemPanel error={decide.error} compact />}
          <div className={classes['buttons']}>
            {search.control !== undefined && search.control === search.candidate ? (
              <span className="soft">Choose two different releases.</span>
            ) : null}
            <Button type="submit" size="sm" loading={decide.isPending} disabled={filled === null} data-testid="decide">
              Decide
            </Button>
          </div>
        </form>
      </Panel>
    </>
  )
}

interface Filled {
  readonly agentId: string
  readonly control: string
  readonly candidate: string
}

function filledOf({ agentId, control, candidate }: NewComparisonSearch): Filled | null {
  if (agentId === undefined || control === undefined || candidate === undefined || control === candidate) return null
  return { agentId, control, candidate }
}

function Releases({ search, onChange }: { readonly search: NewComparisonSearch; readonly onChange: Change }) {
  const { agentId } = search
  const agents = useQuery(queries.agents({}))
  const environments = useQuery(queries.environments())
  const releases = useQuery({ ...queries.releases(agentId ?? ''), enabled: agentId !== undefined })
  const options = releases.data?.items.map(({ name, executionCount }) => ({
    value: name,
    label: `${name} (${plural(executionCount, 'execution')})`,
  }))
  const pick = (label: string, description: string, key: 'control' | 'candidate') => (
    <Select
      label={label}
      description={description}
      placeholder={agentId === undefined ? 'Choose an agent first' : 'Choose a release'}
      data={options ?? []}
      value={search[key] ?? null}
      onChange={(value) => onChange({ [key]: value ?? undefined })}
      disabled={agentId === undefined}
      searchable
      size="sm"
      nothingFoundMessage="No release was named yet"
      data-testid={`choose-${key}`}
    />
  )
  return (
    <>
      {releases.error === null ? null : (
        <ProblemPanel error={releases.error} compact onRetry={() => void releases.refetch()} />
      )}
      <div className={classes['fields']}>
        <Select
          label="Agent"
          description="Whose releases are compared"
          placeholder="Choose an agent"
          data={agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []}
          value={agentId ?? null}
          onChange={(value) => onChange({ agentId: value ?? undefined, control: undefined, candidate: undefined })}
          searchable
          size="sm"
          data-testid="choose-agent"
        />
        <Select
          label="Environment"
          description="Whose executions count"
          data={[
            { value: '', label: 'All environments' },
            ...(environments.data?.items.map(({ name }) => ({ value: name, label: name })) ?? []),
          ]}
          value={search.environment ?? ''}
          onChange={(value) => onChange({ environment: value === null || value === '' ? undefined : value })}
          size="sm"
        />
        {pick('Control', 'What runs now', 'control')}
        {pick('Candidate', 'What may replace it', 'candidate')}
      </div>
    </>
  )
}

const policyWords: Readonly<Record<ComparisonPolicy, string>> = {
  guarded:
    'Promote only if the candidate succeeds more often and is proven not to be slower by 10% or more. Harm rejects; doubt holds.',
  'success-only': 'Promote if the candidate succeeds more often, whatever it costs in time.',
}

function PolicyChoice({ search, onChange }: { readonly search: NewComparisonSearch; readonly onChange: Change }) {
  const policy = search.policy ?? 'guarded'
  return (
    <div className={classes['fields']}>
      <div>
        <p className={classes['label']}>Policy</p>
        <SegmentedControl
          aria-label="Policy"
          value={policy}
          onChange={(value) =>
            onChange({ policy: ComparisonPolicy.options.find((known) => known === value && known !== 'guarded') })
          }
          data={[
            { value: 'guarded', label: 'Guarded' },
            { value: 'success-only', label: 'Success only' },
          ]}
        />
        <p className={classes['words']}>{policyWords[policy]}</p>
      </div>
      <div>
        <p className={classes['label']}>Pairing</p>
        <SegmentedControl
          aria-label="Pairing"
          value={search.pairing ?? 'auto'}
          onChange={(value) => onChange({ pairing: value === 'unit' || value === 'none' ? value : undefined })}
          data={[
            { value: 'auto', label: 'If both name units' },
            { value: 'unit', label: 'By unit' },
            { value: 'none', label: 'None' },
          ]}
        />
        <p className={classes['words']}>The same task tried by both releases tells more than two unrelated ones.</p>
      </div>
    </div>
  )
}
