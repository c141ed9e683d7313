import { Button, Modal, TextInput } from '@mantine/core'
import type { RoleDefinition, User } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { peopleApi } from '../../api/people.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './people.module.css'
import { RolePicker, type WantedRole } from './role-picker.tsx'

/** The dialog that makes a person; then their one-time link, which is shown this once. */
export function AddPerson({
  opened,
  roles,
  onClose,
}: {
  readonly opened: boolean
  readonly roles: readonly RoleDefinition[]
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const add = useMutation({
    mutationFn: peopleApi.add,
    onSuccess: () => client.invalidateQueries({ queryKey: ['people'] }),
  })
  const close = () => {
    add.reset()
    onClose()
  }
  if (add.data !== undefined) return <SignInLink link={add.data.signInLink} person={add.data.user} onClose={close} />
  return (
    <Modal opened={opened} onClose={close} title="Add a person" closeButtonProps={{ 'aria-label': 'Close' }}>
      <PersonForm roles={roles} busy={add.isPending} error={add.error} onSubmit={add.mutate} />
    </Modal>
  )
}

function PersonForm({
  roles,
  busy,
  error,
  onSubmit,
}: {
  readonly roles: readonly RoleDefinition[]
  readonly busy: boolean
  readonly error: Error | null
  readonly onSubmit: (input: Parameters<typeof peopleApi.add>[0]) => void
}) {
  const [email, setEmail] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [wanted, setWanted] = useState<WantedRole>({ role: 'viewer' })
  const customRoleId = 'customRoleId' in wanted ? wanted.customRoleId : null
  const role = 'role' in wanted ? wanted.role : null
  const chosen = roles.find(({ roleId, name }) => (customRoleId === null ? name === role : roleId === customRoleId))
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        const name = displayName.trim()
        onSubmit({ email: email.trim(), ...(name === '' ? {} : { displayName: name }), ...wanted })
      }}
    >
      <TextInput
        label="E-mail"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        required
        maxLength={320}
        data-autofocus
      />
      <TextInput
        label="Name"
        value={displayName}
        onChange={(event) => setDisplayName(event.currentTarget.value)}
        maxLength={200}
      />
      <RolePicker
        roles={roles}
        role={role}
        customRoleId={customRoleId}
        label="Role"
        visibleLabel
        onChange={setWanted}
      />
      {chosen === undefined || chosen.description === '' ? null : <p className="soft">{chosen.description}</p>}
      {error === null ? null : <ProblemPanel error={error} compact />}
      <div className={classes['buttons']}>
        <Button type="submit" loading={busy} disabled={email.trim() === ''} data-testid="create-person">
          Add them
        </Button>
      </div>
    </form>
  )
}

/** Shows a one-time link; it is nowhere else. */
export function SignInLink({
  link,
  person,
  onClose,
}: {
  readonly link: string
  readonly person: User
  readonly onClose: () => void
}) {
  return (
    <Modal
      opened
      onClose={onClose}
      title="Send them this link"
      // A click beside the dialog must not throw the link away.
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      <div className={classes['form']}>
        <p>
          It signs <strong>{person.displayName ?? person.email}</strong> in once, within 24 hours, and is shown only
          now. Whoever has it is them: send it by a way that only they read.
        </p>
        <code className={classes['link']} data-testid="sign-in-link">
          {link}
        </code>
        <div className={classes['buttons']}>
          <CopyButton text={link} what="the link" wide />
          <Button onClick={onClose}>I have it</Button>
        </div>
      </div>
    </Modal>
  )
}
