import { SegmentedControl } from '@mantine/core'
import { GovernanceMode, type Tunable } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { artifactApi, artifactQueries } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './artifacts.module.css'

const modeWords: Readonly<Record<GovernanceMode, string>> = {
  strict: 'Conflicts from medium on block: other spellings, patterns, versions that nobody can compare.',
  balanced: 'Conflicts from high on block: versions, paths, decisions and schemas that cannot both hold.',
  permissive: 'Only critical conflicts block: circles, in which nobody could go first. All others are recorded.',
}

/** Which conflicts keep an artifact from being active; changed through approval, with its history. */
export function GovernanceModePage() {
  const mode = useQuery(artifactQueries.mode())
  return (
    <>
      <PageHead
        title="Governance mode"
        tab="Governance mode"
        lead="Which conflicts keep what agents make from being active. The rest is recorded and can be resolved all the same."
      />
      {mode.error !== null ? (
        <ProblemPanel error={mode.error} onRetry={() => void mode.refetch()} />
      ) : mode.data === undefined ? (
        <Placeholder height={300} />
      ) : mode.data === null ? (
        <Empty title="This server has no governance mode">It is older than this page. Update the server.</Empty>
      ) : (
        // A change by somebody else begins anew: saving the old one would be refused anyway.
        <Mode key={mode.data.version} tunable={mode.data} />
      )}
    </>
  )
}

function Mode({ tunable }: { readonly tunable: Tunable }) {
  const me = useQuery(queries.me())
  const [chosen, setChosen] = useState(String(tunable.value))
  const mayChange = me.data?.scopes.includes('tunables:write') === true
  return (
    <div className={classes['columns']}>
      <Panel title="Mode" testId="governance-mode">
        <div className={classes['parts']}>
          <SegmentedControl
            fullWidth
            aria-label="Mode"
            disabled={!mayChange}
            value={chosen}
            onChange={setChosen}
            data={[...GovernanceMode.options]}
          />
          <p>
            {GovernanceMode.options.map((mode) => (mode === chosen ? modeWords[mode] : null))}
            {chosen === tunable.value ? ' It is in force.' : ''}
          </p>
          {mayChange ? (
            <GovernedSave
              about="artifacts"
              isChanged={chosen !== tunable.value}
              save={(particulars) =>
                artifactApi.changeMode({ value: chosen, expectedVersion: tunable.version, ...particulars })
              }
            />
          ) : (
            <p className="soft">Your role may read this and not change it.</p>
          )}
        </div>
      </Panel>
      <History />
    </div>
  )
}

function History() {
  const history = useQuery(artifactQueries.modeHistory())
  return (
    <Panel title="History" testId="mode-history">
      {history.error !== null ? (
        <ProblemPanel error={history.error} onRetry={() => void history.refetch()} compact />
      ) : history.data === undefined ? (
        <Placeholder height={80} />
      ) : history.data.length === 0 ? (
        <p className="soft">It was never changed.</p>
      ) : (
        <ol className={classes['rows']}>
          {history.data.map(({ version, value, reason, changedBy, changedAt }) => (
            <li key={version}>
              <strong>{String(value)}</strong> <Actor name={changedBy} />, <Ago at={changedAt} />
              <p className="soft">{reason}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
