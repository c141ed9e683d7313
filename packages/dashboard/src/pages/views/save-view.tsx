import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import type { SavedView, ViewFilters, ViewPage } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { viewApi, viewQueries } from '../../api/views.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './views.module.css'

interface SaveViewProps {
  readonly page: ViewPage
  readonly filters: ViewFilters
  readonly opened: boolean
  readonly onClose: () => void
  readonly onSaved: (view: SavedView) => void
}

/** Asks for a name and whether the others see it, and keeps the filters. */
export function SaveView({ opened, onClose, ...rest }: SaveViewProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Save these filters">
      <SaveForm {...rest} />
    </Modal>
  )
}

function SaveForm({ page, filters, onSaved }: Omit<SaveViewProps, 'opened' | 'onClose'>) {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: () => viewApi.create({ page, name, shared, filters }),
    onSuccess: async (view) => {
      await client.invalidateQueries({ queryKey: viewQueries.of(page).queryKey })
      onSaved(view)
    },
  })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <TextInput
        label="Name"
        value={name}
        maxLength={80}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
        required
      />
      <Checkbox
        label="Share with everybody in the organization"
        checked={shared}
        onChange={(event) => setShared(event.currentTarget.checked)}
      />
      {save.error === null ? null : <ProblemPanel error={save.error} compact />}
      <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
        Save the view
      </Button>
    </form>
  )
}
