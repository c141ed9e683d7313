import { Button } from '@mantine/core'
import type { AlertRule } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { SeverityMark } from './faces.tsx'
import { RuleEditor } from './rule-editor.tsx'
import { conditionTemplates } from './rule-templates.ts'
import { AlertTabs } from './tabs.tsx'

const route = getRouteApi('/inside/alerts/rules')

/** What makes an alert: rules, their state, and an editor that tries them first. */
export function RulesPage() {
  const rules = useQuery(alertQueries.rules())
  const me = useQuery(queries.me())
  const { condition } = route.useSearch()
  const [editing, setEditing] = useState<AlertRule | 'new' | null>(condition === undefined ? null : 'new')
  const mayWrite = me.data?.scopes.includes('alerts:write') === true
  const start = (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setEditing('new')} data-testid="new-rule">
      New rule
    </Button>
  )
  return (
    <>
      <PageHead title="Alert rules" tab="Alert rules" lead="Each rule is watched at least every 15 seconds.">
        {mayWrite ? start : undefined}
      </PageHead>
      <AlertTabs />
      {rules.error !== null ? (
        <ProblemPanel error={rules.error} onRetry={() => void rules.refetch()} />
      ) : rules.data === undefined ? (
        <Placeholder height={240} />
      ) : rules.data.items.length === 0 ? (
        <Empty title="No rules yet" actions={mayWrite ? start : undefined}>
          A rule says what needs a person: an agent that fails, falls silent or becomes dear. It can be tried on the
          last day before it is saved.
        </Empty>
      ) : (
        <Panel testId="rules">
          <ul className={classes['list']}>
            {rules.data.items.map((rule) => (
              <RuleRow key={rule.ruleId} rule={rule} onEdit={mayWrite ? () => setEditing(rule) : null} />
            ))}
          </ul>
        </Panel>
      )}
      {editing === null ? null : <RuleEditor rule={editing} kind={condition} onClose={() => setEditing(null)} />}
    </>
  )
}

function RuleRow({ rule, onEdit }: { readonly rule: AlertRule; readonly onEdit: (() => void) | null }) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => alertApi.removeRule(rule.ruleId),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  })
  const { name, severity, condition, enabled, forMinutes, description } = rule.definition
  return (
    <li className={classes['row']}>
      <div className={classes['line']}>
        <strong className={classes['grow']}>{name}</strong>
        <SeverityMark severity={severity} />
        {enabled ? (
          <MarkedWord
            tone={rule.firing > 0 ? 'failing' : 'healthy'}
            word={rule.firing > 0 ? `${rule.firing} firing` : 'quiet'}
          />
        ) : (
          <MarkedWord tone="unknown" word="off" />
        )}
        {onEdit === null ? null : (
          <>
            <Button variant="default" size="xs" onClick={onEdit}>
              Change
            </Button>
            <Button variant="subtle" color="red" size="xs" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          </>
        )}
      </div>
      <p className="soft">
        {description === '' ? conditionTemplates[condition.kind].label : description}
        {forMinutes > 0 ? `, for ${forMinutes} min` : ''} · version {rule.version}, <Ago at={rule.changedAt} /> by{' '}
        <Actor name={rule.changedBy} />
      </p>
      {remove.error === null ? null : <ProblemPanel error={remove.error} compact />}
    </li>
  )
}
