import type { Macro, MacroDefinition } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { playbookQueries } from '../../api/playbooks.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Duration } from '../../ui/value.tsx'
import { BlockList } from './blocks.tsx'
import { jsonOf } from './json-text.ts'
import { useLiveExecutions } from './live-executions.ts'
import classes from './playbooks.module.css'
import { RunPanel } from './run-panel.tsx'
import { SigningSecret } from './signing-secret.tsx'
import { PlaybookTabs } from './tabs.tsx'
import { ExecutionMark, MacroMark, runWords, SuccessShare } from './words.tsx'

/** One macro: what it does step by step, what is in its way, how it went, and the way to run it. */
export function MacroPage() {
  const { macro: name } = useParams({ from: '/inside/playbooks/$macro' })
  const macro = useQuery(playbookQueries.macro(name))
  if (macro.error !== null) return <ProblemPanel error={macro.error} onRetry={() => void macro.refetch()} />
  if (macro.data === undefined) return <Placeholder height="70vh" />
  return <Loaded macro={macro.data} />
}

function Loaded({ macro }: { readonly macro: Macro }) {
  const me = useQuery(queries.me())
  useLiveExecutions()
  const scopes = me.data?.scopes ?? []
  const { definition } = macro
  return (
    <>
      <PageHead
        title={macro.name}
        tab={macro.name}
        lead={
          <>
            <MacroMark state={macro.state} filled /> version {macro.version} · runs in{' '}
            {macro.environments.join(', ') || 'no environment'} · impact {macro.impact}
            {macro.description === '' ? null : <p>{macro.description}</p>}
          </>
        }
      >
        {scopes.includes('playbooks:write') ? (
          <LinkButton to="/playbooks/$macro/edit" params={{ macro: macro.name }} data-testid="edit-macro">
            Change
          </LinkButton>
        ) : null}
      </PageHead>
      <PlaybookTabs />
      <div className={classes['parts']}>
        {macro.blocks.length === 0 ? null : (
          <Panel title="What blocks it" testId="macro-blocks">
            <BlockList blocks={macro.blocks} />
          </Panel>
        )}
        <div className={classes['columns']}>
          <div className={classes['parts']}>
            <Steps definition={definition} />
            <Panel title="Definition" testId="macro-definition">
              <details>
                <summary>As it is written</summary>
                <JsonView value={jsonOf(definition)} what="the definition" />
              </details>
            </Panel>
          </div>
          <div className={classes['parts']}>
            <Panel title="In the last day" testId="macro-figures">
              <Facts
                items={[
                  ['Ended', <Count key="ended" count={macro.figures.executions} />],
                  ['Running', <Count key="running" count={macro.figures.running} />],
                  ['Succeeded', <SuccessShare key="rate" rate={macro.figures.successRate} />],
                  ['p95', <Duration key="p95" ms={macro.figures.latencyP95Ms} why="None succeeded in the last day." />],
                  ['Changed', <Ago key="at" at={macro.changedAt} />],
                  ['By', <Actor key="by" name={macro.changedBy} />],
                ]}
              />
            </Panel>
            <RunPanel macro={macro} mayRun={scopes.includes('playbooks:run')} />
            {scopes.includes('playbooks:write') ? <SigningSecret macro={macro} /> : null}
            <Executions name={macro.name} />
            <Versions name={macro.name} />
          </div>
        </div>
      </div>
    </>
  )
}

function Steps({ definition }: { readonly definition: MacroDefinition }) {
  return (
    <Panel title="Steps" note={`One after another, ${plural(definition.steps.length, 'step')}`} testId="macro-steps">
      <ol className={classes['steps']}>
        {definition.steps.map((step) => (
          <li key={step.name} className={classes['step']}>
            <div className={classes['step-head']}>
              <h3>{step.name}</h3>
              <code>{step.kind}</code>
              <span className="soft">
                {plural(step.retries.attemptsMax, 'attempt')} of <Duration ms={step.timeoutMs} />
              </span>
            </div>
            <details>
              <summary>Arguments</summary>
              <JsonView value={step.arguments} what="the arguments" />
            </details>
            {step.compensation === null ? null : (
              <p className="soft">
                Undone by <code>{step.compensation.kind}</code>
              </p>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function Executions({ name }: { readonly name: string }) {
  const list = useInfiniteQuery(playbookQueries.executions({ macro: name, limit: 10 }))
  const rows = list.data?.pages[0]?.items
  return (
    <Panel
      title="Executions"
      actions={
        <Link to="/playbooks/executions" search={{ macro: name }}>
          All of them
        </Link>
      }
      testId="macro-executions"
    >
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} compact />
      ) : rows === undefined ? (
        <Placeholder height={120} />
      ) : rows.length === 0 ? (
        <Empty title="It was never run">What it would do is shown by a dry run, above.</Empty>
      ) : (
        <ol className={classes['events']}>
          {rows.map((execution) => (
            <li key={execution.macroExecutionId}>
              <ExecutionMark status={execution.status} />{' '}
              <Link to="/playbooks/executions/$id" params={{ id: execution.macroExecutionId }}>
                <Ago at={execution.startedAt} />
              </Link>{' '}
              <span className="soft">
                in {execution.environment}
                {runWords(execution) === null ? '' : `, ${runWords(execution)}`} · {execution.because.text}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Versions({ name }: { readonly name: string }) {
  const versions = useQuery(playbookQueries.versions(name))
  return (
    <Panel title="Versions" testId="macro-versions">
      {versions.error !== null ? (
        <ProblemPanel error={versions.error} onRetry={() => void versions.refetch()} compact />
      ) : versions.data === undefined ? (
        <Placeholder height={80} />
      ) : (
        <ol className={classes['events']}>
          {versions.data.map(({ version, createdBy, createdAt, reason, digest }) => (
            <li key={version}>
              <strong>{version}</strong> <Actor name={createdBy} />, <Ago at={createdAt} />{' '}
              <code title={digest}>{digest.slice(0, 12)}…</code>
              <p className="soft">{reason}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
