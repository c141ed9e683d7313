import { Button, Modal, Select, TextInput } from '@mantine/core'
import type { DependencyNode } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './dependencies.module.css'

const kinds: readonly DependencyNode['kind'][] = ['agent', 'tool', 'model', 'provider']

/** Writes down a dependency that no trace shows: a batch job, a database, an agent outside of the reports. */
export function WriteDown() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setOpen(true)}>
        Write one down
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="Write a dependency down">
        <Form onDone={() => setOpen(false)} />
      </Modal>
    </>
  )
}

function Form({ onDone }: { readonly onDone: () => void }) {
  const client = useQueryClient()
  const agents = useQuery(queries.agents({}))
  const [agentId, setAgentId] = useState<string | null>(null)
  const [kind, setKind] = useState<DependencyNode['kind']>('tool')
  const [target, setTarget] = useState('')
  const [note, setNote] = useState('')
  const save = useMutation({
    mutationFn: () =>
      api.changeDependency(agentId ?? '', { kind, target, note: note === '' ? null : note, hidden: false }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['dependencies'] })
      onDone()
    },
  })
  const options = (agents.data?.items ?? []).map((agent) => ({ value: agent.agentId, label: agent.name }))
  return (
    <form
      className={classes['chosen']}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Select label="Agent" data={options} value={agentId} onChange={setAgentId} searchable required />
      <Select
        label="Depends on a"
        data={[...kinds]}
        value={kind}
        onChange={(chosen) => {
          setKind(kinds.find((known) => known === chosen) ?? 'tool')
          setTarget('')
        }}
      />
      {kind === 'agent' ? (
        <Select label="Which" data={options} value={target} onChange={(chosen) => setTarget(chosen ?? '')} required />
      ) : (
        <TextInput label="Name" value={target} onChange={({ target: field }) => setTarget(field.value)} required />
      )}
      <TextInput label="Note" value={note} onChange={({ target: field }) => setNote(field.value)} />
      {save.error === null ? null : <p role="alert">{save.error.message}</p>}
      <Button type="submit" loading={save.isPending} disabled={agentId === null || target === ''}>
        Write it down
      </Button>
    </form>
  )
}
