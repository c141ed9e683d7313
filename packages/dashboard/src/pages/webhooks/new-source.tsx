import { Button, Modal, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core'
import type { WebhookKind, WebhookSourceCreated, WebhookSourceInput } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import { api } from '../../api/endpoints.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './webhooks.module.css'

type Input = z.input<typeof WebhookSourceInput>
type Created = z.infer<typeof WebhookSourceCreated>

const kinds = [
  { value: 'signed', label: 'Anything that signs its messages (HMAC-SHA256)' },
  { value: 'n8n', label: 'n8n: Error Trigger and executions' },
  { value: 'langgraph', label: 'LangGraph Server: run webhooks' },
] as const satisfies readonly { value: WebhookKind; label: string }[]

/** The dialog that makes a source: what it is; then its address and its secret, which is shown this once. */
export function NewSource({
  opened,
  onClose,
  onMade,
}: {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onMade: (sourceId: string) => void
}) {
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: api.createWebhookSource,
    onSuccess: () => client.invalidateQueries({ queryKey: ['webhook-sources'] }),
  })
  const made = create.data
  const close = () => {
    create.reset()
    onClose()
    if (made !== undefined) onMade(made.source.sourceId)
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made === undefined ? 'New source' : 'Copy the secret now'}
      // A click beside the dialog must not throw the secret away.
      closeOnClickOutside={made === undefined}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      {made === undefined ? (
        <SourceForm busy={create.isPending} error={create.error} onSubmit={create.mutate} />
      ) : (
        <Secret made={made} onDone={close} />
      )}
    </Modal>
  )
}

/** The secret with what to do with it, once. */
export function Secret({ made: { source, secret }, onDone }: { readonly made: Created; readonly onDone: () => void }) {
  const inPath = `${source.address}/${secret}`
  return (
    <div className={classes['form']}>
      <p>This is the only time the secret is shown. {howTo[source.kind]}</p>
      <code className={classes['secret']} data-testid="webhook-address">
        {source.kind === 'langgraph' ? inPath : source.address}
      </code>
      <code className={classes['secret']} data-testid="webhook-secret">
        {secret}
      </code>
      <div className={classes['buttons']}>
        <CopyButton text={source.kind === 'langgraph' ? inPath : source.address} what="the address" wide />
        <CopyButton text={secret} what="the secret" wide />
        <Button onClick={onDone}>I have it</Button>
      </div>
    </div>
  )
}

const howTo: Readonly<Record<WebhookKind, string>> = {
  signed:
    'Post to the address, and sign with the secret as Standard Webhooks says, or with x-timestamp and x-signature.',
  n8n: 'In the error workflow, post the item of the Error Trigger to the address, with the secret as X-Webhook-Secret.',
  langgraph:
    'Give it to runs as their webhook: the address below holds the secret, since the server cannot send headers.',
}

function SourceForm({
  busy,
  error,
  onSubmit,
}: {
  readonly busy: boolean
  readonly error: Error | null
  readonly onSubmit: (input: Input) => void
}) {
  const [name, setName] = useState('')
  const [kind, setKind] = useState<WebhookKind>('signed')
  const [environment, setEnvironment] = useState('production')
  const [baseUrl, setBaseUrl] = useState('')
  const [apiKey, setApiKey] = useState('')
  const [everyMinutes, setEveryMinutes] = useState(5)
  const imports = kind === 'n8n' && baseUrl.trim() !== ''
  const submit = () =>
    onSubmit({
      name: name.trim(),
      kind,
      environment: environment.trim(),
      ...(imports ? { importer: { baseUrl: baseUrl.trim(), apiKey, everyMinutes } } : {}),
    })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        label="Name"
        description="Which system posts, so that you know whose messages these are."
        placeholder="ColdForge"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        required
        maxLength={200}
        data-autofocus
      />
      <Select
        label="Kind"
        data={kinds}
        value={kind}
        allowDeselect={false}
        onChange={(value) => setKind(kinds.find((one) => one.value === value)?.value ?? 'signed')}
      />
      <TextInput
        label="Environment"
        description="For reports that name none."
        value={environment}
        onChange={({ currentTarget }) => setEnvironment(currentTarget.value)}
        required
        maxLength={200}
      />
      {kind === 'n8n' ? (
        <>
          <TextInput
            label="Address of n8n"
            description="To import its executions too, with their tokens. Leave it empty for error messages only."
            placeholder="https://n8n.example.com"
            value={baseUrl}
            onChange={({ currentTarget }) => setBaseUrl(currentTarget.value)}
          />
          <PasswordInput
            label="API key of n8n"
            description="Kept sealed and never shown again."
            value={apiKey}
            disabled={baseUrl.trim() === ''}
            required={imports}
            onChange={({ currentTarget }) => setApiKey(currentTarget.value)}
          />
          <NumberInput
            label="Import every … minutes"
            min={1}
            max={1440}
            value={everyMinutes}
            disabled={baseUrl.trim() === ''}
            onChange={(value) => setEveryMinutes(typeof value === 'number' ? value : 5)}
          />
        </>
      ) : null}
      {error === null ? null : <ProblemPanel error={error} compact />}
      <div className={classes['buttons']}>
        <Button
          type="submit"
          loading={busy}
          disabled={name.trim() === '' || environment.trim() === '' || (imports && apiKey === '')}
          data-testid="create-source"
        >
          Make the source
        </Button>
      </div>
    </form>
  )
}
