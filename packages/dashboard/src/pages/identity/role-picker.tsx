import { Select } from '@mantine/core'
import { Role, type RoleDefinition } from '@metaagent/contract'

/** What a request says of a role: one of the two. */
export type WantedRole = { readonly role: Role } | { readonly customRoleId: string }

/** Chooses a built-in role or one of the organization's own. */
export function RolePicker({
  roles,
  role,
  customRoleId,
  label,
  visibleLabel = false,
  onChange,
}: {
  readonly roles: readonly RoleDefinition[]
  readonly role: Role | null
  readonly customRoleId: string | null
  readonly label: string
  readonly visibleLabel?: boolean
  readonly onChange: (wanted: WantedRole) => void
}) {
  const own = roles.filter(({ roleId }) => roleId !== null)
  const data = [
    { group: 'Built in', items: Role.options.map((option) => ({ value: option, label: option })) },
    ...(own.length === 0
      ? []
      : [{ group: 'Your own', items: own.map(({ roleId, name }) => ({ value: roleId ?? '', label: name })) }]),
  ]
  return (
    <Select
      size={visibleLabel ? 'sm' : 'xs'}
      {...(visibleLabel ? { label } : { 'aria-label': label })}
      data={data}
      value={customRoleId ?? role}
      allowDeselect={false}
      onChange={(value) => {
        const builtIn = Role.options.find((option) => option === value)
        if (builtIn !== undefined) onChange({ role: builtIn })
        else if (value !== null) onChange({ customRoleId: value })
      }}
    />
  )
}
