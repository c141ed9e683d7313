import {
  type AccessScope,
  type OrganizationPolicies,
  Role,
  type RoleDefinition,
  scopesOfRole,
  type User,
} from '@metaagent/contract'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

interface Question {
  readonly body: unknown
}

interface State {
  readonly nowMs: number
}

const auditorId = uuid(901)

const policies: OrganizationPolicies = {
  sessionIdleMinutes: 720,
  sessionHours: 168,
  passwordSignIn: true,
  foreignTokens: true,
  apiKeysMadeBy: 'anybody',
  apiKeyDaysMax: null,
}

function person(place: number, nowMs: number, own: Partial<User>): User {
  return {
    userId: uuid(70 + place),
    subjectId: uuid(170 + place),
    email: null,
    displayName: null,
    role: 'viewer',
    customRole: null,
    lastSignedInAt: null,
    disabledAt: null,
    createdAt: iso(nowMs - 40 * 86_400_000),
    ...own,
  }
}

function peopleOf(nowMs: number): readonly User[] {
  const auditor = { role: null, customRole: { roleId: auditorId, name: 'Auditor' } }
  const lastSignedInAt = iso(nowMs - 3_600_000)
  return [
    person(0, nowMs, { email: 'ada@northwind.example', displayName: 'Ada Novak', role: 'admin', lastSignedInAt }),
    person(1, nowMs, { email: 'ben@northwind.example', role: 'developer', lastSignedInAt }),
    person(2, nowMs, { email: 'cleo@audit.example', displayName: 'Cleo Marsh', ...auditor }),
    person(3, nowMs, { email: 'dan@northwind.example', disabledAt: iso(nowMs - 86_400_000) }),
    person(4, nowMs, { disabledAt: iso(nowMs - 86_400_000) }),
  ]
}

function rolesOf(nowMs: number): readonly RoleDefinition[] {
  const builtIn = Role.options.map((role) => ({
    roleId: null,
    name: role,
    description: `What a ${role} does.`,
    scopes: [...scopesOfRole[role]],
    countsAs: role,
    members: 1,
    version: null,
    changedAt: null,
  }))
  const scopes: AccessScope[] = ['ledger:read', 'journal:read', 'approvals:read', 'self:read']
  const auditor = { roleId: auditorId, name: 'Auditor', description: 'Reads what can be proved.', scopes }
  return [...builtIn, { ...auditor, countsAs: 'viewer', members: 1, version: 3, changedAt: iso(nowMs - 86_400_000) }]
}

type Answer = (question: Question, state: State, parts: readonly string[]) => Response

/** People, roles and policies, as the server answers of them. */
export const peopleAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/identity\/users$/, (_, { nowMs }) => json({ items: peopleOf(nowMs) })],
  [
    'POST',
    /^\/identity\/users$/,
    ({ body }, { nowMs }) => {
      const { email, role = null } = Object(body)
      const user = person(9, nowMs, { email, role })
      return json({ user, signInLink: 'http://localhost:8001/sign-in#token=one-time' }, 201)
    },
  ],
  [
    'PATCH',
    /^\/identity\/users\/([^/]+)$/,
    ({ body }, { nowMs }, [userId]) => {
      const found = peopleOf(nowMs).find((one) => one.userId === userId)
      if (found === undefined) return refusal('not-found', 'Your organization has no user with this id.')
      if (found.role === 'admin') return refusal('conflict', 'This is the last admin. Make another person admin first.')
      return json({ ...found, ...Object(body) })
    },
  ],
  ['GET', /^\/identity\/roles$/, (_, { nowMs }) => json({ items: rolesOf(nowMs) })],
  [
    'POST',
    /^\/identity\/roles$/,
    ({ body }, { nowMs }) =>
      json({ ...Object(body), roleId: uuid(902), members: 0, version: 1, changedAt: iso(nowMs) }, 201),
  ],
  [
    'PUT',
    /^\/identity\/roles\/([^/]+)$/,
    ({ body }, { nowMs }, [roleId]) => {
      const { expectedVersion, ...draft } = Object(body)
      return json({ ...draft, roleId, members: 1, version: expectedVersion + 1, changedAt: iso(nowMs) })
    },
  ],
  [
    'DELETE',
    /^\/identity\/roles\/([^/]+)$/,
    () => refusal('conflict', '1 person has this role. Give them another one first.', { members: 1 }),
  ],
  ['GET', /^\/identity\/policies$/, () => json({ policies, version: 0, changedAt: null })],
  [
    'PUT',
    /^\/identity\/policies$/,
    ({ body }, { nowMs }) => json({ policies: Object(body).policies, version: 1, changedAt: iso(nowMs) }),
  ],
]
