import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import type { Agent } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './agent-page.module.css'

/** What people say about an agent: domain, owner, description. Shown to those who may change it. */
export function EditAgent({ agent }: { readonly agent: Agent }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const [opened, setOpened] = useState(false)
  const save = useMutation({
    mutationFn: (patch: Parameters<typeof api.changeAgent>[1]) => api.changeAgent(agent.agentId, patch),
    onSuccess: async () => {
      setOpened(false)
      await client.invalidateQueries({ queryKey: ['agent', agent.agentId] })
    },
  })
  if (me.data?.scopes.includes('registry:write') !== true) return null
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    save.mutate({ domain: text('domain'), owner: text('owner') || null, description: text('description') || null })
  }
  return (
    <>
      <button type="button" className={classes['edit']} onClick={() => setOpened(true)} data-testid="edit-agent">
        edit
      </button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`About ${agent.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <form className={classes['form']} onSubmit={submit}>
          <TextInput
            name="domain"
            label="Domain"
            description="Agents of one domain are judged together."
            defaultValue={agent.domain}
            required
            maxLength={200}
          />
          <TextInput
            name="owner"
            label="Owner"
            description="Who is asked when it fails."
            defaultValue={agent.owner ?? ''}
            maxLength={200}
          />
          <Textarea
            name="description"
            label="Description"
            defaultValue={agent.description ?? ''}
            maxLength={2000}
            rows={3}
          />
          {save.error === null ? null : <ProblemPanel error={save.error} compact />}
          <div className={classes['buttons']}>
            <Button variant="default" onClick={() => setOpened(false)}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </div>
        </form>
      </Modal>
    </>
  )
}
