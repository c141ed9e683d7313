import { Button, Select, Textarea } from '@mantine/core'
import type { JsonValue, Macro, MacroDryRun } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { playbookApi } from '../../api/playbooks.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { BlockList } from './blocks.tsx'
import { readJson } from './json-text.ts'
import classes from './playbooks.module.css'

/** Runs a macro by hand, or shows what a run would do. */
export function RunPanel({ macro, mayRun }: { readonly macro: Macro; readonly mayRun: boolean }) {
  const navigate = useNavigate()
  const [text, setText] = useState(() => JSON.stringify(exampleOf(macro.definition.inputs), null, 2))
  const [environment, setEnvironment] = useState(macro.environments[0] ?? 'production')
  const inputs = readJson(text)
  const dry = useMutation({
    mutationFn: (value: JsonValue) => playbookApi.dryRun(macro.name, { inputs: value }),
  })
  return (
    <Panel title="Run it" note="By hand, with these inputs" testId="run-macro">
      <div className={classes['parts']}>
        <Textarea
          label="Inputs"
          className={classes['source'] ?? ''}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value)
            dry.reset()
          }}
          rows={8}
          error={inputs.ok ? null : inputs.fault}
        />
        <div className={classes['buttons']}>
          <Button
            variant="default"
            loading={dry.isPending}
            disabled={!inputs.ok}
            onClick={() => (inputs.ok ? dry.mutate(inputs.value) : undefined)}
            data-testid="dry-run"
          >
            Show what it would do
          </Button>
        </div>
        {dry.error === null ? null : <ProblemPanel error={dry.error} compact />}
        {dry.data === undefined ? null : <Planned plan={dry.data} />}
        {!mayRun ? (
          <p className="soft">Your role does not run macros.</p>
        ) : macro.state === 'disabled' ? (
          <p className="soft">It is not enabled, so it is not started. Enable it under “Change”.</p>
        ) : (
          <>
            <Select
              label="Environment"
              data={[...macro.environments]}
              value={environment}
              onChange={(chosen) => setEnvironment(chosen ?? environment)}
              allowDeselect={false}
            />
            <GovernedSave
              about="playbooks"
              label="Run it"
              reasonHint={`Impact ${macro.impact}: the governance rules say whether somebody has to approve it.`}
              isChanged={inputs.ok}
              save={async ({ reason, approvalId }) => {
                if (!inputs.ok) return
                const order = { inputs: inputs.value, environment, reason }
                const started = await playbookApi.run(macro.name, {
                  ...order,
                  ...(approvalId === undefined ? {} : { approvalId }),
                })
                await navigate({ to: '/playbooks/executions/$id', params: { id: started.macroExecutionId } })
              }}
            />
          </>
        )}
      </div>
    </Panel>
  )
}

function Planned({ plan }: { readonly plan: MacroDryRun }) {
  return (
    <div className={classes['parts']} data-testid="planned">
      {plan.problems.length === 0 ? null : (
        <ul className={classes['problems']}>
          {plan.problems.map(({ path, because }) => (
            <li key={`${path} ${because.text}`}>
              <code>{path}</code> {because.text}
            </li>
          ))}
        </ul>
      )}
      {plan.blocks.length === 0 ? null : <BlockList blocks={plan.blocks} />}
      <ol className={classes['steps']}>
        {plan.steps.map((step) => (
          <li key={step.name} className={classes['step']}>
            <div className={classes['step-head']}>
              <h3>{step.name}</h3> <code>{step.kind}</code>
            </div>
            <JsonView value={step.arguments} what="the arguments" />
            <p className="soft">
              Key <code className={classes['key']}>{step.idempotencyKey}</code>
              {step.compensation === null ? '' : ` · undone by ${step.compensation.kind}`}
            </p>
          </li>
        ))}
      </ol>
      <p className="soft">Nothing was done.</p>
    </div>
  )
}

/** What to begin with: every declared input with an empty value of its type. */
function exampleOf(schema: Macro['definition']['inputs']): JsonValue {
  if (typeof schema === 'boolean') return {}
  const { properties } = schema
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return {}
  return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, emptyOf(one)]))
}

const empties: Readonly<Record<string, JsonValue>> = { integer: 0, number: 0, boolean: false, array: [], object: {} }

function emptyOf(schema: JsonValue): JsonValue {
  const type = typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? schema['type'] : null
  return typeof type === 'string' && Object.hasOwn(empties, type) ? (empties[type] ?? '') : ''
}
