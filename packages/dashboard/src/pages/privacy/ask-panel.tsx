import { Button, Select, TextInput } from '@mantine/core'
import { type DeletionPreview, type PersonKind, PersonSubject } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { privacyApi } from '../../api/privacy.ts'
import { plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './privacy.module.css'
import { TableCounts } from './table-counts.tsx'

const kinds: Readonly<Record<PersonKind, { readonly label: string; readonly hint: string }>> = {
  user: { label: 'User id', hint: 'As agents report it: the unit or the user id of their runs.' },
  email: { label: 'E-mail address', hint: 'Wherever it, or the token that stands for it, is found.' },
  conversation: { label: 'Conversation', hint: 'The id of one conversation with all its runs.' },
  attribute: { label: 'Attribute of your own', hint: 'The value that runs or steps carry under the name below.' },
}

const isKind = (text: string | null): text is PersonKind => text !== null && text in kinds

/** Who it is, what would go, and the request itself. */
export function AskPanel() {
  const [kind, setKind] = useState<PersonKind>('user')
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const parsed = PersonSubject.safeParse({ kind, value, ...(kind === 'attribute' ? { key } : {}) })
  const subject = parsed.success ? parsed.data : null
  const preview = useMutation({ mutationFn: (of: PersonSubject) => privacyApi.previewDeletion(of) })
  const shown =
    preview.data !== undefined && subject !== null && sameAs(preview.variables, subject) ? preview.data : null
  const change = (apply: () => void) => {
    preview.reset()
    apply()
  }
  return (
    <Panel title="Who is it?" note="Nothing is deleted before somebody else has approved it." testId="privacy-ask">
      <div className={classes['form']}>
        <form
          className={classes['form']}
          onSubmit={(event) => {
            event.preventDefault()
            if (subject !== null) preview.mutate(subject)
          }}
        >
          <Select
            label="Known by"
            data={Object.entries(kinds).map(([name, { label }]) => ({ value: name, label }))}
            value={kind}
            onChange={(chosen) => change(() => isKind(chosen) && setKind(chosen))}
            allowDeselect={false}
          />
          {kind === 'attribute' ? (
            <TextInput
              label="Name of the attribute"
              placeholder="crm.customer"
              value={key}
              onChange={({ currentTarget }) => change(() => setKey(currentTarget.value))}
            />
          ) : null}
          <TextInput
            label={kinds[kind].label}
            description={kinds[kind].hint}
            value={value}
            maxLength={500}
            autoComplete="off"
            onChange={({ currentTarget }) => change(() => setValue(currentTarget.value))}
          />
          {preview.error === null ? null : <ProblemPanel error={preview.error} compact />}
          <div className={classes['buttons']}>
            <Button
              type="submit"
              variant="default"
              disabled={subject === null}
              loading={preview.isPending}
              data-testid="preview-deletion"
            >
              Show what would go
            </Button>
          </div>
        </form>
        {shown === null || subject === null ? null : (
          <>
            <Preview preview={shown} />
            <GovernedSave
              key={JSON.stringify(subject)}
              about="privacy"
              label="Delete for ever"
              reasonHint="The number of the request, say. Do not name the person: it is kept with the request."
              isGrave
              isChanged
              save={(particulars) => privacyApi.requestDeletion({ subject, ...particulars })}
              onSaved={() => {
                preview.reset()
                setValue('')
              }}
            />
          </>
        )}
      </div>
    </Panel>
  )
}

function sameAs(one: PersonSubject | undefined, other: PersonSubject): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function Preview({ preview }: { readonly preview: DeletionPreview }) {
  const { executions, firstStartedAt, lastStartedAt, tokens, tables, isComplete, isMaskedOnArrival } = preview
  return (
    <div className={classes['preview']} aria-live="polite" data-testid="deletion-preview">
      {executions === 0 ? (
        <p>
          <strong>No run names this person.</strong> Check the spelling and by what agents know them.
        </p>
      ) : null}
      <Facts
        items={[
          ['Runs', plural(executions, 'run')],
          ['From', <Instant key="from" at={firstStartedAt} precision="minute" why="There are none." />],
          ['To', <Instant key="to" at={lastStartedAt} precision="minute" why="There are none." />],
          ['Tokens', `${plural(tokens, 'key')} destroyed`],
        ]}
      />
      <TableCounts tables={tables} />
      {isComplete ? null : <p className="soft">Looking took long, so there may be more. All of it goes.</p>}
      {isMaskedOnArrival ? (
        <p className="soft">
          Addresses are masked before they are stored, so texts with this one name nobody and are not found by it. Give
          the user id or the conversation, too.
        </p>
      ) : null}
    </div>
  )
}
