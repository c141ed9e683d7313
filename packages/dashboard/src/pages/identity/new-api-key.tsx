import { Button, Checkbox, Modal, Select, TextInput } from '@mantine/core'
import { type AccessScope, accessScopes, scopesOfRole } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './api-keys-page.module.css'

const presets: readonly { readonly label: string; readonly scopes: readonly AccessScope[] }[] = [
  { label: 'An agent that reports', scopes: ['telemetry:write'] },
  { label: 'A reader', scopes: scopesOfRole.viewer },
  { label: 'A script of a developer', scopes: scopesOfRole.developer },
]

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'One year' },
  { value: 'never', label: 'Until revoked' },
]

/** The dialog that makes a key: name, scopes, lifetime; then the secret, which is shown this once. */
export function NewApiKey({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: api.createApiKey,
    onSuccess: () => client.invalidateQueries({ queryKey: ['api-keys'] }),
  })
  const close = () => {
    create.reset()
    onClose()
  }
  const secret = create.data?.secret
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={secret === undefined ? 'New API key' : 'Copy the key now'}
      // A click beside the dialog must not throw the secret away.
      closeOnClickOutside={secret === undefined}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      {secret === undefined ? (
        <KeyForm busy={create.isPending} error={create.error} onSubmit={create.mutate} />
      ) : (
        <div className={classes['form']}>
          <p>This is the only time it is shown: the server keeps a hash of it, not the key.</p>
          <code className={classes['secret']} data-testid="key-secret">
            {secret}
          </code>
          <div className={classes['buttons']}>
            <CopyButton text={secret} what="the key" wide />
            <Button onClick={close}>I have it</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}

function KeyForm({
  busy,
  error,
  onSubmit,
}: {
  readonly busy: boolean
  readonly error: Error | null
  readonly onSubmit: Parameters<typeof api.createApiKey> extends [infer Input] ? (input: Input) => void : never
}) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly string[]>(['telemetry:write'])
  const [lifetime, setLifetime] = useState('365')
  const chosen = accessScopes.filter((scope) => scopes.includes(scope))
  const submit = () =>
    onSubmit({
      name: name.trim(),
      scopes: chosen,
      ...(lifetime === 'never' ? {} : { expiresInDays: Number(lifetime) }),
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
        description="What will use it, so that you know later what breaks when you revoke it."
        placeholder="checkout-copilot, production"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
        maxLength={200}
        data-autofocus
      />
      <div className={classes['presets']}>
        {presets.map((preset) => (
          <Button key={preset.label} variant="default" size="compact-xs" onClick={() => setScopes(preset.scopes)}>
            {preset.label}
          </Button>
        ))}
      </div>
      <Checkbox.Group value={[...scopes]} onChange={setScopes}>
        <fieldset className={classes['scopes']}>
          <legend>What it may do</legend>
          {accessScopes.map((scope) => (
            <Checkbox key={scope} value={scope} label={scope} size="xs" />
          ))}
        </fieldset>
      </Checkbox.Group>
      <Select label="Lifetime" data={lifetimes} value={lifetime} onChange={(value) => setLifetime(value ?? '365')} />
      {error === null ? null : <ProblemPanel error={error} compact />}
      <div className={classes['buttons']}>
        <Button
          type="submit"
          loading={busy}
          disabled={chosen.length === 0 || name.trim() === ''}
          data-testid="create-key"
        >
          Make the key
        </Button>
      </div>
    </form>
  )
}
