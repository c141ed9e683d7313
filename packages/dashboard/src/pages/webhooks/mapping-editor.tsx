import { Button, SegmentedControl, Textarea } from '@mantine/core'
import type { WebhookMapping, WebhookSource, WebhookTrialResult } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { plural } from '../../format/number.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { draftOf, inLanguage, type MappingDraft, mappingOf, readJson } from './mapping-draft.ts'
import classes from './webhooks.module.css'

const firstSample = `{
  "runs": [
    { "id": "r1", "agent": "writer", "ok": true, "started_at": "2026-01-04T09:00:00Z", "ended_at": "2026-01-04T09:00:05Z" }
  ]
}`

/** The mapping of a source, beside a sample on which it is tried. n8n and LangGraph need none. */
export function MappingEditor({ source, mayWrite }: { readonly source: WebhookSource; readonly mayWrite: boolean }) {
  const isKnown = source.kind !== 'signed'
  const [own, setOwn] = useState(!isKnown || source.mapping !== null)
  const [draft, setDraft] = useState<MappingDraft>(draftOf(source.mapping))
  const read = own ? mappingOf(draft) : { value: null, fault: null }
  const note = own
    ? 'Turns a payload into executions, actions and outcomes. Try it before you save it.'
    : 'This kind of source is understood without one.'
  return (
    <Panel title="Mapping" note={note} testId="webhook-mapping">
      <div className={classes['columns']}>
        <div className={classes['form']}>
          {own ? (
            <Draft draft={draft} source={source} fault={read.fault} onChange={setDraft} />
          ) : (
            <div>
              <Button variant="default" size="xs" onClick={() => setOwn(true)}>
                Write a mapping of its own
              </Button>
            </div>
          )}
          {own && mayWrite ? (
            <Save source={source} mapping={read.value} onRemoved={isKnown ? () => setOwn(false) : null} />
          ) : null}
        </div>
        <Trial source={source} mapping={own ? read.value : null} canTry={read.fault === null} />
      </div>
    </Panel>
  )
}

function Draft({
  draft,
  source,
  fault,
  onChange,
}: {
  readonly draft: MappingDraft
  readonly source: WebhookSource
  readonly fault: string | null
  readonly onChange: (draft: MappingDraft) => void
}) {
  return (
    <>
      <SegmentedControl
        aria-label="Language of the mapping"
        value={draft.language}
        onChange={(language) => onChange(inLanguage(source.mapping, language === 'pointers' ? 'pointers' : 'jsonata'))}
        data={[
          { value: 'jsonata', label: 'JSONata' },
          { value: 'pointers', label: 'JSON pointers' },
        ]}
      />
      <Textarea
        label={draft.language === 'jsonata' ? 'Expression' : 'Template'}
        description="$traceId and $spanId, or traceId and spanId, make ids of the sender’s own."
        classNames={{ input: classes['code'] ?? '' }}
        rows={14}
        resize="vertical"
        spellCheck={false}
        maxLength={20_000}
        value={draft.text}
        error={fault}
        onChange={({ currentTarget }) => onChange({ ...draft, text: currentTarget.value })}
      />
    </>
  )
}

function Save({
  source,
  mapping,
  onRemoved,
}: {
  readonly source: WebhookSource
  readonly mapping: WebhookMapping | null
  readonly onRemoved: (() => void) | null
}) {
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (value: WebhookMapping | null) => api.changeWebhookSource(source.sourceId, { mapping: value }),
    onSuccess: async (_, value) => {
      if (value === null) onRemoved?.()
      await client.invalidateQueries({ queryKey: ['webhook-sources'] })
    },
  })
  const isSaved = JSON.stringify(mapping) === JSON.stringify(source.mapping)
  return (
    <div className={classes['buttons']} aria-live="polite">
      {save.error === null ? null : <ProblemPanel error={save.error} compact />}
      {isSaved ? <span className="soft">This is the mapping that holds.</span> : null}
      {onRemoved === null ? null : (
        <Button
          variant="default"
          onClick={() => (source.mapping === null ? onRemoved() : save.mutate(null))}
          loading={save.isPending}
        >
          Do without
        </Button>
      )}
      <Button
        disabled={mapping === null || isSaved}
        loading={save.isPending}
        onClick={() => save.mutate(mapping)}
        data-testid="save-mapping"
      >
        Save the mapping
      </Button>
    </div>
  )
}

function Trial({
  source,
  mapping,
  canTry,
}: {
  readonly source: WebhookSource
  readonly mapping: WebhookMapping | null
  readonly canTry: boolean
}) {
  const [sample, setSample] = useState(source.kind === 'signed' ? firstSample : '')
  const read = readJson(sample)
  const trial = useMutation({
    mutationFn: () => {
      const { kind, agents, environment } = source
      return api.tryWebhookMapping({ kind, agents, environment, mapping, sample: read.value })
    },
  })
  const ready = canTry && read.fault === null
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && ready) trial.mutate()
  }
  return (
    <form
      className={classes['form']}
      data-testid="webhook-try"
      onSubmit={(event) => {
        event.preventDefault()
        trial.mutate()
      }}
    >
      <Textarea
        label="Sample"
        description="A payload as the sender posts it. Nothing of it is kept."
        classNames={{ input: classes['code'] ?? '' }}
        rows={8}
        resize="vertical"
        spellCheck={false}
        value={sample}
        error={sample.trim() !== '' && read.fault !== null ? read.fault : null}
        onChange={({ currentTarget }) => setSample(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div className={classes['buttons']}>
        <Button type="submit" variant="default" disabled={!ready} loading={trial.isPending} data-testid="try-mapping">
          Try
        </Button>
      </div>
      {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
      <div aria-live="polite" className={classes['form']}>
        {trial.data === undefined ? null : <Result result={trial.data} />}
      </div>
    </form>
  )
}

function Result({ result }: { readonly result: WebhookTrialResult }) {
  const { executions, actions, outcomes, faults } = result
  const rows = { executions, actions, outcomes: outcomes.map((outcome) => JSON.parse(JSON.stringify(outcome))) }
  return (
    <>
      <p data-testid="try-result">
        Would store {plural(executions.length, 'execution')}, {plural(actions.length, 'action')} and{' '}
        {plural(outcomes.length, 'outcome')}
        {faults.length === 0 ? '.' : `, but for ${plural(faults.length, 'fault')}:`}
      </p>
      {faults.length === 0 ? null : (
        <ul className={classes['faults']} data-testid="try-faults">
          {faults.map(({ path, detail }) => (
            <li key={`${path} ${detail}`}>
              {path === '' ? null : <code>{path}</code>} {detail}
            </li>
          ))}
        </ul>
      )}
      {executions.length + actions.length + outcomes.length === 0 ? null : (
        <JsonView value={rows} what="what would be stored" />
      )}
    </>
  )
}
