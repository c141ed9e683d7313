import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { artifactApi } from '../../api/artifacts.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'

/** Asks for a name and opens the project that was made. */
export function NewProject({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Begin a project" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Form onClose={onClose} />
    </Modal>
  )
}

function Form({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  // One for as long as the form is open: pressed twice, it makes one project.
  const [key] = useState(() => crypto.randomUUID())
  const make = useMutation({
    mutationFn: () =>
      artifactApi.addProject(
        { name: name.trim(), description: description.trim() === '' ? null : description.trim() },
        key,
      ),
    onSuccess: async ({ projectId }) => {
      await client.invalidateQueries({ queryKey: ['artifacts', 'projects'] })
      onClose()
      await navigate({ to: '/projects/$projectId', params: { projectId } })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate()
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Name"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          maxLength={200}
          data-autofocus
        />
        <Textarea
          label="What it is"
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          maxLength={4000}
          rows={3}
        />
        {make.error === null ? null : <ProblemPanel error={make.error} compact />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={make.isPending} disabled={name.trim() === ''} data-testid="make-project">
            Begin it
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
