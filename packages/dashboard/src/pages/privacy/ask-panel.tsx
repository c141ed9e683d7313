import { Button } from '@mantine/core'
import type { DeletionPreview, PersonSubject } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { privacyApi } from '../../api/privacy.ts'
import { plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { PersonFields, usePerson } from './person-fields.tsx'
import classes from './privacy.module.css'
import { TableCounts } from './table-counts.tsx'

/** Who it is, what would go, and the request itself. */
export function AskPanel() {
  const fields = usePerson()
  const { subject } = fields
  const preview = useMutation({ mutationFn: (of: PersonSubject) => privacyApi.previewDeletion(of) })
  const shown =
    preview.data !== undefined && subject !== null && sameAs(preview.variables, subject) ? preview.data : null
  return (
    <Panel
      title="Delete a person’s data"
      note="Nothing is deleted before somebody else has approved it."
      testId="privacy-ask"
    >
      <div className={classes['form']}>
        <form
          className={classes['form']}
          onSubmit={(event) => {
            event.preventDefault()
            if (subject !== null) preview.mutate(subject)
          }}
        >
          <PersonFields fields={fields} onChange={preview.reset} />
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
                fields.clear()
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
  const { heldExecutions, isOnLegalHold } = preview
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
      {isOnLegalHold ? (
        <p>
          <strong>A legal hold keeps this person’s data.</strong> A deletion is refused until it is lifted.
        </p>
      ) : heldExecutions > 0 ? (
        <p>
          <strong>{plural(heldExecutions, 'run')} on legal hold</strong> stay until the hold is lifted, and go then.
        </p>
      ) : null}
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
