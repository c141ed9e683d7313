import { Button, JsonInput, Modal, NumberInput, Select, TextInput } from '@mantine/core'
import type { ProbeChange } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './probes.module.css'

/** Adds a probe. Assertions beyond status, time and a text are set through the API. */
export function NewProbe() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setOpen(true)}>
        Add a probe
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="Add a probe">
        <Form onDone={() => setOpen(false)} />
      </Modal>
    </>
  )
}

const blank = {
  name: '',
  agentId: null as string | null,
  kind: 'http' as 'http' | 'execution',
  url: '',
  body: '{}',
  authorization: '',
  schedule: '*/5 * * * *',
  maxMs: 10_000,
  contains: '',
}
type Draft = typeof blank

function Form({ onDone }: { readonly onDone: () => void }) {
  const client = useQueryClient()
  const agents = useQuery(queries.agents({}))
  const [draft, setDraft] = useState<Draft>(blank)
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const save = useMutation({
    mutationFn: async () => api.addProbe(probeOf(draft)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['probes'] })
      onDone()
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
      <TextInput label="Name" value={draft.name} onChange={({ target }) => change({ name: target.value })} required />
      <Select
        label="Agent"
        description="Whose health it checks."
        data={(agents.data?.items ?? []).map(({ agentId, name }) => ({ value: agentId, label: name }))}
        value={draft.agentId}
        onChange={(agentId) => change({ agentId })}
        searchable
        required
      />
      <Select
        label="Kind"
        data={[
          { value: 'http', label: 'HTTP request: does the address answer?' },
          { value: 'execution', label: 'Execution: send an input to the agent’s endpoint' },
        ]}
        value={draft.kind}
        onChange={(kind) => change({ kind: kind === 'execution' ? 'execution' : 'http' })}
      />
      <TextInput
        label="URL"
        placeholder="https://agent.example.com/run"
        value={draft.url}
        onChange={({ target }) => change({ url: target.value })}
        required
      />
      {draft.kind === 'execution' ? (
        <JsonInput
          label="Input"
          value={draft.body}
          onChange={(body) => change({ body })}
          autosize
          minRows={3}
          required
        />
      ) : null}
      <TextInput
        label="Authorization header"
        description="Kept sealed and never shown again."
        value={draft.authorization}
        onChange={({ target }) => change({ authorization: target.value })}
      />
      <TextInput
        label="Schedule"
        description="Cron expression of five fields, in UTC."
        value={draft.schedule}
        onChange={({ target }) => change({ schedule: target.value })}
        required
      />
      <NumberInput
        label="Fails when slower than (ms)"
        min={1}
        max={30_000}
        value={draft.maxMs}
        onChange={(maxMs) => change({ maxMs: Number(maxMs) })}
      />
      <TextInput
        label="Reply must contain"
        value={draft.contains}
        onChange={({ target }) => change({ contains: target.value })}
      />
      {save.error === null ? null : <p role="alert">{save.error.message}</p>}
      <Button type="submit" loading={save.isPending} disabled={draft.agentId === null}>
        Add the probe
      </Button>
    </form>
  )
}

/** The probe that the form describes: a 2xx status, the time, and the text if one is asked for. Throws on bad JSON. */
function probeOf(draft: Draft): z.input<typeof ProbeChange> {
  const { name, agentId, kind, url, schedule, maxMs, contains, authorization } = draft
  return {
    name,
    agentId: agentId ?? '',
    kind,
    url,
    schedule,
    timeoutMs: Math.min(30_000, Math.max(100, maxMs)),
    method: kind === 'execution' ? 'POST' : 'GET',
    ...(kind === 'execution' ? { body: JSON.parse(draft.body) } : {}),
    ...(authorization === '' ? {} : { headers: { authorization } }),
    assertions: [
      { kind: 'status', min: 200, max: 299 },
      { kind: 'latency', maxMs },
      ...(contains === '' ? [] : [{ kind: 'body-contains' as const, text: contains }]),
    ],
  }
}
