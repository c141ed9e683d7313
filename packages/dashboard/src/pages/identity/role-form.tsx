import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { type AccessScope, Role, type RoleDefinition, scopesOfRole } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { peopleApi } from '../../api/people.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './people.module.css'
import { ScopeChoice } from './scope-choice.tsx'

/** The dialog that makes a role or changes one. */
export function RoleForm({
  role,
  held,
  onClose,
}: {
  /** Null: a new one. */
  readonly role: RoleDefinition | null
  readonly held: ReadonlySet<AccessScope>
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const [name, setName] = useState(role?.name ?? '')
  const [description, setDescription] = useState(role?.description ?? '')
  const [countsAs, setCountsAs] = useState<Role>(role?.countsAs ?? 'viewer')
  const [chosen, setChosen] = useState<ReadonlySet<AccessScope>>(
    new Set(role?.scopes.filter((one) => one !== 'self:read')),
  )
  const save = useMutation({
    mutationFn: () => {
      const draft = { name: name.trim(), description: description.trim(), countsAs, scopes: [...chosen] }
      if (role === null || role.roleId === null) return peopleApi.addRole(draft)
      return peopleApi.changeRole(role.roleId, { ...draft, expectedVersion: role.version ?? 1 })
    },
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['people'] })
      await client.invalidateQueries({ queryKey: ['me'] })
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={role === null ? 'New role' : `Change ${role.name}`}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="xl"
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <div className={classes['fields']}>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            maxLength={200}
            data-autofocus
          />
          <Select
            label="Votes on approvals count as"
            description="Whose votes are enough stands in the governance rules."
            data={Role.options}
            value={countsAs}
            allowDeselect={false}
            onChange={(value) => setCountsAs(Role.options.find((option) => option === value) ?? 'viewer')}
          />
        </div>
        <Textarea
          label="What it is for"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          rows={2}
          maxLength={500}
        />
        <Presets held={held} onChoose={setChosen} />
        <ScopeChoice chosen={chosen} held={held} onChange={setChosen} />
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        <div className={classes['buttons']}>
          <span className="soft" role="status">
            {chosen.size === 1 ? '1 scope' : `${chosen.size} scopes`}
          </span>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={chosen.size === 0 || name.trim() === ''}
            data-testid="save-role"
          >
            {role === null ? 'Make the role' : 'Save'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** Begins with what a built-in role allows, as far as one has it oneself. */
function Presets({
  held,
  onChoose,
}: {
  readonly held: ReadonlySet<AccessScope>
  readonly onChoose: (scopes: ReadonlySet<AccessScope>) => void
}) {
  const begin = (scopes: readonly AccessScope[]) =>
    onChoose(new Set(scopes.filter((scope) => scope !== 'self:read' && held.has(scope))))
  return (
    <div className={classes['buttons']}>
      {Role.options.map((builtIn) => (
        <Button key={builtIn} variant="default" size="compact-xs" onClick={() => begin(scopesOfRole[builtIn])}>
          Begin like {builtIn}
        </Button>
      ))}
      <Button variant="default" size="compact-xs" onClick={() => begin([])}>
        None
      </Button>
    </div>
  )
}
