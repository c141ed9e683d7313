import { Button, Checkbox, SegmentedControl, Textarea } from '@mantine/core'
import { type MaskingSettings, type MaskingState, type PersonalClass, personalClasses } from '@metaagent/contract'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { classWords, isSameDraft, linesOf, listOf } from './draft.ts'
import classes from './masking.module.css'
import { RulesEditor } from './rules-editor.tsx'

interface DraftProps {
  readonly draft: MaskingSettings
  readonly onChange: (draft: MaskingSettings) => void
}

/** The organization's settings as a form, and the way through the approval gate. */
export function SettingsForm({ state, draft, onChange }: DraftProps & { readonly state: MaskingState }) {
  const change = (values: Partial<MaskingSettings>) => onChange({ ...draft, ...values })
  const [undone, setUndone] = useState(0)
  const undo = () => {
    // The lists keep what is typed, blank lines included, so they begin anew.
    setUndone(undone + 1)
    onChange(state.settings)
  }
  return (
    <div className={classes['form']}>
      <Mode draft={draft} onChange={onChange} />
      <Checkbox.Group
        value={[...draft.classes, 'secret']}
        onChange={(chosen) => change({ classes: personalClasses.filter((kind) => chosen.includes(kind)) })}
      >
        <fieldset className={classes['group']}>
          <legend>Personal data</legend>
          <div className={classes['classes']}>
            {personalClasses.map((kind) => (
              <ClassBox key={kind} kind={kind} />
            ))}
            <Checkbox
              value="secret"
              disabled
              size="xs"
              label="Secrets"
              description="Keys, tokens and passwords are always masked."
            />
          </div>
        </fieldset>
      </Checkbox.Group>
      <Contents draft={draft} onChange={onChange} />
      <RulesEditor rules={draft.rules} onChange={(rules) => change({ rules })} />
      <Exceptions key={undone} draft={draft} onChange={onChange} />
      <GovernedSave
        about="masking"
        isChanged={!isSameDraft(draft, state.settings)}
        save={(particulars) => api.changeMasking({ settings: draft, expectedVersion: state.version, ...particulars })}
        extra={
          <Button variant="default" onClick={undo}>
            Undo
          </Button>
        }
      />
    </div>
  )
}

function ClassBox({ kind }: { readonly kind: PersonalClass }) {
  const { label, what } = classWords[kind]
  return <Checkbox value={kind} size="xs" label={label} description={what} />
}

function Mode({ draft, onChange }: DraftProps) {
  return (
    <fieldset className={classes['group']}>
      <legend>What stands in place of a value</legend>
      <SegmentedControl
        aria-label="What stands in place of a value"
        value={draft.mode}
        onChange={(mode) => onChange({ ...draft, mode: mode === 'token' ? 'token' : 'mask' })}
        data={[
          { value: 'mask', label: 'A label: the value is gone' },
          { value: 'token', label: 'A token: an admin can turn it back' },
        ]}
      />
      <p className="soft">
        {draft.mode === 'mask'
          ? 'For example [masked:email].'
          : 'The same value has the same token, so joins still work. Each look is journaled; erasing ends it for ever.'}
      </p>
    </fieldset>
  )
}

function Contents({ draft, onChange }: DraftProps) {
  return (
    <fieldset className={classes['group']}>
      <legend>Contents</legend>
      <Checkbox
        size="xs"
        label="Store inputs of executions and steps"
        checked={draft.storeInputs}
        onChange={({ currentTarget }) => onChange({ ...draft, storeInputs: currentTarget.checked })}
      />
      <Checkbox
        size="xs"
        label="Store outputs of executions and steps"
        checked={draft.storeOutputs}
        onChange={({ currentTarget }) => onChange({ ...draft, storeOutputs: currentTarget.checked })}
      />
    </fieldset>
  )
}

const exceptions = [
  ['values', 'Values', 'Exactly these, however they are spelt.', 'support@northwind.example'],
  ['domains', 'E-mail domains', 'Addresses of these and of those below.', 'northwind.example'],
  ['patterns', 'Patterns (RE2)', 'Finds that match as a whole.', '.*@desk\\.example'],
] as const

function Exceptions({ draft, onChange }: DraftProps) {
  return (
    <fieldset className={classes['group']}>
      <legend>Exceptions: what stays, one per line</legend>
      <div className={classes['lists']}>
        {exceptions.map(([list, label, description, placeholder]) => (
          <Textarea
            key={list}
            label={label}
            description={description}
            placeholder={placeholder}
            rows={3}
            resize="vertical"
            defaultValue={linesOf(draft.allow[list])}
            onChange={({ currentTarget }) =>
              onChange({ ...draft, allow: { ...draft.allow, [list]: listOf(currentTarget.value) } })
            }
          />
        ))}
      </div>
    </fieldset>
  )
}
