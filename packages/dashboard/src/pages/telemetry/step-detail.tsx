import { useDebouncedValue } from '@mantine/hooks'
import type { Action, ActionDetail, ExecutionDetail, JsonValue } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Icon } from '../../ui/icon.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Facts, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Duration, Instant, Money, Unknown } from '../../ui/value.tsx'
import { kindIcons } from './kinds.tsx'
import classes from './trace-page.module.css'

type Detail = z.infer<typeof ExecutionDetail>

/** Everything that is known of the chosen step, or of the whole execution when none is chosen. */
export function StepDetail({ execution, step }: { readonly execution: Detail; readonly step: Action | null }) {
  return (
    <aside
      id="step-detail"
      className={classes['detail']}
      aria-label="Details"
      // Enter at a step of the tree comes here; on the way of Tab it would be one stop more.
      tabIndex={-1}
      data-testid="step-detail"
    >
      {step === null ? <ExecutionPart execution={execution} /> : <ActionPart key={step.actionId} step={step} />}
    </aside>
  )
}

function ExecutionPart({ execution }: { readonly execution: Detail }) {
  return (
    <>
      <header>
        <h2>The whole execution</h2>
        <p className="faint">Choose a step to see what went in and came out of it.</p>
      </header>
      <div>
        <Payloads {...execution} />
      </div>
    </>
  )
}

function ActionPart({ step }: { readonly step: Action }) {
  // Someone who runs through the tree with the arrow keys does not want each step's payload.
  const [rested] = useDebouncedValue(step.actionId, 120, { leading: true })
  const detail = useQuery({ ...queries.action(step.executionId, rested), enabled: rested === step.actionId })
  return (
    <>
      <header>
        <h2>
          <Icon name={kindIcons[step.kind]} style={{ color: `var(--kind-${step.kind})` }} /> {step.name}
        </h2>
        <StatusMark status={step.status} /> <span className="faint">{step.kind}</span>
      </header>
      <div>
        {step.errorMessage === null && step.errorType === null ? null : (
          <p className={classes['error']} style={{ marginBottom: 0 }}>
            <strong>{step.errorType ?? 'Error'}</strong> {step.errorMessage}
          </p>
        )}
        <Facts items={factsOf(step)} />
        {detail.error !== null ? (
          <ProblemPanel error={detail.error} compact onRetry={() => void detail.refetch()} />
        ) : detail.data === undefined ? (
          <Placeholder height={220} label="Loading input and output" />
        ) : (
          <Payloads {...detail.data} />
        )}
      </div>
    </>
  )
}

function factsOf(step: Action) {
  const calls = step.kind === 'llm' || step.kind === 'embedding'
  const model = [step.provider, step.model].filter((part) => part !== null).join(' / ')
  return [
    ['Started', <Instant key="started" at={step.startedAt} precision="millisecond" />],
    ['Duration', <Duration key="duration" ms={step.durationMs} />],
    ...(calls || model !== ''
      ? [['Model', model === '' ? <Unknown key="model" why="The step named no model." /> : model] as const]
      : []),
    ...(calls || step.inputTokens !== null ? tokenFacts(step) : []),
    ...(calls || step.costNanoUsd !== null || step.reportedCostNanoUsd !== null ? costFacts(step) : []),
    ['Agent', step.agent],
    ['Step id', <code key="id">{step.actionId}</code>],
  ] as const
}

function tokenFacts(step: Action) {
  const why = 'The step did not report it.'
  const part = (label: string, count: number | null) =>
    count === null ? [] : [[label, <Count key={label} count={count} />] as const]
  return [
    ['Input tokens', <Count key="in" count={step.inputTokens} why={why} />] as const,
    ['Output tokens', <Count key="out" count={step.outputTokens} why={why} />] as const,
    ...part('of which cached', step.cacheReadTokens),
    ...part('written to cache', step.cacheWriteTokens),
    ...part('of which reasoning', step.reasoningTokens),
  ]
}

function costFacts(step: Action) {
  const { costProvenance: source, reportedCostNanoUsd: reported } = step
  const where =
    source === null ? (
      <Unknown key="where" why="No price is known for this model." />
    ) : source.source === 'reported' ? (
      'as the agent reported it'
    ) : (
      <>
        {source.table} {source.version}
        {source.row === null ? null : (
          <>
            , row <code>{source.row}</code>
          </>
        )}
        {source.alias === null ? null : (
          <>
            {' '}
            as <code>{source.alias}</code>
          </>
        )}
      </>
    )
  return [
    [
      'Cost',
      step.costNanoUsd === null ? (
        <Unknown key="cost" word why="No price is known for this model, and the agent reported none." />
      ) : (
        <Money key="cost" nanoUsd={step.costNanoUsd} />
      ),
    ] as const,
    ['Price from', where] as const,
    ...(reported === null || source?.source === 'reported'
      ? []
      : [['Reported cost', <Money key="reported" nanoUsd={reported} />] as const]),
  ]
}

type PayloadFields = Pick<z.infer<typeof ActionDetail>, 'input' | 'output' | 'attributes' | 'masked'>

function Payloads({ input, output, attributes, masked }: PayloadFields) {
  return (
    <>
      {masked === 0 ? null : <p className="soft">{plural(masked, 'value')} masked before it was stored.</p>}
      <Payload title="Input" value={input} />
      <Payload title="Output" value={output} />
      {Object.keys(attributes).length === 0 ? null : <Payload title="Attributes" value={attributes} />}
    </>
  )
}

function Payload({ title, value }: { readonly title: string; readonly value: JsonValue }) {
  return (
    <section>
      <h3>{title}</h3>
      {value === null ? (
        <p className="faint">None was reported.</p>
      ) : (
        <JsonView value={value} what={title.toLowerCase()} />
      )}
    </section>
  )
}
