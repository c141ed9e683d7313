import { Button, JsonInput, Modal, NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { type AlertCondition, type AlertRule, AlertRuleDefinition, AlertSeverity } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import { alertApi } from '../../api/alerts.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { conditionTemplates, newRule } from './rule-templates.ts'
import { RuleTrial } from './rule-trial.tsx'

type Draft = z.input<typeof AlertRuleDefinition>
const kinds = Object.entries(conditionTemplates).map(([value, { label }]) => ({ value, label }))

/** The dialog that makes or changes a rule; it can be tried against the last day before it is saved. */
export function RuleEditor({
  rule,
  kind = 'figure',
  onClose,
}: {
  readonly rule: AlertRule | 'new'
  /** What a new rule begins with. */
  readonly kind?: AlertCondition['kind'] | undefined
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const before: Draft = rule === 'new' ? { ...newRule, condition: conditionTemplates[kind].condition } : rule.definition
  const [draft, setDraft] = useState<Draft>(before)
  const [condition, setCondition] = useState(() => JSON.stringify(before.condition, null, 2))
  const checked = definitionOf(draft, condition)
  const tried = useMutation({ mutationFn: (definition: Draft) => alertApi.tryRule(definition) })
  const save = useMutation({
    mutationFn: (definition: Draft) =>
      rule === 'new'
        ? alertApi.createRule(definition)
        : alertApi.changeRule(rule.ruleId, { definition, expectedVersion: rule.version }),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
  const chooseKind = (kind: string | null) => {
    const template = conditionTemplates[(kind ?? 'figure') as AlertCondition['kind']]
    setCondition(JSON.stringify(template.condition, null, 2))
  }
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }))
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={rule === 'new' ? 'New rule' : `Change “${rule.definition.name}”`}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          if (checked.definition !== null) save.mutate(checked.definition)
        }}
      >
        <TextInput
          label="Name"
          description="The label alertname of its alerts."
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          required
          maxLength={100}
          data-autofocus
        />
        <div className={classes['pair']}>
          <Select
            label="Severity"
            data={[...AlertSeverity.options]}
            value={draft.severity ?? 'warning'}
            allowDeselect={false}
            onChange={(severity) => change({ severity: AlertSeverity.parse(severity) })}
          />
          <NumberInput
            label="Must hold for (minutes)"
            min={0}
            max={10_080}
            value={draft.forMinutes ?? 0}
            onChange={(value) => change({ forMinutes: Number(value) })}
          />
          <Select
            label="What it looks at"
            data={kinds}
            value={kindOf(condition)}
            allowDeselect={false}
            onChange={chooseKind}
            data-testid="condition-kind"
          />
        </div>
        <JsonInput
          className={classes['mono'] ?? ''}
          label="Condition"
          description="In the form that the API takes; the choice above fills in a beginning."
          value={condition}
          onChange={setCondition}
          error={checked.fault}
          formatOnBlur
          rows={10}
        />
        <TagsInput
          label="Agents"
          description="By name; none means all."
          value={[...(draft.scope?.agents ?? [])]}
          onChange={(agents) => change({ scope: { ...draft.scope, agents } })}
        />
        <Textarea
          label="Summary"
          description="What a message says; may name {{agent}}, {{value}}, {{limit}} and {{because}}."
          value={draft.annotations?.['summary'] ?? ''}
          onChange={(event) => change({ annotations: summaryOf(draft, event.currentTarget.value) })}
          rows={2}
        />
        <Switch
          label="Switched on"
          checked={draft.enabled ?? true}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        {tried.data === undefined ? null : <RuleTrial trial={tried.data} />}
        {tried.error === null ? null : <ProblemPanel error={tried.error} compact />}
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        <div className={classes['buttons']}>
          <Button
            variant="default"
            disabled={checked.definition === null}
            loading={tried.isPending}
            onClick={() => checked.definition !== null && tried.mutate(checked.definition)}
            data-testid="try-rule"
          >
            Try it on the last 24 hours
          </Button>
          <Button type="submit" disabled={checked.definition === null} loading={save.isPending} data-testid="save-rule">
            Save
          </Button>
        </div>
      </form>
    </Modal>
  )
}

function summaryOf(draft: Draft, text: string): Record<string, string> {
  const { summary: _, ...others } = draft.annotations ?? {}
  return text === '' ? others : { ...others, summary: text }
}

function kindOf(condition: string): string | null {
  const kind = /"kind":\s*"(\w+)"/.exec(condition)?.[1]
  return kind !== undefined && kind in conditionTemplates ? kind : null
}

/** The whole rule, when it fits the contract; else what is wrong with its condition. */
function definitionOf(
  draft: Draft,
  text: string,
): { readonly definition: Draft | null; readonly fault: string | null } {
  let condition: unknown
  try {
    condition = JSON.parse(text)
  } catch {
    return { definition: null, fault: 'This is no JSON.' }
  }
  const parsed = AlertRuleDefinition.safeParse({ ...draft, name: draft.name.trim(), condition })
  if (parsed.success) return { definition: parsed.data, fault: null }
  const issue = parsed.error.issues.find(({ path }) => path[0] === 'condition')
  return { definition: null, fault: issue === undefined ? null : `${issue.path.slice(1).join('.')}: ${issue.message}` }
}
