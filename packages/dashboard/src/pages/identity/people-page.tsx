import { Button, Menu } from '@mantine/core'
import type { RoleDefinition, User } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { peopleApi, peopleQueries } from '../../api/people.ts'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Unknown } from '../../ui/value.tsx'
import { AddPerson, SignInLink } from './add-person.tsx'
import { ErasePerson } from './erase-person.tsx'
import classes from './people.module.css'
import { RolePicker } from './role-picker.tsx'

/** The people of the organization: who they are, what they may, when they were here; add, change, shut out, erase. */
export function PeoplePage() {
  const people = useQuery(peopleQueries.all())
  const roles = useQuery(peopleQueries.roles())
  const me = useQuery(queries.me())
  const [adding, setAdding] = useState(false)
  const error = people.error ?? roles.error ?? me.error
  const mayWrite = me.data?.scopes.includes('identity:write') === true
  return (
    <>
      <PageHead title="People" tab="People" lead="Who signs in here, and what each may do.">
        {mayWrite ? (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)} data-testid="add-person">
            Add a person
          </Button>
        ) : null}
      </PageHead>
      {error !== null ? (
        <ProblemPanel error={error} onRetry={() => void Promise.all([people.refetch(), roles.refetch()])} />
      ) : people.data === undefined || roles.data === undefined || me.data === undefined ? (
        <Placeholder height={240} />
      ) : (
        <PeopleTable
          people={people.data.items}
          roles={roles.data.items}
          own={me.data.user?.userId ?? null}
          mayWrite={mayWrite}
        />
      )}
      {roles.data === undefined ? null : (
        <AddPerson opened={adding} roles={roles.data.items} onClose={() => setAdding(false)} />
      )}
    </>
  )
}

function PeopleTable({
  people,
  roles,
  own,
  mayWrite,
}: {
  readonly people: readonly User[]
  readonly roles: readonly RoleDefinition[]
  readonly own: string | null
  readonly mayWrite: boolean
}) {
  const client = useQueryClient()
  const [erasing, setErasing] = useState<User | null>(null)
  const saved = () => client.invalidateQueries({ queryKey: ['people'] })
  const change = useMutation({
    mutationFn: ({ userId, ...patch }: { userId: string } & Parameters<typeof peopleApi.change>[1]) =>
      peopleApi.change(userId, patch),
    onSettled: saved,
  })
  const renew = useMutation({ mutationFn: peopleApi.renewLink })
  const { mutate: changeOne } = change
  const { mutate: renewOne } = renew
  const columns = useMemo(
    () => columnsOf({ roles, own, mayWrite, change: changeOne, renew: renewOne, erase: setErasing }),
    [roles, own, mayWrite, changeOne, renewOne],
  )
  const refused = change.error ?? renew.error
  return (
    <>
      {refused === null ? null : <ProblemPanel error={refused} compact />}
      <Panel flush>
        <DataTable
          label="People"
          testId="people"
          columns={columns}
          rows={people}
          rowId={({ userId }) => userId}
          rowHeight={52}
        />
      </Panel>
      {renew.data === undefined ? null : (
        <SignInLink link={renew.data.signInLink} person={renew.data.user} onClose={renew.reset} />
      )}
      <ErasePerson person={erasing} onClose={() => setErasing(null)} />
    </>
  )
}

interface Acts {
  readonly roles: readonly RoleDefinition[]
  readonly own: string | null
  readonly mayWrite: boolean
  readonly change: (patch: { userId: string } & Parameters<typeof peopleApi.change>[1]) => void
  readonly renew: (userId: string) => void
  readonly erase: (person: User) => void
}

function columnsOf(acts: Acts): readonly DataColumn<User>[] {
  const shown: DataColumn<User>[] = [
    {
      id: 'who',
      header: 'Who',
      cell: ({ row }) => <Who person={row.original} own={acts.own} />,
      meta: { width: '38%' },
    },
    {
      id: 'role',
      header: 'Role',
      cell: ({ row }) => <RoleCell person={row.original} acts={acts} />,
      meta: { width: '13rem' },
    },
    {
      id: 'state',
      header: 'State',
      cell: ({ row }) => <State person={row.original} />,
      meta: { width: '16%', priority: 2 },
    },
    {
      id: 'signed-in',
      header: 'Last signed in',
      cell: ({ row }) => <Ago at={row.original.lastSignedInAt} why="They have never signed in." />,
      meta: { width: '16%', priority: 3 },
    },
  ]
  if (!acts.mayWrite) return shown
  const actions: DataColumn<User> = {
    id: 'actions',
    header: () => <span className="visually-hidden">Actions</span>,
    cell: ({ row }) => <Actions person={row.original} acts={acts} />,
    meta: { width: '5.5rem', align: 'right' },
  }
  return [...shown, actions]
}

/** How a person is called in a sentence. */
function nameOf({ displayName, email }: User): string {
  return displayName ?? email ?? 'an erased person'
}

function Who({ person, own }: { readonly person: User; readonly own: string | null }) {
  if (person.email === null) return <Unknown why="This person was erased." word />
  return (
    <div className={classes['who']}>
      <span>
        {person.displayName ?? person.email}
        {person.userId === own ? <span className="soft"> (you)</span> : null}
      </span>
      {person.displayName === null ? null : <span className="soft">{person.email}</span>}
    </div>
  )
}

function State({ person }: { readonly person: User }) {
  if (person.email === null) return <MarkedWord tone="unknown" word="erased" />
  if (person.disabledAt !== null) return <MarkedWord tone="silent" word="shut out" />
  return <MarkedWord tone="healthy" word="may sign in" />
}

function RoleCell({ person, acts }: { readonly person: User; readonly acts: Acts }) {
  if (!acts.mayWrite || person.email === null) return <>{person.customRole?.name ?? person.role}</>
  return (
    <RolePicker
      roles={acts.roles}
      role={person.role}
      customRoleId={person.customRole?.roleId ?? null}
      label={`Role of ${nameOf(person)}`}
      onChange={(wanted) => acts.change({ userId: person.userId, ...wanted })}
    />
  )
}

function Actions({ person, acts }: { readonly person: User; readonly acts: Acts }) {
  if (person.email === null) return null
  const { userId } = person
  const isOut = person.disabledAt !== null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="subtle" size="compact-xs" aria-label={`More about ${nameOf(person)}`}>
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={isOut} onClick={() => acts.renew(userId)}>
          New sign-in link
        </Menu.Item>
        <Menu.Item onClick={() => acts.change({ userId, disabled: !isOut })}>
          {isOut ? 'Let in again' : 'Shut out'}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => acts.erase(person)}>
          Erase their data…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
