import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import type { Sla } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { asApiError } from '../../api/api-error.ts'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { PageHead, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { BurnAlertsField } from './burn-alerts-field.tsx'
import { type Draft, draftOf, emptyDraft, kinds, ofKind, orderOf, windows } from './draft.ts'
import { ExclusionsField } from './exclusions-field.tsx'
import classes from './slas.module.css'

/** The form of a service level, new or changed; what the server refuses stands beside the field it is about. */
export function SlaForm({ sla }: { readonly sla: Sla | null }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const [draft, setDraft] = useState<Draft>(() => (sla === null ? emptyDraft : draftOf(sla)))
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const save = useMutation({
    mutationFn: () => {
      const order = orderOf(draft)
      return sla === null ? api.createSla(order) : api.changeSla(sla.slaId, { version: sla.version, ...order })
    },
    onSuccess: async (saved) => {
      client.setQueryData(queries.sla(saved.slaId).queryKey, saved)
      void client.invalidateQueries({ queryKey: ['slas'] })
      await navigate({ to: '/slas/$slaId', params: { slaId: saved.slaId } })
    },
  })
  const aboutAlerts = save.error !== null && asApiError(save.error).code === 'sla-threshold-unreachable'
  return (
    <>
      <PageHead
        title={sla === null ? 'Promise a service level' : `Change ${sla.name}`}
        tab={sla === null ? 'New SLA' : sla.name}
        lead="It is counted from the past at once, so that you see how it would have stood."
      />
      <Panel>
        <form
          className={classes['form']}
          data-testid="sla-form"
          onSubmit={(event) => {
            event.preventDefault()
            save.mutate()
          }}
        >
          <Promise draft={draft} onChange={change} />
          <Scope draft={draft} onChange={change} />
          <About draft={draft} onChange={change} />
          <BurnAlertsField draft={draft} onChange={change} refused={aboutAlerts ? save.error : null} />
          <ExclusionsField draft={draft} onChange={change} />
          {save.error === null || aboutAlerts ? null : <ProblemPanel error={save.error} compact />}
          <div className={classes['buttons']}>
            <Button
              type="submit"
              size="sm"
              loading={save.isPending}
              disabled={draft.name.trim() === ''}
              data-testid="save-sla"
            >
              {sla === null ? 'Promise it' : 'Save as a new version'}
            </Button>
          </div>
        </form>
      </Panel>
    </>
  )
}

interface Part {
  readonly draft: Draft
  readonly onChange: (values: Partial<Draft>) => void
}

const limitLabels: Readonly<Record<Draft['kind'], string | null>> = {
  success: null,
  latency: 'Within (seconds)',
  cost: 'At most per success ($)',
  quality: 'Metric (empty: every verdict)',
  freshness: 'Within (hours)',
}

function Promise({ draft, onChange }: Part) {
  const limitLabel = limitLabels[draft.kind]
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
        label="What is good"
        data={kinds}
        value={draft.kind}
        onChange={(value) => {
          const kind = kinds.find((known) => known.value === value)?.value
          if (kind !== undefined) onChange(ofKind(kind))
        }}
        allowDeselect={false}
      />
      {limitLabel === null ? null : (
        <TextInput
          label={limitLabel}
          value={draft.limit}
          onChange={(event) => onChange({ limit: event.currentTarget.value })}
          {...(draft.kind === 'quality' ? {} : { type: 'number', step: 'any', min: 0 })}
        />
      )}
      <TextInput
        label="Objective (%)"
        type="number"
        step="any"
        min={0}
        max={100}
        value={draft.objectivePercent}
        onChange={(event) => onChange({ objectivePercent: event.currentTarget.value })}
        required
      />
    </div>
  )
}

/** What people should know of it, and whether it is judged at all. */
function About({ draft, onChange }: Part) {
  return (
    <>
      <Textarea
        label="Description"
        placeholder="To whom it was promised, and where that is written"
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        maxLength={2000}
        rows={2}
      />
      <Checkbox
        label="Enabled"
        description="Switched off it is neither judged nor told; what was counted stays."
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
        data-testid="sla-enabled"
      />
    </>
  )
}

function Scope({ draft, onChange }: Part) {
  const agents = useQuery(queries.agents({}))
  const domains = new Set(agents.data?.items.map(({ domain }) => domain))
  if (draft.domain !== null) domains.add(draft.domain)
  const environments = useQuery(queries.environments())
  return (
    <div className={classes['fields']}>
      <Select
        label="Agent"
        data={[
          { value: '', label: 'All agents' },
          ...(agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []),
        ]}
        value={draft.agentId ?? ''}
        onChange={(value) => onChange({ agentId: value === '' ? null : value })}
        searchable
        data-testid="sla-agent"
      />
      <Select
        label="Domain"
        description={draft.agentId === null ? undefined : 'An agent is named, so its domain does not matter.'}
        data={[{ value: '', label: 'All domains' }, ...[...domains].sort((a, b) => a.localeCompare(b))]}
        value={draft.agentId === null ? (draft.domain ?? '') : ''}
        onChange={(value) => onChange({ domain: value === '' ? null : value })}
        disabled={draft.agentId !== null}
        searchable
        data-testid="sla-domain"
      />
      <Select
        label="Environment"
        data={[
          { value: '', label: 'All environments' },
          ...(environments.data?.items.map(({ name }) => ({ value: name, label: name })) ?? []),
        ]}
        value={draft.environment ?? ''}
        onChange={(value) => onChange({ environment: value === '' ? null : value })}
      />
      <Select
        label="Window"
        data={[...new Set([...windows, draft.window])].map((value) => ({
          value,
          label: value.startsWith('rolling') ? `Last ${value.slice(8)} days` : `Calendar ${value}`,
        }))}
        value={draft.window}
        onChange={(value) => onChange({ window: value ?? 'rolling 30' })}
        allowDeselect={false}
      />
    </div>
  )
}
