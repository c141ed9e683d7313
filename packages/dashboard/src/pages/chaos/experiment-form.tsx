import { Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import type { ChaosExperiment } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { chaosApi } from '../../api/chaos.ts'
import { macroChoices } from '../../api/fallbacks.ts'
import { queries } from '../../api/queries.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { PageHead, Panel } from '../../ui/page.tsx'
import classes from './chaos.module.css'
import { type Draft, draftOf, emptyDraft, faultsOf, injectionsOf, orderOf, targets } from './draft.ts'
import { InjectionField } from './injection-field.tsx'
import { LinesField } from './lines-field.tsx'

/** The form of an experiment, new or changed. */
export function ExperimentForm({ experiment }: { readonly experiment: ChaosExperiment | null }) {
  const navigate = useNavigate()
  const [draft, setDraft] = useState<Draft>(() => (experiment === null ? emptyDraft : draftOf(experiment)))
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const faults = faultsOf(draft)
  const part = { draft, onChange: change }
  return (
    <>
      <PageHead
        title={experiment === null ? 'Plan an experiment' : `Change ${experiment.name}`}
        tab={experiment === null ? 'New experiment' : experiment.name}
        lead="What is simulated, what must hold, and when to stop. Saving starts nothing, unless a schedule does."
      />
      <Panel>
        <div className={classes['form']} data-testid="experiment-form">
          <Claim {...part} />
          <InjectionField {...part} />
          <LinesField
            legend="Must hold before, during and after"
            lines={draft.steadyState}
            onChange={(steadyState) => change({ steadyState })}
          />
          <LinesField
            legend="Stop at once unless"
            lines={draft.abortWhen}
            onChange={(abortWhen) => change({ abortWhen })}
          />
          <Expected {...part} />
          <When {...part} />
          <GovernedSave
            isChanged={faults.length === 0}
            about="chaos"
            label={experiment === null ? 'Plan it' : 'Save as a new version'}
            save={async (particulars) => {
              const order = { ...orderOf(draft), ...particulars }
              const saved =
                experiment === null
                  ? await chaosApi.create(order)
                  : await chaosApi.change(experiment.experimentId, { ...order, version: experiment.version })
              await navigate({ to: '/chaos/$experimentId', params: { experimentId: saved.experimentId } })
            }}
          />
          {faults.length === 0 ? null : <p className="soft">Still missing: {faults.join(' ')}</p>}
        </div>
      </Panel>
    </>
  )
}

export interface Part {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
}

function Claim({ draft, onChange }: Part) {
  const environments = useQuery(queries.environments())
  const named = environments.data?.items.map(({ name }) => name) ?? []
  return (
    <>
      <Textarea
        label="Hypothesis"
        placeholder="When the agent fails, its spare takes over within ten seconds and no service level suffers."
        value={draft.hypothesis}
        onChange={(event) => onChange({ hypothesis: event.currentTarget.value })}
        maxLength={2000}
        rows={2}
        required
      />
      <div className={classes['fields']}>
        <TextInput
          label="Name"
          value={draft.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
          maxLength={200}
          required
        />
        <Select
          label="Environment"
          data={[...new Set(['production', ...named, draft.environment])]}
          value={draft.environment}
          onChange={(environment) => onChange({ environment: environment ?? 'production' })}
          allowDeselect={false}
          searchable
        />
        <Target draft={draft} onChange={onChange} />
      </div>
    </>
  )
}

function Target({ draft, onChange }: Part) {
  const agents = useQuery(queries.agents({}))
  const macros = useQuery(macroChoices())
  return (
    <>
      <Select
        label="Target"
        data={targets}
        value={draft.target}
        onChange={(chosen) => {
          const target = targets.find(({ value }) => value === chosen)?.value ?? draft.target
          const [first = draft.injection] = injectionsOf(target)
          onChange({ target, injection: injectionsOf(target).includes(draft.injection) ? draft.injection : first })
        }}
        allowDeselect={false}
      />
      {draft.target === 'agent' ? (
        <Select
          label="Agent"
          data={agents.data?.items.map(({ agentId, name }) => ({ value: agentId, label: name })) ?? []}
          value={draft.agentId === '' ? null : draft.agentId}
          onChange={(agentId) => onChange({ agentId: agentId ?? '' })}
          searchable
          required
        />
      ) : draft.target === 'macro' ? (
        <Select
          label="Macro"
          data={macros.data ?? []}
          value={draft.macro === '' ? null : draft.macro}
          onChange={(macro) => onChange({ macro: macro ?? '' })}
          searchable
          required
        />
      ) : (
        <TextInput
          label="Metric"
          value={draft.metric}
          onChange={(event) => onChange({ metric: event.currentTarget.value })}
          required
        />
      )}
    </>
  )
}

function Expected({ draft, onChange }: Part) {
  const macros = useQuery(macroChoices())
  if (draft.target === 'metric' || draft.injection === 'receiver-fault') return null
  return (
    <fieldset className={classes['group']}>
      <legend>Expected fallback</legend>
      <div className={classes['fields']}>
        <TextInput
          label="Within (seconds)"
          description="Empty: none is expected."
          type="number"
          min={0}
          step="any"
          value={draft.fallbackSeconds}
          onChange={(event) => onChange({ fallbackSeconds: event.currentTarget.value })}
        />
        <Select
          label="Macro"
          description="Which one must be invoked."
          data={[{ value: '', label: 'Any' }, ...(macros.data ?? [])]}
          value={draft.fallbackMacro}
          onChange={(macro) => onChange({ fallbackMacro: macro ?? '' })}
          searchable
        />
      </div>
      <Checkbox
        label="Fallbacks act for real"
        description="Else their steps that touch something outside tell what they would do. A run that acts needs an approval everywhere."
        checked={draft.live}
        onChange={(event) => onChange({ live: event.currentTarget.checked })}
      />
    </fieldset>
  )
}

function When({ draft, onChange }: Part) {
  return (
    <fieldset className={classes['group']}>
      <legend>When</legend>
      <div className={classes['fields']}>
        <TextInput
          label="Schedule"
          description="Cron expression of five fields; empty: by hand alone."
          placeholder="0 3 * * 2"
          value={draft.schedule}
          onChange={(event) => onChange({ schedule: event.currentTarget.value })}
        />
        <TextInput
          label="Time zone"
          description="Of the schedule."
          value={draft.timeZone}
          onChange={(event) => onChange({ timeZone: event.currentTarget.value })}
        />
      </div>
      <Checkbox
        label="Enabled"
        description="Switched off it cannot be run."
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
    </fieldset>
  )
}
