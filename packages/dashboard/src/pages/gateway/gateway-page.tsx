import { Button, Select } from '@mantine/core'
import { type GatewayRulesState, Sensitivity, sensitivities } from '@metaagent/contract'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { gatewayApi, gatewayQueries } from '../../api/gateway.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { DecisionsPanel } from './decisions-panel.tsx'
import { classWords, type Draft, draftOf, faultsOf, newModel, newRule, rulesOf } from './draft.ts'
import { DryRunPanel } from './dry-run-panel.tsx'
import classes from './gateway.module.css'
import { ModelsEditor } from './models-editor.tsx'
import { RulesEditor } from './rules-editor.tsx'
import { Sentences } from './sentences.tsx'
import { TryPanel } from './try-panel.tsx'

/** What may go where: rules that are tried on a text and on the past before they are saved, and what was decided. */
export function GatewayPage() {
  const rules = useQuery(gatewayQueries.rules())
  return (
    <>
      <PageHead
        title="Gateway rules"
        tab="Gateway rules"
        lead="Which providers, models and regions may see what, agent by agent. Nothing of a payload is kept."
      />
      {rules.error !== null ? (
        <ProblemPanel error={rules.error} onRetry={() => void rules.refetch()} />
      ) : rules.data === undefined ? (
        <div className={classes['page']}>
          <Placeholder height={640} />
          <Placeholder height={420} />
        </div>
      ) : (
        // A change by somebody else begins a new draft: saving the old one would be refused anyway.
        <Rules key={rules.data.version} state={rules.data} />
      )}
      <DecisionsPanel />
    </>
  )
}

function Rules({ state }: { readonly state: GatewayRulesState }) {
  const { data: me } = useSuspenseQuery(queries.me())
  const [draft, setDraft] = useState(() => draftOf(state.rules))
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const mayChange = me.scopes.includes('gateway:write')
  const rules = rulesOf(draft)
  const isChanged = JSON.stringify(rules) !== JSON.stringify(rulesOf(draftOf(state.rules)))
  const faults = faultsOf(draft)
  const { rules: list, privateModels } = draft
  return (
    <div className={classes['page']}>
      <div className={classes['column']}>
        <Panel
          title="Rules"
          note={<VersionNote state={state} />}
          actions={
            mayChange ? <AddButton label="Add a rule" onClick={() => set({ rules: [newRule(list), ...list] })} /> : null
          }
          testId="gateway-rules"
        >
          <p className="soft">
            The first rule that fits decides. Where none fits, a text goes to a private model or nowhere. Whatever a
            rule says, SENSITIVE texts leave redacted or go to a private model, and CRITICAL ones wait for an approval.
          </p>
          <RulesEditor rules={list} onChange={(changed) => set({ rules: changed })} readOnly={!mayChange} />
        </Panel>
        <Panel
          title="Private models"
          note="Run by the organization itself: texts that may not leave go to the first one."
          actions={
            mayChange ? (
              <AddButton
                label="Add a model"
                onClick={() => set({ privateModels: [...privateModels, newModel(privateModels)] })}
              />
            ) : null
          }
          testId="private-models"
        >
          <ModelsEditor
            models={privateModels}
            onChange={(changed) => set({ privateModels: changed })}
            readOnly={!mayChange}
          />
        </Panel>
        <Panel
          title="What a find counts for"
          note="A find raises the sensitivity of a text and never lowers it."
          testId="gateway-classes"
        >
          <ClassesEditor
            classes={draft.classes}
            onChange={(changed) => set({ classes: changed })}
            readOnly={!mayChange}
          />
        </Panel>
        {mayChange ? (
          <Panel title="Save" note="What may let more through than before needs the approval of somebody else.">
            <div className={classes['faults']}>
              <Sentences title="This keeps them from being saved:" lines={faults} isAlert />
            </div>
            <GovernedSave
              about="gateway"
              isChanged={isChanged && faults.length === 0}
              save={(particulars) => gatewayApi.change({ rules, expectedVersion: state.version, ...particulars })}
            />
          </Panel>
        ) : (
          <p className="soft">Only an admin changes the rules.</p>
        )}
      </div>
      <div className={classes['column']}>
        <TryPanel rules={rules} isSaved={!isChanged} isReady={faults.length === 0} />
        <DryRunPanel rules={rules} known={state.warnings} isReady={faults.length === 0} />
        {state.warnings.length === 0 ? null : (
          <Panel title="Most likely not meant" testId="gateway-warnings">
            <Sentences lines={state.warnings} />
          </Panel>
        )}
        <Versions />
      </div>
    </div>
  )
}

function VersionNote({ state: { version, changedAt } }: { readonly state: GatewayRulesState }) {
  if (changedAt === null) return 'As installed.'
  return (
    <>
      Version {version}, changed <Instant at={changedAt} precision="minute" />
    </>
  )
}

function AddButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <Button variant="default" size="xs" leftSection={<Icon name="plus" size={14} />} onClick={onClick}>
      {label}
    </Button>
  )
}

function ClassesEditor({
  classes: counted,
  onChange,
  readOnly,
}: {
  readonly classes: Draft['classes']
  readonly onChange: (classes: Draft['classes']) => void
  readonly readOnly: boolean
}) {
  return (
    <div className={classes['classes']}>
      {classWords.map(([kind, label]) => (
        <Select
          key={kind}
          label={label}
          data={[...sensitivities]}
          value={counted[kind]}
          disabled={readOnly}
          allowDeselect={false}
          onChange={(value) =>
            onChange({ ...counted, [kind]: Sensitivity.options.find((one) => one === value) ?? counted[kind] })
          }
        />
      ))}
    </div>
  )
}

function Versions() {
  const versions = useQuery(gatewayQueries.versions())
  return (
    <Panel title="Versions" testId="gateway-versions">
      {versions.error !== null ? (
        <ProblemPanel error={versions.error} onRetry={() => void versions.refetch()} compact />
      ) : versions.data === undefined ? (
        <Placeholder height={60} />
      ) : versions.data.length === 0 ? (
        <p className="soft">None yet: the rules are as installed.</p>
      ) : (
        <ol className={classes['versions']}>
          {versions.data.map(({ version, changedBy, changedAt, reason }) => (
            <li key={version}>
              <strong>{version}</strong> {changedBy === null ? null : <Actor name={changedBy} />}
              {changedAt === null ? null : (
                <>
                  , <Ago at={changedAt} />
                </>
              )}
              <div className="soft">{reason}</div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
