import { Button } from '@mantine/core'
import type { RoleDefinition } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { peopleApi, peopleQueries } from '../../api/people.ts'
import { queries } from '../../api/queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './people.module.css'
import { RoleForm } from './role-form.tsx'
import { scopeMeanings } from './scopes.ts'

/** The built-in roles and the organization's own, with what each allows; make, change and remove one's own. */
export function RolesPage() {
  const roles = useQuery(peopleQueries.roles())
  const me = useQuery(queries.me())
  /** Null: no dialog; a role without an id is the beginning of a new one. */
  const [editing, setEditing] = useState<RoleDefinition | 'new' | null>(null)
  const [removing, setRemoving] = useState<RoleDefinition | null>(null)
  const error = roles.error ?? me.error
  const held = new Set(me.data?.scopes)
  const mayWrite = held.has('identity:write')
  return (
    <>
      <PageHead
        title="Roles"
        tab="Roles"
        lead="Named sets of scopes. A change counts at once for everybody who has it."
      >
        {mayWrite ? (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setEditing('new')} data-testid="new-role">
            New role
          </Button>
        ) : null}
      </PageHead>
      {error !== null ? (
        <ProblemPanel error={error} onRetry={() => void roles.refetch()} />
      ) : roles.data === undefined || me.data === undefined ? (
        <Placeholder height={320} />
      ) : (
        <ul className={classes['roles']} data-testid="roles">
          {roles.data.items.map((role) => (
            <RoleCard
              key={role.roleId ?? role.name}
              role={role}
              mayWrite={mayWrite}
              onEdit={() => setEditing(role)}
              onRemove={() => setRemoving(role)}
            />
          ))}
        </ul>
      )}
      {editing === null ? null : (
        <RoleForm role={editing === 'new' ? null : editing} held={held} onClose={() => setEditing(null)} />
      )}
      <RemoveRole role={removing} onClose={() => setRemoving(null)} />
    </>
  )
}

function RoleCard({
  role,
  mayWrite,
  onEdit,
  onRemove,
}: {
  readonly role: RoleDefinition
  readonly mayWrite: boolean
  readonly onEdit: () => void
  readonly onRemove: () => void
}) {
  const { name, description, members, countsAs, roleId } = role
  const people = members === 1 ? '1 person' : `${members} people`
  return (
    <li className={classes['role']}>
      <h2>{name}</h2>
      <p className="soft">
        {roleId === null ? 'Built in' : `Votes count as ${countsAs}`} · {people}
      </p>
      {description === '' ? null : <p>{description}</p>}
      <RoleScopes role={role} />
      {roleId !== null && mayWrite ? (
        <div className={classes['buttons']}>
          <Button variant="subtle" color="red" size="compact-xs" onClick={onRemove} aria-label={`Remove ${name}`}>
            Remove
          </Button>
          <Button variant="default" size="compact-xs" onClick={onEdit} aria-label={`Change ${name}`}>
            Change
          </Button>
        </div>
      ) : null}
    </li>
  )
}

function RoleScopes({ role }: { readonly role: RoleDefinition }) {
  const scopes = role.scopes.filter((scope) => scope !== 'self:read')
  return (
    <details>
      <summary>{scopes.length === 1 ? '1 scope' : `${scopes.length} scopes`}</summary>
      <ul className={classes['scopes']}>
        {scopes.map((scope) => (
          <li key={scope} title={scopeMeanings[scope]}>
            <code>{scope}</code>
          </li>
        ))}
      </ul>
    </details>
  )
}

function RemoveRole({ role, onClose }: { readonly role: RoleDefinition | null; readonly onClose: () => void }) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: (roleId: string) => peopleApi.removeRole(roleId),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['people', 'roles'] })
    },
  })
  const close = () => {
    remove.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      opened={role !== null}
      title="Remove this role?"
      word="Remove"
      error={remove.error}
      pending={remove.isPending}
      testId="remove-role"
      onConfirm={() => role !== null && role.roleId !== null && remove.mutate(role.roleId)}
      onClose={close}
    >
      Nobody can be given <strong>{role?.name}</strong> any more. A role that somebody has is not removed.
    </ConfirmDialog>
  )
}
