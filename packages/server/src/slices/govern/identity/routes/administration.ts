import {
  ApiKey,
  ApiKeyCreated,
  ApiKeyInput,
  ApiKeyList,
  Organization,
  OrganizationPatch,
  SubjectErased,
  TrustedIssuer,
  TrustedIssuerInput,
  TrustedIssuerList,
  User,
  UserCreated,
  UserInput,
  UserList,
  UserPatch,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { actorOf } from '../../journal/index.ts'
import { addApiKey, listApiKeys, revokeApiKey } from '../actions/api-keys.ts'
import { listIssuers, removeIssuer, trustIssuer } from '../actions/issuers.ts'
import { changeOrganization, readOrganization } from '../actions/organizations.ts'
import { eraseSubject } from '../actions/subjects.ts'
import { addUser, changeUser, listUsers, renewSignInLink } from '../actions/users.ts'

const tag = 'identity'
const read = { tag, access: 'identity:read' } as const
const write = { tag, access: 'identity:write' } as const

const organization: readonly Route[] = [
  route({
    tag,
    access: 'self:read',
    method: 'GET',
    path: '/api/v1/identity/organization',
    operationId: 'getOrganization',
    summary: 'The organization of the credential',
    reply: Organization,
    handle: async (deps, { caller }) => ok(await readOrganization(deps, caller)),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/identity/organization',
    operationId: 'changeOrganization',
    summary: 'Change the organization’s name or where its days begin',
    description: 'Daily metrics and service levels are computed again for the days of the new zone.',
    body: OrganizationPatch,
    reply: Organization,
    handle: (deps, { caller, body }) => changeOrganization(deps, caller, body),
  }),
]

const users: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/identity/users',
    operationId: 'listUsers',
    summary: 'The people of the organization',
    reply: UserList,
    handle: async (deps, { caller }) => ok({ items: [...(await listUsers(deps, caller))] }),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/users',
    operationId: 'addUser',
    summary: 'Add a person; the reply holds their one-time sign-in link',
    body: UserInput,
    reply: UserCreated,
    status: 201,
    handle: (deps, { caller, body }) => addUser(deps, caller, body),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/identity/users/:userId',
    operationId: 'changeUser',
    summary: 'Change a person’s role, disable or enable them',
    params: z.object({ userId: Uuid }),
    body: UserPatch,
    reply: User,
    handle: (deps, { caller, params, body }) => changeUser(deps, caller, params.userId, body),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/users/:userId/sign-in-link',
    operationId: 'renewSignInLink',
    summary: 'A new one-time sign-in link for a person; older ones are void',
    params: z.object({ userId: Uuid }),
    reply: UserCreated,
    status: 201,
    handle: (deps, { caller, params }) => renewSignInLink(deps, caller, params.userId),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/subjects/:subjectId/erase',
    operationId: 'eraseSubject',
    summary: 'Erase a person’s data for ever by destroying their key; every ledger proof stays valid',
    params: z.object({ subjectId: Uuid }),
    reply: SubjectErased,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
        const erased = await eraseSubject(deps, tx, params.subjectId, actorOf(caller))
        return erased.ok ? ok({ subjectId: params.subjectId, erasedAt: toIso(erased.value.erasedAt) }) : erased
      }),
  }),
]

const apiKeys: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/identity/api-keys',
    operationId: 'listApiKeys',
    summary: 'The organization’s API keys, newest first',
    reply: ApiKeyList,
    handle: async (deps, { caller }) => ok({ items: [...(await listApiKeys(deps, caller))] }),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/api-keys',
    operationId: 'addApiKey',
    summary: 'Make an API key; the reply holds its text, which is kept nowhere',
    body: ApiKeyInput,
    reply: ApiKeyCreated,
    status: 201,
    handle: (deps, { caller, body }) => addApiKey(deps, caller, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/identity/api-keys/:apiKeyId',
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key: at once here, within 10 s in every process',
    params: z.object({ apiKeyId: Uuid }),
    reply: ApiKey,
    handle: (deps, { caller, params }) => revokeApiKey(deps, caller, params.apiKeyId),
  }),
]

const issuers: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/identity/issuers',
    operationId: 'listIssuers',
    summary: 'Token issuers that the organization trusts',
    reply: TrustedIssuerList,
    handle: async (deps, { caller }) => ok({ items: [...(await listIssuers(deps, caller))] }),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/identity/issuers',
    operationId: 'trustIssuer',
    summary: 'Trust the tokens of an issuer for one audience',
    body: TrustedIssuerInput,
    reply: TrustedIssuer,
    status: 201,
    handle: (deps, { caller, body }) => trustIssuer(deps, caller, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/identity/issuers/:issuerId',
    operationId: 'removeIssuer',
    summary: 'Stop trusting an issuer',
    params: z.object({ issuerId: Uuid }),
    reply: TrustedIssuer,
    handle: (deps, { caller, params }) => removeIssuer(deps, caller, params.issuerId),
  }),
]

/** People, keys and issuers of an organization. */
export const administrationRoutes: readonly Route[] = [...organization, ...users, ...apiKeys, ...issuers]
