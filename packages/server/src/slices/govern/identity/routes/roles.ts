import {
  CustomRoleChange,
  CustomRoleInput,
  OrganizationPoliciesChange,
  OrganizationPoliciesState,
  RoleDefinition,
  RoleDefinitionList,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { changePolicies, readPolicies } from '../actions/policies.ts'
import { addRole, changeRole, listRoles, removeRole } from '../actions/roles.ts'

const tag = 'identity'
const read = { tag, access: 'identity:read' } as const
const write = { tag, access: 'identity:write' } as const

/** Roles of an organization's own, and what it demands of everybody. */
export const roleRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/identity/roles',
    operationId: 'listRoles',
    summary: 'The built-in roles and the organization’s own, with what each allows',
    reply: RoleDefinitionList,
    handle: async (deps, { caller }) => ok({ items: [...(await listRoles(deps, caller))] }),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/roles',
    operationId: 'addRole',
    summary: 'Make a role: a named set of scopes that you hold yourself',
    body: CustomRoleInput,
    reply: RoleDefinition,
    status: 201,
    handle: (deps, { caller, body }) => addRole(deps, caller, body),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/identity/roles/:roleId',
    operationId: 'changeRole',
    summary: 'Change a role, for everybody who has it at once',
    params: z.object({ roleId: Uuid }),
    body: CustomRoleChange,
    reply: RoleDefinition,
    handle: (deps, { caller, params, body }) => changeRole(deps, caller, params.roleId, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/identity/roles/:roleId',
    operationId: 'removeRole',
    summary: 'Take a role away that nobody has',
    params: z.object({ roleId: Uuid }),
    reply: RoleDefinition,
    handle: (deps, { caller, params }) => removeRole(deps, caller, params.roleId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/identity/policies',
    operationId: 'getOrganizationPolicies',
    summary: 'What the organization demands of sessions, sign-ins and new keys',
    reply: OrganizationPoliciesState,
    handle: async (deps, { caller }) => ok(await readPolicies(deps, caller)),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/identity/policies',
    operationId: 'changeOrganizationPolicies',
    summary: 'Change what the organization demands; open sessions are held to it at once',
    body: OrganizationPoliciesChange,
    reply: OrganizationPoliciesState,
    handle: (deps, { caller, body }) => changePolicies(deps, caller, body),
  }),
]
