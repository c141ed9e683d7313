import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { AlertSeverity, type GovernedDocument } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { amendmentApi } from '../../api/amendments.ts'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './amendments.module.css'

/** The whole text as it ought to be; saved, it is an amendment of one's own. */
export function ChangeDocument({
  document,
  onClose,
}: {
  readonly document: GovernedDocument
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [text, setText] = useState(document.text)
  const [title, setTitle] = useState('')
  const [reason, setReason] = useState('')
  const [severity, setSeverity] = useState<AlertSeverity>('warning')
  const propose = useMutation({
    mutationFn: () =>
      amendmentApi.propose(document.name, {
        text,
        severity,
        reason: reason.trim(),
        expectedDigest: document.digest,
        ...(title.trim() === '' ? {} : { title: title.trim() }),
      }),
    onSuccess: async ({ amendmentId }) => {
      await client.invalidateQueries({ queryKey: ['amendments'] })
      await navigate({ to: '/amendments/$amendmentId', params: { amendmentId } })
    },
  })
  return (
    <Panel
      title="Propose a change"
      note="It is an amendment: in force when somebody else has agreed and it is ratified."
      testId="change-form"
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          propose.mutate()
        }}
      >
        <Textarea
          label="Text"
          className={classes['source'] ?? ''}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          rows={24}
          maxLength={200_000}
        />
        <div className={classes['fields']}>
          <TextInput
            label="Title"
            placeholder={`Change ${document.name}`}
            value={title}
            onChange={({ currentTarget }) => setTitle(currentTarget.value)}
            maxLength={200}
          />
          <Select
            label="Severity"
            description="How grave it is decides who must agree."
            data={AlertSeverity.options}
            value={severity}
            onChange={(value) => setSeverity(AlertSeverity.options.find((known) => known === value) ?? severity)}
            allowDeselect={false}
          />
        </div>
        <TextInput
          label="Reason"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={2000}
        />
        {propose.error === null ? null : <ProblemPanel error={propose.error} compact />}
        <div className={classes['buttons']}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            type="submit"
            loading={propose.isPending}
            disabled={text === document.text || reason.trim() === ''}
            data-testid="propose-change"
          >
            Propose it
          </Button>
        </div>
      </form>
    </Panel>
  )
}
