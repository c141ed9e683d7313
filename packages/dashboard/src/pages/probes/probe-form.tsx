import { Button, JsonInput, Modal, NumberInput, Select, TextInput } from '@mantine/core'
import type { Probe, ProbeAssertion, ProbeChange } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import { api } from '../../api/endpoints.ts'
import { changeProbe, orderOfProbe } from '../../api/probes.ts'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './probes.module.css'

/** Adds a probe. Assertions beyond status, time and a text are set through the API, and stay when it is changed here. */
export function NewProbe() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setOpen(true)}>
        Add a probe
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="Add a probe">
        <ProbeForm probe={null} onDone={() => setOpen(false)} />
      </Modal>
    </>
  )
}

/** The dialog that changes a probe. */
export function ChangeProbe({ probe, onDone }: { readonly probe: Probe; readonly onDone: () => void }) {
  return (
    <Modal opened onClose={onDone} title={`Change ${probe.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <ProbeForm probe={probe} onDone={onDone} />
    </Modal>
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

function draftOf(probe: Probe): Draft {
  const { name, agentId, kind, url, body, schedule, assertions, timeoutMs } = probe
  const latency = assertions.find((assertion) => assertion.kind === 'latency')
  const text = assertions.find((assertion) => assertion.kind === 'body-contains')
  const shownBody = body === null ? '{}' : JSON.stringify(body, null, 2)
  const asked = { maxMs: latency?.maxMs ?? timeoutMs, contains: text?.text ?? '' }
  return { ...blank, name, agentId, kind, url, body: shownBody, schedule, ...asked }
}

function ProbeForm({ probe, onDone }: { readonly probe: Probe | null; readonly onDone: () => void }) {
  const client = useQueryClient()
  const agents = useQuery(queries.agents({}))
  const [draft, setDraft] = useState<Draft>(() => (probe === null ? blank : draftOf(probe)))
  // The probe's own agent is there, however many agents there are.
  const own = probe === null ? [] : [{ agentId: probe.agentId, name: probe.agent }]
  const others = (agents.data?.items ?? []).filter(({ agentId }) => agentId !== probe?.agentId)
  const known = [...own, ...others]
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const save = useMutation({
    mutationFn: async () =>
      probe === null ? api.addProbe(probeOf(draft, null)) : changeProbe(probe.probeId, probeOf(draft, probe)),
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
        data={known.map(({ agentId, name }) => ({ value: agentId, label: name }))}
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
        description={
          probe?.headerNames.includes('authorization') === true
            ? 'Empty: as it was.'
            : 'Kept sealed and never shown again.'
        }
        value={draft.authorization}
        onChange={({ target }) => change({ authorization: target.value })}
      />
      <TextInput
        label="Schedule"
        description={`Cron expression of five fields, in ${probe?.timeZone ?? 'UTC'}.`}
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
        {probe === null ? 'Add the probe' : 'Save the probe'}
      </Button>
    </form>
  )
}

/**
 * The probe that the form describes: a 2xx status, the time, and the text if one is asked for; of one that is changed
 * everything else stays. Throws on bad JSON.
 */
function probeOf(draft: Draft, before: Probe | null): z.input<typeof ProbeChange> {
  const { name, agentId, kind, url, schedule, maxMs, contains, authorization } = draft
  const known = before?.assertions ?? [{ kind: 'status' as const, min: 200, max: 299 }]
  return {
    ...(before === null ? {} : orderOfProbe(before)),
    name,
    agentId: agentId ?? '',
    kind,
    url,
    schedule,
    timeoutMs: Math.min(30_000, Math.max(100, before?.timeoutMs ?? 0, maxMs)),
    method: before !== null && before.kind === kind ? before.method : kind === 'execution' ? 'POST' : 'GET',
    ...(kind === 'execution' ? { body: JSON.parse(draft.body) } : {}),
    // Headers are sent whole: one of several is changed through the API, where the others can be named too.
    ...(authorization === '' ? {} : { headers: { authorization } }),
    assertions: [
      ...withoutFirst(withoutFirst(known, 'latency'), 'body-contains'),
      { kind: 'latency', maxMs },
      ...(contains === '' ? [] : [{ kind: 'body-contains' as const, text: contains }]),
    ],
  }
}

/** The first of a kind is what the form shows. */
function withoutFirst(assertions: readonly ProbeAssertion[], kind: ProbeAssertion['kind']): readonly ProbeAssertion[] {
  const first = assertions.find((assertion) => assertion.kind === kind)
  return assertions.filter((assertion) => assertion !== first)
}
