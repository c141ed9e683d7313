import {
  type CustomRoleChange,
  type CustomRoleInput,
  type OrganizationPolicies,
  OrganizationPoliciesState,
  RoleDefinition,
  RoleDefinitionList,
  SubjectErased,
  User,
  UserCreated,
  type UserInput,
  UserList,
  type UserPatch,
} from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

/** Every call of the API that changes people, roles or policies. */
export const peopleApi = {
  add: (input: z.input<typeof UserInput>) => request(UserCreated, '/identity/users', { method: 'POST', body: input }),
  change: (userId: string, body: z.input<typeof UserPatch>) =>
    request(User, `/identity/users/${userId}`, { method: 'PATCH', body }),
  renewLink: (userId: string) => request(UserCreated, `/identity/users/${userId}/sign-in-link`, { method: 'POST' }),
  erase: (subjectId: string) => request(SubjectErased, `/identity/subjects/${subjectId}/erase`, { method: 'POST' }),
  addRole: (input: z.input<typeof CustomRoleInput>) =>
    request(RoleDefinition, '/identity/roles', { method: 'POST', body: input }),
  changeRole: (roleId: string, body: z.input<typeof CustomRoleChange>) =>
    request(RoleDefinition, `/identity/roles/${roleId}`, { method: 'PUT', body }),
  removeRole: (roleId: string) => request(RoleDefinition, `/identity/roles/${roleId}`, { method: 'DELETE' }),
  changePolicies: (policies: OrganizationPolicies, expectedVersion: number) =>
    request(OrganizationPoliciesState, '/identity/policies', { method: 'PUT', body: { policies, expectedVersion } }),
}

/** Every question about people, roles and policies. */
export const peopleQueries = {
  all: () =>
    queryOptions({
      queryKey: ['people'],
      queryFn: ({ signal }) => request(UserList, '/identity/users', { signal }),
    }),
  roles: () =>
    queryOptions({
      queryKey: ['people', 'roles'],
      queryFn: ({ signal }) => request(RoleDefinitionList, '/identity/roles', { signal }),
    }),
  policies: () =>
    queryOptions({
      queryKey: ['organization', 'policies'],
      queryFn: ({ signal }) => request(OrganizationPoliciesState, '/identity/policies', { signal }),
    }),
}
