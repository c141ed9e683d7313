import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApiKey, Me } from '@metaagent/contract'
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { keyProof, type PeopleServer, type Person, startPeopleServer } from '../../../../testkit/people-server.ts'
import { identitySlice } from '../index.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describeOnStores('access tokens', (kind) => {
  let server: PeopleServer

  beforeAll(async () => {
    server = await startPeopleServer(kind, [identitySlice])
  })
  afterAll(async () => server.close())

  const nowSeconds = () => Math.floor(server.deps.clock.now() / 1000)
  const me = (token: string) => server.request<Me>({ authorization: `Bearer ${token}` }, 'GET', '/api/v1/me')
  const exchange = (proof: Readonly<Record<string, string>>, expiresInSeconds?: number) =>
    server.request<{ token: string; expiresAt: string }>(proof, 'POST', '/api/v1/auth/token', { expiresInSeconds })
  const newKey = async (scopes: readonly string[] = ['fleet:read']) => {
    const made = await server.request<{ apiKey: ApiKey; secret: string }>(
      server.admin.proof,
      'POST',
      '/api/v1/identity/api-keys',
      { name: 'key', scopes },
    )
    return made.body
  }

  describe('our own', () => {
    test('a token has the rights of the key that it was exchanged for, for fifteen minutes', async () => {
      const { secret, apiKey } = await newKey()
      const { status, body } = await exchange(keyProof(secret))
      expect(status).toBe(200)
      expect(await me(body.token)).toMatchObject({
        status: 200,
        body: { credential: 'token', scopes: apiKey.scopes, expiresAt: body.expiresAt },
      })
      server.deps.clock.advance(900_000 - 1)
      expect((await me(body.token)).status).toBe(200)
      server.deps.clock.advance(1)
      expect(await me(body.token)).toMatchObject({ status: 401, body: { code: 'credential-expired' } })
    })

    test('anybody can verify a token with the published keys', async () => {
      const { body } = await exchange(server.admin.proof)
      const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
      const { publicUrl } = server.deps.settings
      const verified = await jwtVerify(body.token, keys, {
        issuer: publicUrl,
        audience: `${publicUrl}/api`,
        currentDate: new Date(server.deps.clock.now()),
      })
      expect(verified.payload['organization_id']).toBe(server.admin.organizationId)
      const published = await server.request<{ keys: Record<string, string>[] }>({}, 'GET', '/.well-known/jwks.json')
      expect(Object.keys(published.body.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
    })

    test('ID3: a token ends with the key or session behind it, and loses what that loses', async () => {
      const { secret, apiKey } = await newKey()
      const byKey = (await exchange(keyProof(secret))).body.token
      await server.request(server.admin.proof, 'DELETE', `/api/v1/identity/api-keys/${apiKey.apiKeyId}`)
      expect((await me(byKey)).status).toBe(401)
      const person = await server.addPerson('developer')
      const bySession = (await exchange(person.proof)).body.token
      expect((await me(bySession)).body).toMatchObject({ role: 'developer', user: { userId: person.userId } })
      await server.request(server.admin.proof, 'PATCH', `/api/v1/identity/users/${person.userId}`, { role: 'viewer' })
      const demoted = (await me(bySession)).body
      expect(demoted.scopes).not.toContain('registry:write')
      await server.request(server.admin.proof, 'PATCH', `/api/v1/identity/users/${person.userId}`, { role: 'admin' })
      expect((await me(bySession)).body.scopes).not.toContain('identity:write')
      await server.request(person.proof, 'POST', '/api/v1/auth/sign-out')
      expect((await me(bySession)).status).toBe(401)
    })

    test('a token is not exchanged for a longer life', async () => {
      const { secret } = await newKey()
      const { token } = (await exchange(keyProof(secret))).body
      expect(await exchange(keyProof(token))).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
      expect((await exchange(keyProof(secret), 3_601)).status).toBe(400)
    })

    test('ID5: no forged token is believed', async () => {
      const { token } = (await exchange(keyProof((await newKey()).secret))).body
      const header = decodeProtectedHeader(token)
      const claims = decodeJwt(token)
      const [, , signature] = token.split('.')
      const published = await server.request<{ keys: Record<string, string>[] }>({}, 'GET', '/.well-known/jwks.json')
      const jwk = published.body.keys.find((key) => key['kid'] === header.kid) ?? {}
      const publicKey = await importJWK({ ...jwk, kty: 'OKP' }, 'EdDSA', { extractable: true })
      if (publicKey instanceof Uint8Array) throw new Error('an Ed25519 key was published')
      const own = await generateKeyPair('EdDSA', { extractable: true })
      const stranger = await server.addOrganization()
      const sign = (over: Record<string, unknown>, head: Record<string, unknown> = {}) =>
        new SignJWT({ ...claims, ...over })
          .setProtectedHeader({ ...header, alg: 'EdDSA', ...head })
          .sign(own.privateKey)
      const hs256 = (secret: Uint8Array) =>
        new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(secret)
      const forged = {
        'alg none': `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
        'alg none with a signature': `${encode({ ...header, alg: 'none' })}.${encode(claims)}.${signature}`,
        'HS256 keyed with our public key': await hs256(Buffer.from(await exportSPKI(publicKey))),
        'HS256 keyed with our raw public key': await hs256(Buffer.from(jwk['x'] ?? '', 'base64url')),
        'another key under our kid': await sign({}),
        'a key that it brings along': await sign({}, { jwk: await exportJWK(own.publicKey) }),
        'an address of keys that it brings along': await sign({}, { jku: 'http://127.0.0.1:1/jwks', kid: 'x' }),
        'no kid': await sign({}, { kid: undefined }),
        'another organization': `${encode(header)}.${encode({ ...claims, organization_id: stranger.organizationId })}.${signature}`,
        'more rights': `${encode(header)}.${encode({ ...claims, scope: 'identity:write' })}.${signature}`,
        'a later end': `${encode(header)}.${encode({ ...claims, exp: 4_000_000_000 })}.${signature}`,
        'another type': `${encode({ ...header, typ: 'JWT' })}.${encode(claims)}.${signature}`,
      }
      for (const [how, text] of Object.entries(forged)) expect([how, (await me(text)).status]).toEqual([how, 401])
      expect((await me(token)).status).toBe(200)
    })

    test('ID5: a token that we signed for something else is no access token', async () => {
      const { token } = (await exchange(keyProof((await newKey()).secret))).body
      const { presentSigningKey } = await import('./signing-keys.ts')
      const { kid, key } = await presentSigningKey(server.deps)
      const claims = decodeJwt(token)
      const sign = (over: Record<string, unknown>, typ = 'at+jwt') =>
        new SignJWT({ ...claims, ...over }).setProtectedHeader({ alg: 'EdDSA', typ, kid }).sign(key)
      expect((await me(await sign({}))).status).toBe(200)
      for (const [over, typ] of [
        [{ aud: 'http://localhost:8001/other' }, 'at+jwt'],
        [{ iss: 'http://localhost:8002' }, 'at+jwt'],
        [{ exp: undefined }, 'at+jwt'],
        [{ exp: nowSeconds() - 1 }, 'at+jwt'],
        [{ nbf: nowSeconds() + 60 }, 'at+jwt'],
        [{ organization_id: 'x' }, 'at+jwt'],
        [{ organization_id: (await server.addOrganization()).organizationId }, 'at+jwt'],
        [{ credential: 'session:x' }, 'at+jwt'],
        [{}, 'secevent+jwt'],
      ] as const)
        expect([over, (await me(await sign(over, typ))).status]).toEqual([over, 401])
    })

    test('a new signing key comes every ninety days, and tokens of the old one live on until they end', async () => {
      const owner = await server.addOrganization()
      const secret = await server.addKey(['fleet:read'], owner)
      const dayMs = 86_400_000
      const first = decodeProtectedHeader((await exchange(keyProof(secret))).body.token).kid
      server.deps.clock.advance(90 * dayMs - 1_800_000)
      const old = (await exchange(keyProof(secret), 3_600)).body.token
      expect(decodeProtectedHeader(old).kid).toBe(first)
      server.deps.clock.advance(1_800_001)
      const young = (await exchange(keyProof(secret))).body.token
      expect(decodeProtectedHeader(young).kid).not.toBe(first)
      expect([(await me(old)).status, (await me(young)).status]).toEqual([200, 200])
      server.deps.clock.advance(3_600_000)
      const published = await server.request<{ keys: Record<string, string>[] }>({}, 'GET', '/.well-known/jwks.json')
      expect(published.body.keys.map((key) => key['kid'])).toEqual([decodeProtectedHeader(young).kid])
    })
  })

  describe('of trusted issuers', () => {
    let issuer: Server
    let issuerUrl: string
    let owner: Person
    let requests = 0
    let jwks: { keys: unknown[] } = { keys: [] }
    const audience = 'metaagent-for-tests'
    const es256 = generateKeyPair('ES256', { extractable: true })
    const rs256 = generateKeyPair('RS256', { extractable: true })

    beforeAll(async () => {
      const esKey = { ...(await exportJWK((await es256).publicKey)), kid: 'es', alg: 'ES256', use: 'sig' }
      const rsKey = { ...(await exportJWK((await rs256).publicKey)), kid: 'rs', alg: 'RS256', use: 'sig' }
      jwks = { keys: [esKey, rsKey] }
      issuer = createServer((request, response) => {
        requests++
        if (request.url === '/moved') return response.writeHead(302, { location: '/jwks' }).end()
        if (request.url === '/broken') return response.end('<html>')
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(jwks))
      })
      await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
      issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
      owner = await server.addOrganization()
      expect((await trust(owner, { audience })).status).toBe(201)
    })
    afterAll(() => issuer.close())

    const trust = (person: Person, over: Record<string, unknown>) =>
      server.request<{ issuerId: string }>(person.proof, 'POST', '/api/v1/identity/issuers', {
        issuer: issuerUrl,
        jwksUrl: `${issuerUrl}/jwks`,
        algorithms: ['ES256'],
        role: 'viewer',
        ...over,
      })
    const token = async (over: Record<string, unknown> = {}, head: Record<string, unknown> = {}) =>
      new SignJWT({ iss: issuerUrl, aud: audience, sub: 'ada', exp: nowSeconds() + 300, ...over })
        .setProtectedHeader({ alg: 'ES256', kid: 'es', ...head })
        .sign((await es256).privateKey)

    test('a good token stands for what its issuer was trusted with', async () => {
      const reply = await me(await token())
      expect(reply).toMatchObject({ status: 200, body: { credential: 'token', role: 'viewer', user: null } })
      expect(reply.body.organization.organizationId).toBe(owner.organizationId)
    })

    test('ID5: no other token of that issuer, or of anybody, is believed', async () => {
      const stranger = await generateKeyPair('ES256')
      const claims = { iss: issuerUrl, aud: audience, sub: 'ada', exp: nowSeconds() + 300 }
      const forged = {
        'another audience': await token({ aud: 'another-service' }),
        'no audience': await token({ aud: undefined }),
        'another issuer': await token({ iss: 'http://127.0.0.1:9' }),
        'an issuer with a slash more': await token({ iss: `${issuerUrl}/` }),
        'long expired': await token({ exp: nowSeconds() - 31 }),
        'no end': await token({ exp: undefined }),
        'no subject': await token({ sub: undefined }),
        'not yet': await token({ nbf: nowSeconds() + 60 }),
        'a key of its own': await new SignJWT(claims)
          .setProtectedHeader({ alg: 'ES256', kid: 'es' })
          .sign(stranger.privateKey),
        'an algorithm that was not agreed': await new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: 'rs' })
          .sign((await rs256).privateKey),
        'alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
        'our own issuer': await token({ iss: server.deps.settings.publicUrl }),
      }
      for (const [how, text] of Object.entries(forged)) expect([how, (await me(text)).status]).toEqual([how, 401])
    })

    test('ID5: keys come from the registered address alone', async () => {
      const before = requests
      const stranger = await generateKeyPair('ES256', { extractable: true })
      const jwk = await exportJWK(stranger.publicKey)
      const claims = { iss: issuerUrl, aud: audience, sub: 'ada', exp: nowSeconds() + 300 }
      for (const head of [{ jwk }, { jku: `${issuerUrl}/evil` }, { x5u: `${issuerUrl}/evil` }]) {
        const text = await new SignJWT(claims)
          .setProtectedHeader({ alg: 'ES256', kid: 'es', ...head })
          .sign(stranger.privateKey)
        expect((await me(text)).status).toBe(401)
      }
      expect(requests).toBe(before)
      for (const [path, aud] of [
        ['/moved', 'moved'],
        ['/broken', 'broken'],
      ] as const) {
        const other = await server.addOrganization()
        await trust(other, { audience: aud, jwksUrl: `${issuerUrl}${path}` })
        expect(await me(await token({ aud }))).toMatchObject({ status: 401, body: { code: 'not-authenticated' } })
      }
    })

    test('ID13: issuer and audience belong to one organization', async () => {
      const other = await server.addOrganization()
      expect(await trust(other, { audience })).toMatchObject({ status: 409, body: { code: 'already-exists' } })
      expect((await trust(other, { audience: 'of the other' })).status).toBe(201)
      const reply = await me(await token({ aud: 'of the other' }))
      expect(reply.body.organization.organizationId).toBe(other.organizationId)
      const racing = [await server.addOrganization(), await server.addOrganization()]
      const replies = await Promise.all(racing.map((person) => trust(person, { audience: 'raced' })))
      expect(replies.map((one) => one.status).sort((a, b) => a - b)).toEqual([201, 409])
    })

    test('ID3: an issuer that is removed counts no more', async () => {
      const other = await server.addOrganization()
      const trusted = await trust(other, { audience: 'for a while' })
      const text = await token({ aud: 'for a while' })
      expect((await me(text)).status).toBe(200)
      await server.request(other.proof, 'DELETE', `/api/v1/identity/issuers/${trusted.body.issuerId}`)
      expect((await me(text)).status).toBe(401)
      expect((await server.events(other)).slice(-2).map((event) => event.type)).toEqual([
        'identity.issuer.trusted',
        'identity.issuer.removed',
      ])
    })

    test('a foreign token has no session to end, no password and no token of ours', async () => {
      const proof = { authorization: `Bearer ${await token()}` }
      expect((await server.request(proof, 'POST', '/api/v1/auth/sign-out')).status).toBe(204)
      expect(
        (await server.request(proof, 'PUT', '/api/v1/me/password', { password: 'long enough for that' })).status,
      ).toBe(403)
      expect((await exchange(proof)).status).toBe(403)
    })
  })
})
