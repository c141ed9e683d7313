import { Button, NumberInput } from '@mantine/core'
import type { ArbitrationDryRunResult, ArbitrationRulesState } from '@metaagent/contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { z } from 'zod'
import { arbitrationApi, arbitrationQueries } from '../../api/arbitration.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { shortSubject } from '../judgments/words.tsx'
import classes from './arbitration.module.css'
import { draftOf, newCosts, newJudge, rulesOf } from './rules-draft.ts'
import { CostRows, JudgeRows } from './rules-editor.tsx'
import { GoldMark } from './words.tsx'

type State = z.infer<typeof ArbitrationRulesState>
type DryRun = z.infer<typeof ArbitrationDryRunResult>

/** What governance says of judges, tried on past verdicts before it is saved. */
export function ArbitrationRulesPage() {
  const rules = useQuery(arbitrationQueries.rules())
  return (
    <>
      <PageHead
        title="Judge priorities"
        tab="Judge priorities"
        lead="Whose word costs more to overrule, who has a veto, and what mistakes cost. How right a judge is stays what audits show."
      />
      {rules.error !== null ? (
        <ProblemPanel error={rules.error} onRetry={() => void rules.refetch()} />
      ) : rules.data === undefined ? (
        <Placeholder height={480} />
      ) : (
        // A change by somebody else begins a new draft: saving the old one would be refused anyway.
        <Rules key={rules.data.version} state={rules.data} />
      )}
    </>
  )
}

function Rules({ state }: { readonly state: State }) {
  const me = useQuery(queries.me())
  const mayChange = me.data?.scopes.includes('tunables:write') === true
  const [draft, setDraft] = useState(() => draftOf(state.rules))
  const rules = rulesOf(draft)
  const isChanged = JSON.stringify(rules) !== JSON.stringify(rulesOf(draftOf(state.rules)))
  const readOnly = !mayChange
  return (
    <div className={classes['column']}>
      <Source state={state} />
      <Panel
        title="Judges"
        note="Named exactly as they name themselves"
        actions={
          readOnly ? null : (
            <AddButton
              what="judge"
              onClick={() => setDraft({ ...draft, judges: [...draft.judges, newJudge(draft.judges)] })}
            />
          )
        }
        testId="judges"
      >
        <JudgeRows rows={draft.judges} onChange={(judges) => setDraft({ ...draft, judges })} readOnly={readOnly} />
      </Panel>
      <Panel
        title="Costs of mistakes"
        actions={
          readOnly ? null : (
            <AddButton
              what="row"
              onClick={() => setDraft({ ...draft, costs: [...draft.costs, newCosts(draft.costs)] })}
            />
          )
        }
      >
        <CostRows rows={draft.costs} onChange={(costs) => setDraft({ ...draft, costs })} readOnly={readOnly} />
      </Panel>
      <Trial rules={rules} />
      {mayChange ? (
        <Panel title="Save" note="It moves every verdict to come, and needs the approval of another admin.">
          <GovernedSave
            about="arbitration"
            isChanged={isChanged}
            save={(particulars) =>
              arbitrationApi.changeRules({ rules, expectedVersion: state.version, ...particulars })
            }
            extra={
              <Button variant="default" onClick={() => setDraft(draftOf(state.rules))}>
                Undo
              </Button>
            }
          />
        </Panel>
      ) : (
        <p className="soft">Only an admin changes these rules.</p>
      )}
      <History />
    </div>
  )
}

function AddButton({ what, onClick }: { readonly what: string; readonly onClick: () => void }) {
  return (
    <Button variant="default" size="xs" leftSection={<Icon name="plus" size={14} />} onClick={onClick}>
      Add a {what}
    </Button>
  )
}

function Source({ state: { source, file, version, changedAt } }: { readonly state: State }) {
  const follows =
    source === 'file'
      ? 'They follow the governance rules file of the deployment.'
      : 'They are your organization’s own. Saving what the file says follows the file again.'
  return (
    <div data-testid="rules-source">
      <p className="soft">
        Version {version}, <Instant at={changedAt} precision="minute" />. {follows}
      </p>
      {file === null || file.faults.length === 0 ? null : (
        <div className={classes['faults']} role="alert">
          <p>
            The file was refused <Ago at={file.seenAt} />; the rules before it stand:
          </p>
          <ul>
            {file.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function Trial({ rules }: { readonly rules: ReturnType<typeof rulesOf> }) {
  const [last, setLast] = useState(200)
  const trial = useMutation({ mutationFn: () => arbitrationApi.tryRules({ rules, last }) })
  return (
    <Panel title="Try them" note="Past verdicts, decided again on the same votes; nothing is kept" testId="trial">
      <div className={classes['try']}>
        <NumberInput
          label="Latest verdicts"
          min={1}
          max={1_000}
          value={last}
          onChange={(value) => setLast(typeof value === 'number' ? Math.min(1_000, Math.max(1, value)) : 200)}
          w={130}
        />
        <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate()} data-testid="try-rules">
          Try on the past
        </Button>
      </div>
      {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
      {trial.data === undefined ? null : <TrialResult result={trial.data} />}
    </Panel>
  )
}

function TrialResult({ result: { decisions, changed, items } }: { readonly result: DryRun }) {
  const flipped = items.filter(({ before, after }) => before.winner !== after.winner).length
  return (
    <div data-testid="trial-result">
      <p>
        {decisions === 0
          ? 'There is no verdict to try them on yet.'
          : changed === 0
            ? `All ${plural(decisions, 'verdict')} would have fallen as they did.`
            : `${changed} of ${plural(decisions, 'verdict')} would have fallen otherwise, ${flipped} of them to the other side.`}
      </p>
      {items.length === 0 ? null : (
        <div className={classes['scroll']}>
          <table className={classes['votes']}>
            <thead>
              <tr>
                <th scope="col">Subject</th>
                <th scope="col">Metric</th>
                <th scope="col">Now</th>
                <th scope="col">Then</th>
                <th scope="col">Because</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ arbitrationId, subject, metric, before, after }) => (
                <tr key={arbitrationId}>
                  <td>
                    <Link to="/arbitrations/$arbitrationId" params={{ arbitrationId }}>
                      {shortSubject(subject)}
                    </Link>
                  </td>
                  <td>{metric}</td>
                  <td>
                    <GoldMark verdict={before.winner} /> <span className="faint">{before.outcome}</span>
                  </td>
                  <td>
                    <GoldMark verdict={after.winner} /> <span className="faint">{after.outcome}</span>
                  </td>
                  <td className="soft">{after.because.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function History() {
  const history = useQuery(arbitrationQueries.rulesHistory())
  return (
    <Panel title="Versions" testId="rules-history">
      {history.error !== null ? (
        <ProblemPanel error={history.error} onRetry={() => void history.refetch()} compact />
      ) : history.data === undefined ? (
        <Placeholder height={80} />
      ) : (
        <ol className={classes['versions']}>
          {history.data.map(({ version, changedBy, changedAt, reason, digest }) => (
            <li key={version}>
              <strong>{version}</strong> <Actor name={changedBy} />, <Ago at={changedAt} />: {reason}{' '}
              <code title={digest}>{digest.slice(0, 15)}…</code>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
