import { Button, Textarea, TextInput } from '@mantine/core'
import type { AmendmentDetail } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { amendmentApi, amendmentQueries } from '../../api/amendments.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './amendments.module.css'

/**
 * Writes the draft anew. Where it no longer merges with what is in force, that text stands beside it, and what is saved
 * counts as made from it.
 */
export function DraftEditor({
  amendment,
  onClose,
}: {
  readonly amendment: AmendmentDetail
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const [draft, setDraft] = useState(amendment.draft)
  const [note, setNote] = useState('')
  const conflicts = amendment.rebase === 'conflicts'
  const inForce = useQuery({ ...amendmentQueries.document(amendment.document), enabled: conflicts })
  const baseVersion = conflicts ? inForce.data?.version : undefined
  const save = useMutation({
    mutationFn: () =>
      amendmentApi.edit(amendment.amendmentId, {
        draft,
        note: note.trim(),
        expectedRevision: amendment.revision,
        ...(baseVersion === undefined ? {} : { baseVersion }),
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['amendments'] })
      onClose()
    },
  })
  if (conflicts && inForce.data === undefined) return <Placeholder height={480} />
  const unchanged = draft === amendment.draft && baseVersion === undefined
  return (
    <Panel title="Edit the text" note={`The whole of ${amendment.document} as it ought to be`} testId="draft-editor">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        {inForce.data === undefined ? null : (
          <details open>
            <summary>Version {inForce.data.version}, which is in force and changed the same lines</summary>
            <pre className={classes['text']}>{inForce.data.text}</pre>
          </details>
        )}
        <Textarea
          label="Draft"
          className={classes['source'] ?? ''}
          value={draft}
          onChange={({ currentTarget }) => setDraft(currentTarget.value)}
          rows={24}
          maxLength={200_000}
        />
        <TextInput
          label="What you changed"
          description="It is kept with the draft. Approvals of the old text no longer count."
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
          maxLength={2000}
        />
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        <div className={classes['buttons']}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={unchanged || note.trim() === ''}
            data-testid="save-draft"
          >
            Save the draft
          </Button>
        </div>
      </form>
    </Panel>
  )
}
