import { Button, Modal, MultiSelect, Select } from '@mantine/core'
import { type AgentMaskingState, type MaskingOverride, personalClasses } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { classWords } from './draft.ts'
import classes from './masking.module.css'

/** Agents that have it otherwise than the organization. */
export function AgentsPanel({ agents }: { readonly agents: readonly AgentMaskingState[] }) {
  const [edited, setEdited] = useState<AgentMaskingState | null>(null)
  const [adding, setAdding] = useState(false)
  const close = () => {
    setEdited(null)
    setAdding(false)
  }
  return (
    <Panel
      title="Agents that have it otherwise"
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => setAdding(true)}
          data-testid="add-agent-masking"
        >
          Add an agent
        </Button>
      }
      testId="masking-agents"
    >
      {agents.length === 0 ? (
        <p className="soft">None: every agent is masked as the organization says.</p>
      ) : (
        <ul className={classes['agents']}>
          {agents.map((state) => (
            <li key={state.agent}>
              <span>
                <strong>{state.agent}</strong> <span className="soft">{wordsOf(state.override)}</span>
              </span>
              <Button variant="subtle" size="compact-xs" onClick={() => setEdited(state)}>
                Change
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Modal
        opened={adding || edited !== null}
        onClose={close}
        title={edited === null ? 'An agent that has it otherwise' : edited.agent}
        closeButtonProps={{ 'aria-label': 'Close' }}
        size="lg"
      >
        <AgentForm state={edited} taken={agents.map(({ agent }) => agent)} onSaved={close} />
      </Modal>
    </Panel>
  )
}

function wordsOf({ storeInputs, storeOutputs, mode, classes: chosen, rules, allow }: MaskingOverride): string {
  const words = [
    storeInputs === undefined ? null : storeInputs ? 'inputs stored' : 'inputs thrown away',
    storeOutputs === undefined ? null : storeOutputs ? 'outputs stored' : 'outputs thrown away',
    mode === undefined ? null : mode === 'token' ? 'tokens' : 'labels',
    chosen === undefined ? null : `${chosen.length} of ${personalClasses.length} classes`,
    rules === undefined ? null : 'rules of its own',
    allow === undefined ? null : 'exceptions of its own',
  ]
  return words.filter((word) => word !== null).join(' · ')
}

const asOrganization = { value: '', label: 'As the organization' }

function AgentForm({
  state,
  taken,
  onSaved,
}: {
  readonly state: AgentMaskingState | null
  readonly taken: readonly string[]
  readonly onSaved: () => void
}) {
  const known = useQuery({ ...queries.agents({}), enabled: state === null })
  const [agent, setAgent] = useState(state?.agent ?? null)
  const [override, setOverride] = useState<MaskingOverride>(state?.override ?? {})
  const set = <Key extends keyof MaskingOverride>(key: Key, value: MaskingOverride[Key] | null) => {
    const { [key]: _, ...others } = override
    setOverride(value === null || value === undefined ? others : { ...others, [key]: value })
  }
  const isChanged = JSON.stringify(override) !== JSON.stringify(state?.override ?? {})
  return (
    <div className={classes['form']}>
      {known.error === null ? null : <ProblemPanel error={known.error} compact />}
      {state === null ? (
        <Select
          label="Agent"
          placeholder="Choose an agent"
          searchable
          data={(known.data?.items ?? []).map(({ name }) => name).filter((name) => !taken.includes(name))}
          value={agent}
          onChange={setAgent}
          nothingFoundMessage="No other agent has reported yet"
        />
      ) : null}
      <Stored label="Inputs" value={override.storeInputs} onChange={(value) => set('storeInputs', value)} />
      <Stored label="Outputs" value={override.storeOutputs} onChange={(value) => set('storeOutputs', value)} />
      <Select
        label="What stands in place of a value"
        data={[asOrganization, { value: 'mask', label: 'A label' }, { value: 'token', label: 'A token' }]}
        value={override.mode ?? ''}
        onChange={(value) => set('mode', value === 'mask' || value === 'token' ? value : null)}
      />
      <MultiSelect
        label="Personal data"
        description="None chosen: as the organization."
        data={personalClasses.map((kind) => ({ value: kind, label: classWords[kind].label }))}
        value={[...(override.classes ?? [])]}
        onChange={(chosen) =>
          set('classes', chosen.length === 0 ? null : personalClasses.filter((kind) => chosen.includes(kind)))
        }
      />
      <GovernedSave
        about="masking"
        isChanged={agent !== null && isChanged}
        save={(particulars) =>
          api.changeAgentMasking(agent ?? '', { override, expectedVersion: state?.version, ...particulars })
        }
        onSaved={onSaved}
      />
    </div>
  )
}

function Stored({
  label,
  value,
  onChange,
}: {
  readonly label: string
  readonly value: boolean | undefined
  readonly onChange: (value: boolean | null) => void
}) {
  return (
    <Select
      label={label}
      data={[asOrganization, { value: 'yes', label: 'Store them' }, { value: 'no', label: 'Throw them away' }]}
      value={value === undefined ? '' : value ? 'yes' : 'no'}
      onChange={(chosen) => onChange(chosen === 'yes' ? true : chosen === 'no' ? false : null)}
    />
  )
}
