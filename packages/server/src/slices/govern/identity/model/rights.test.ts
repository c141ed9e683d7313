import { type AccessScope, accessScopes, scopesOfRole } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeIssuer } from './issuers.ts'
import { judgeGrant, scopesOfKey, scopesStillHeld } from './rights.ts'

const scopeSets = fc.subarray([...accessScopes])

describe('rights', () => {
  test('ID9: nobody grants a right that they lack', () => {
    fc.assert(
      fc.property(scopeSets, scopeSets, (own, wanted) => {
        const held = new Set<AccessScope>(own)
        expect(judgeGrant(held, wanted).ok).toBe(wanted.every((scope) => held.has(scope)))
      }),
    )
  })

  test('a token never has more than it was issued for, nor more than the credential behind it has now', () => {
    fc.assert(
      fc.property(scopeSets, scopeSets, (issued, held) => {
        for (const scope of scopesStillHeld(issued, new Set(held))) {
          expect(issued).toContain(scope)
          expect(held).toContain(scope)
        }
      }),
    )
  })

  test('a key has what was asked for and the right to look at itself', () => {
    fc.assert(
      fc.property(scopeSets, (asked) => {
        expect(new Set(scopesOfKey(asked))).toEqual(new Set([...asked, 'self:read']))
      }),
    )
  })

  test('each role has all rights of the one below', () => {
    expect(scopesOfRole.developer).toEqual(expect.arrayContaining([...scopesOfRole.viewer]))
    expect(scopesOfRole.admin).toEqual(expect.arrayContaining([...scopesOfRole.developer]))
  })
})

describe('issuers', () => {
  const issuer = 'https://login.example'
  const local = 'http://127.0.0.1:8001'
  const served = 'https://metaagent.example'

  test.each([
    ['https', 'https://login.example/jwks', served, true],
    ['http', 'http://login.example/jwks', served, false],
    ['loopback without TLS on a served deployment', 'http://127.0.0.1:9/jwks', served, false],
    ['loopback without TLS while developing', 'http://127.0.0.1:9/jwks', local, true],
    ['a name that only begins like loopback', 'http://127.0.0.1.evil.example/jwks', local, false],
    ['loopback as a user name', 'http://127.0.0.1@evil.example/jwks', local, false],
    ['a backslash before the host', 'http://evil.example\\@127.0.0.1/jwks', local, false],
    ['a password in the address', 'https://u:p@login.example/jwks', served, false],
    ['a file', 'file:///etc/passwd', local, false],
  ])('keys from %s', (_title, jwksUrl, publicUrl, ok) => {
    expect(judgeIssuer({ issuer, jwksUrl }, publicUrl).ok).toBe(ok)
  })

  test('nobody registers this deployment as a foreign issuer', () => {
    expect(judgeIssuer({ issuer: served, jwksUrl: 'https://evil.example/jwks' }, served).ok).toBe(false)
    expect(judgeIssuer({ issuer: `${served}/`, jwksUrl: 'https://evil.example/jwks' }, served).ok).toBe(false)
  })
})
