import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import type { FallbackPolicy } from '@metaagent/contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { fallbackApi } from '../../api/fallbacks.ts'
import { queries } from '../../api/queries.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { PageHead, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Choosing } from './choosing.tsx'
import { type Draft, draftOf, emptyDraft, faultsOf, orderOf } from './draft.ts'
import classes from './fallbacks.module.css'
import { LinesField } from './lines-field.tsx'
import { MacroSelect, StepsField } from './steps-field.tsx'

/** The form of a policy, new or changed, with what it would choose now before it is saved. */
export function FallbackForm({ policy }: { readonly policy: FallbackPolicy | null }) {
  const navigate = useNavigate()
  const [draft, setDraft] = useState<Draft>(() => (policy === null ? emptyDraft : draftOf(policy)))
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const tryOut = useMutation({ mutationFn: () => fallbackApi.tryOut(orderOf(draft)) })
  const faults = faultsOf(draft)
  const complete = Object.keys(faults).length === 0
  return (
    <>
      <PageHead
        title={policy === null ? 'Add a fallback' : `Change ${policy.name}`}
        tab={policy === null ? 'New fallback' : policy.name}
        lead="What is watched, when it gives way, and which macros take over in which order."
      />
      <Panel>
        <div className={classes['form']} data-testid="fallback-form">
          <Watched draft={draft} onChange={change} faults={faults} />
          <LinesField draft={draft} onChange={change} fault={faults['lines']} />
          <StepsField draft={draft} onChange={change} faults={faults} />
          <About draft={draft} onChange={change} />
          {tryOut.error === null ? null : <ProblemPanel error={tryOut.error} compact />}
          {tryOut.data === undefined ? null : <Choosing dryRun={tryOut.data} />}
          <GovernedSave
            isChanged={complete}
            about="fallbacks"
            label={policy === null ? 'Add it' : 'Save as a new version'}
            extra={
              <Button
                variant="default"
                loading={tryOut.isPending}
                onClick={() => tryOut.mutate()}
                data-testid="try-out"
              >
                What would it choose now?
              </Button>
            }
            save={async (particulars) => {
              const order = { ...orderOf(draft), ...particulars }
              const saved =
                policy === null
                  ? await fallbackApi.create(order)
                  : await fallbackApi.change(policy.policyId, { ...order, version: policy.version })
              await navigate({ to: '/fallbacks/$policyId', params: { policyId: saved.policyId } })
            }}
          />
          {complete ? null : <p className="soft">Still missing: {[...new Set(Object.values(faults))].join(' ')}</p>}
        </div>
      </Panel>
    </>
  )
}

export interface Part {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
}

function Watched({ draft, onChange, faults }: Part & { readonly faults: Readonly<Record<string, string>> }) {
  const agents = useQuery(queries.agents({}))
  const environments = useQuery(queries.environments())
  const named = environments.data?.items.map(({ name }) => name) ?? []
  return (
    <div className={classes['fields']}>
      <TextInput
        label="Name"
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        maxLength={200}
        required
      />
      <Select
        label="Watches"
        data={[
          { value: 'macro', label: 'A macro' },
          { value: 'agent', label: 'An agent' },
        ]}
        value={draft.kind}
        onChange={(kind) => onChange({ kind: kind === 'agent' ? 'agent' : 'macro' })}
        allowDeselect={false}
      />
      {draft.kind === 'macro' ? (
        <MacroSelect
          label="Macro"
          value={draft.macro}
          onChange={(macro) => onChange({ macro })}
          error={faults['primary']}
        />
      ) : (
        <Select
          label="Agent"
          data={agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []}
          value={draft.agentId === '' ? null : draft.agentId}
          onChange={(agentId) => onChange({ agentId: agentId ?? '' })}
          searchable
          required
          data-testid="fallback-agent"
        />
      )}
      <Select
        label="Environment"
        description="Outside production a policy runs by itself."
        data={[...new Set(['production', ...named, draft.environment])]}
        value={draft.environment}
        onChange={(environment) => onChange({ environment: environment ?? 'production' })}
        allowDeselect={false}
        searchable
      />
    </div>
  )
}

function About({ draft, onChange }: Part) {
  return (
    <>
      <div className={classes['fields']}>
        <TextInput
          label="Cooldown (minutes)"
          description="How long a fallback is left to work before the primary is judged again."
          type="number"
          min={0}
          value={draft.cooldownMinutes}
          onChange={(event) => onChange({ cooldownMinutes: event.currentTarget.value })}
        />
      </div>
      <Textarea
        label="Description"
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        maxLength={2000}
        rows={2}
      />
      <Checkbox
        label="Enabled"
        description="Switched off it starts nothing."
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
    </>
  )
}
