import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import { type DriftMethodChoice, type DriftRule, type DriftSettingsState, DriftStreamKind } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { driftApi, driftQueries } from '../../api/drift.ts'
import { queries } from '../../api/queries.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './drift.module.css'
import {
  faultOf,
  isWhole,
  methodNamed,
  methodsOf,
  newRule,
  numbersOf,
  ruleOfKind,
  withParameter,
} from './rule-fields.ts'
import { kindWords, methodTitle, parameterTitle } from './words.tsx'

/** Which method watches which streams: the organization's own rules, and what counts where none of them fits. */
export function MethodsPage() {
  const settings = useQuery(driftQueries.settings())
  return (
    <>
      <PageHead
        title="Methods of drift"
        tab="Methods of drift"
        lead="The first rule that fits a stream says how it is watched. Another method starts its streams anew."
      />
      {settings.error !== null ? (
        <ProblemPanel error={settings.error} onRetry={() => void settings.refetch()} />
      ) : settings.data === undefined ? (
        <Placeholder height={360} />
      ) : (
        <div className={classes['parts']}>
          <Rules key={settings.data.version} state={settings.data} />
          <Panel title="Where no rule fits" testId="default-methods">
            <ul className={classes['alarms']}>
              {settings.data.defaults.map(({ kind, method }) => (
                <li key={`${kind} ${method.name}`}>
                  {kindWords[kind]}: {methodTitle(method.name)}
                </li>
              ))}
            </ul>
          </Panel>
        </div>
      )}
    </>
  )
}

function Rules({ state }: { readonly state: DriftSettingsState }) {
  const me = useQuery(queries.me())
  // Rules have no ids; a rule that is taken away must not hand its fields to the next one.
  const [draft, setDraft] = useState(() => state.settings.rules.map((rule, key) => ({ key, rule })))
  const rules = draft.map(({ rule }) => rule)
  const isChanged = JSON.stringify(rules) !== JSON.stringify(state.settings.rules)
  const mayChange = me.data?.scopes.includes('tunables:write') === true
  const nextKey = Math.max(0, ...draft.map(({ key }) => key + 1))
  return (
    <Panel
      title="Rules"
      note={
        state.changedAt === null ? (
          'none was set yet'
        ) : (
          <>
            version {state.version} by <Actor name={state.changedBy ?? ''} />, <Ago at={state.changedAt} />
          </>
        )
      }
      actions={
        mayChange ? (
          <Button
            variant="default"
            size="xs"
            onClick={() => setDraft([...draft, { key: nextKey, rule: newRule('judge') }])}
          >
            Add a rule
          </Button>
        ) : null
      }
      testId="drift-rules"
    >
      <div className={classes['parts']}>
        {draft.length === 0 ? <Empty title="The defaults watch everything" /> : null}
        <ol className={classes['rules']}>
          {draft.map(({ key, rule }, place) => (
            <RuleFields
              key={key}
              place={place + 1}
              rule={rule}
              isFixed={!mayChange}
              onChange={(next) => setDraft(draft.map((one) => (one.key === key ? { key, rule: next } : one)))}
              onRemove={() => setDraft(draft.filter((one) => one.key !== key))}
            />
          ))}
        </ol>
        {mayChange ? (
          <GovernedSave
            about="drift"
            isChanged={isChanged && isWhole(rules)}
            save={(particulars) =>
              driftApi.changeSettings({ settings: { rules }, expectedVersion: state.version, ...particulars })
            }
          />
        ) : null}
      </div>
    </Panel>
  )
}

function RuleFields({
  place,
  rule,
  isFixed,
  onChange,
  onRemove,
}: {
  readonly place: number
  readonly rule: DriftRule
  readonly isFixed: boolean
  readonly onChange: (rule: DriftRule) => void
  readonly onRemove: () => void
}) {
  const pattern = (text: string) => (text === '' ? null : text)
  const { kind, metric, judge, method } = rule
  return (
    <li className={classes['rule']} aria-label={`Rule ${place}`}>
      <div className={classes['fields']}>
        <Select
          label="Streams"
          data={DriftStreamKind.options.map((value) => ({ value, label: kindWords[value] }))}
          value={kind}
          disabled={isFixed}
          allowDeselect={false}
          onChange={(chosen) => onChange(ruleOfKind(rule, DriftStreamKind.catch(kind).parse(chosen)))}
        />
        <TextInput
          label="Metric"
          placeholder="any; * stands for any text"
          value={metric ?? ''}
          disabled={isFixed}
          onChange={({ currentTarget }) => onChange({ ...rule, metric: pattern(currentTarget.value) })}
        />
        {kind === 'judge' ? (
          <TextInput
            label="Judge"
            placeholder="any; * stands for any text"
            value={judge ?? ''}
            disabled={isFixed}
            onChange={({ currentTarget }) => onChange({ ...rule, judge: pattern(currentTarget.value) })}
          />
        ) : null}
        <Select
          label="Method"
          data={methodsOf[kind].map((value) => ({ value, label: methodTitle(value) }))}
          value={method.name}
          disabled={isFixed}
          allowDeselect={false}
          onChange={(chosen) => {
            const name = methodsOf[kind].find((known) => known === chosen)
            if (name !== undefined) onChange({ ...rule, method: methodNamed(name) })
          }}
        />
        <Parameters method={method} isFixed={isFixed} onChange={(next) => onChange({ ...rule, method: next })} />
      </div>
      {isFixed ? null : (
        <div>
          <Button variant="subtle" size="xs" onClick={onRemove}>
            Remove rule {place}
          </Button>
        </div>
      )}
    </li>
  )
}

function Parameters({
  method,
  isFixed,
  onChange,
}: {
  readonly method: DriftMethodChoice
  readonly isFixed: boolean
  readonly onChange: (method: DriftMethodChoice) => void
}) {
  return (
    <>
      {method.name === 'e-detector' ? (
        <Select
          label="Side"
          data={['both', 'up', 'down']}
          value={method.side}
          disabled={isFixed}
          allowDeselect={false}
          onChange={(chosen) => onChange({ ...method, side: chosen === 'up' || chosen === 'down' ? chosen : 'both' })}
        />
      ) : null}
      {numbersOf(method).map(([key, value]) => (
        <NumberInput
          key={key}
          label={parameterTitle(key)}
          value={value}
          error={faultOf(method, key)}
          disabled={isFixed}
          onChange={(next) => onChange(withParameter(method, key, next))}
        />
      ))}
    </>
  )
}
