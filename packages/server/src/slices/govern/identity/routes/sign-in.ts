import { AccessToken, JsonWebKeySet, Me, PasswordInput, SignIn, StreamTicket, TokenRequest } from '@metaagent/contract'
import { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { describeMe } from '../actions/me.ts'
import { setOwnPassword } from '../actions/passwords.ts'
import { signIn, signOut } from '../actions/sign-in.ts'
import { publicKeySet } from '../actions/signing-keys.ts'
import { issueStreamTicket } from '../actions/stream-tickets.ts'
import { exchangeForToken } from '../actions/tokens.ts'
import { sessionCookie } from '../model/credentials.ts'

const tag = 'identity'

/** Signing in and out, and looking at oneself. */
export const signInRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    access: null,
    tag,
    operationId: 'signIn',
    summary: 'Exchange a one-time link or a password for a session cookie',
    body: SignIn,
    reply: Me,
    handle: async (deps, { body }) => {
      const signedIn = await signIn(deps, body)
      if (!signedIn.ok) return signedIn
      const { me, session } = signedIn.value
      const lastsSeconds = Math.floor((session.expiresAt - deps.clock.now()) / 1000)
      const cookie = sessionCookie(session.token, lastsSeconds, deps.settings.publicUrl)
      return { ...ok(me), headers: { 'set-cookie': cookie } }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/sign-out',
    access: 'self:read',
    tag,
    operationId: 'signOut',
    summary: 'End the session that the request presents',
    reply: z.null(),
    status: 204,
    handle: async (deps, { caller }) => {
      await signOut(deps, caller)
      return { ...ok(null), headers: { 'set-cookie': sessionCookie('', 0, deps.settings.publicUrl) } }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/token',
    access: 'self:read',
    tag,
    operationId: 'exchangeForToken',
    summary: 'A short-lived access token with the rights of the presented key or session',
    body: TokenRequest,
    reply: AccessToken,
    handle: async (deps, { caller, body }) => {
      const issued = await exchangeForToken(deps, caller, body.expiresInSeconds)
      return issued.ok ? ok({ token: issued.value.token, expiresAt: toIso(issued.value.expiresAt) }) : issued
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/stream-ticket',
    access: 'self:read',
    tag,
    operationId: 'issueStreamTicket',
    summary:
      'A ticket that opens one WebSocket within thirty seconds, for browsers, which cannot send a header with it',
    description:
      'Send it as the parameter `ticket` of the stream’s address. Keys and tokens are never taken from an address.',
    reply: StreamTicket,
    handle: async (deps, { caller }) => {
      const issued = await issueStreamTicket(deps, caller)
      return issued.ok ? ok({ ticket: issued.value.ticket, expiresAt: toIso(issued.value.expiresAt) }) : issued
    },
  }),
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    access: null,
    tag,
    operationId: 'getPublicKeySet',
    summary: 'The public keys that verify this deployment’s access tokens (RFC 7517)',
    reply: JsonWebKeySet,
    handle: async (deps) => {
      const { keys } = await publicKeySet(deps)
      return { ...ok({ keys: [...keys] }), headers: { 'cache-control': 'public, max-age=300' } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/me',
    access: 'self:read',
    tag,
    operationId: 'getMe',
    summary: 'What the presented credential stands for',
    reply: Me,
    handle: async (deps, { caller }) => ok(await describeMe(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/me/password',
    access: 'self:read',
    tag,
    operationId: 'setPassword',
    summary: 'Set one’s own password; every other session of the person ends',
    body: PasswordInput,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, body }) => setOwnPassword(deps, caller, body),
  }),
]
