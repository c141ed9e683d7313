import { Button, NumberInput } from '@mantine/core'
import type { GovernanceRules } from '@metaagent/contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { governanceApi, governanceQueries } from '../../api/governance.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './governance.module.css'
import { MatrixEditor } from './matrix-editor.tsx'
import { draftOf, newRow, rulesOf } from './rules-draft.ts'
import { TrialResult } from './trial-result.tsx'

type State = { readonly rules: GovernanceRules; readonly digest: string; readonly updatedAt: string }

/** What needs whose approval, as a matrix that is tried on the past before it is saved. */
export function GovernanceRulesPage() {
  const rules = useQuery(governanceQueries.rules())
  return (
    <>
      <PageHead
        title="Governance rules"
        tab="Governance rules"
        lead="What may run by itself and what needs whose approval, by impact and environment."
      />
      {rules.error !== null ? (
        <ProblemPanel error={rules.error} onRetry={() => void rules.refetch()} />
      ) : rules.data === undefined ? (
        <Placeholder height={560} />
      ) : (
        // A change by somebody else begins a new draft: saving the old one would be refused anyway.
        <Rules key={rules.data.digest} state={rules.data} />
      )}
    </>
  )
}

function Rules({ state }: { readonly state: State }) {
  const me = useQuery(queries.me())
  const [rows, setRows] = useState(() => draftOf(state.rules))
  const [days, setDays] = useState(90)
  const rules = rulesOf(rows)
  const isChanged = JSON.stringify(rules) !== JSON.stringify(rulesOf(draftOf(state.rules)))
  const trial = useMutation({ mutationFn: () => governanceApi.tryRules(rules, days) })
  const isAdmin = me.data?.role === 'admin'
  return (
    <div className={classes['parts']}>
      <Panel
        title="Matrix"
        note={
          <>
            In force since <Instant at={state.updatedAt} precision="minute" />
          </>
        }
        actions={
          isAdmin ? (
            <Button
              variant="default"
              size="xs"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() => setRows([...rows, newRow(rows)])}
              data-testid="add-rule"
            >
              Add a row
            </Button>
          ) : null
        }
        testId="matrix"
      >
        <p className="soft">
          Rows that name the environment decide, else those for every environment. An environment that no row names
          counts as production. Of several rows the strictest counts; without any, two admins and a review are needed.
        </p>
        <MatrixEditor rows={rows} onChange={setRows} readOnly={!isAdmin} />
      </Panel>
      <Panel
        title="Try them"
        note="What these rules would have asked for all that was asked for or ran by itself"
        testId="trial"
      >
        <div className={classes['parts']}>
          <div className={classes['try']}>
            <NumberInput
              label="Days"
              min={1}
              max={365}
              value={days}
              onChange={(value) => setDays(typeof value === 'number' ? Math.min(365, Math.max(1, value)) : 90)}
              w={110}
            />
            <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate()} data-testid="try-rules">
              Try on the past
            </Button>
          </div>
          {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
          {trial.data === undefined ? null : <TrialResult result={trial.data} />}
        </div>
      </Panel>
      {isAdmin ? (
        <Panel
          title="Save"
          note="A change of the rules needs the approval of another admin, and ends every open request."
        >
          <GovernedSave
            about="governance"
            isChanged={isChanged}
            save={({ reason, approvalId }) =>
              governanceApi.changeRules({
                rules,
                reason,
                expectedDigest: state.digest,
                ...(approvalId === undefined ? {} : { approvalId }),
              })
            }
          />
        </Panel>
      ) : (
        <p className="soft">Only an admin changes the rules.</p>
      )}
      <History />
    </div>
  )
}

function History() {
  const history = useQuery(governanceQueries.history())
  return (
    <Panel title="Versions" testId="rules-history">
      {history.error !== null ? (
        <ProblemPanel error={history.error} onRetry={() => void history.refetch()} compact />
      ) : history.data === undefined ? (
        <Placeholder height={80} />
      ) : (
        <ol className={classes['history']}>
          {history.data.map(({ version, changedBy, changedAt, digest }) => (
            <li key={version}>
              <strong>{version}</strong> <Actor name={changedBy} />, <Ago at={changedAt} />{' '}
              <code title={digest}>{digest.slice(0, 15)}…</code>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
