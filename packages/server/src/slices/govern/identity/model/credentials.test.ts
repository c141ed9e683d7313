import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiKeyText, isToken, normalEmail, readPresented, sessionCookie } from './credentials.ts'

const secret = 'A'.repeat(43)
const key = `mak_abcdefgh_${secret}`

describe('what a request presents', () => {
  test.each([
    ['nothing', {}, { kind: 'none' }],
    ['a key as bearer', { authorization: `Bearer ${key}` }, { kind: 'api_key', prefix: 'abcdefgh', text: key }],
    [
      'the scheme in any case',
      { authorization: `bearer   ${key}` },
      { kind: 'api_key', prefix: 'abcdefgh', text: key },
    ],
    ['a key in its own header', { apiKey: key }, { kind: 'api_key', prefix: 'abcdefgh', text: key }],
    ['a session', { sessionToken: secret }, { kind: 'session', token: secret }],
    ['a JWT', { authorization: 'Bearer a.b.c' }, { kind: 'jwt', token: 'a.b.c' }],
    ['another scheme', { authorization: 'Basic YTpi' }, { kind: 'malformed' }],
    ['a key without its secret', { apiKey: 'mak_abcdefgh_' }, { kind: 'malformed' }],
    ['a key with a longer secret', { apiKey: `${key}A` }, { kind: 'malformed' }],
    ['a key with two lines', { apiKey: `${key}\nx` }, { kind: 'malformed' }],
    ['an unsigned JWT', { authorization: 'Bearer a.b.' }, { kind: 'malformed' }],
    ['a JWT without end', { authorization: `Bearer a.b.${'c'.repeat(8_192)}` }, { kind: 'malformed' }],
    ['an empty session', { sessionToken: '' }, { kind: 'malformed' }],
  ])('%s', (_title, presented, expected) => {
    expect(readPresented(presented)).toEqual(expected)
  })

  test('a header beats the cookie, so a page cannot borrow a session for its own key', () => {
    expect(readPresented({ authorization: `Bearer ${key}`, sessionToken: secret }).kind).toBe('api_key')
    expect(readPresented({ authorization: 'Basic x', sessionToken: secret }).kind).toBe('malformed')
  })

  test('every key that is made is read back with its prefix', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 5, maxLength: 5 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (a, b) => {
          const text = apiKeyText(a, Buffer.from(b).toString('base64url'))
          expect(readPresented({ apiKey: text })).toEqual({ kind: 'api_key', prefix: text.slice(4, 12), text })
        },
      ),
    )
  })

  test('different random bytes give different prefixes', () => {
    const bytes = fc.uint8Array({ minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(apiKeyText(a, secret) === apiKeyText(b, secret)).toBe(Buffer.from(a).equals(Buffer.from(b)))
      }),
    )
  })

  test('reading never throws, whatever a client sends', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (header, cookie) => {
        expect(readPresented({ authorization: header }).kind).not.toBe('none')
        expect(['session', 'malformed']).toContain(readPresented({ sessionToken: cookie }).kind)
      }),
    )
  })
})

describe('small forms', () => {
  test('a token is 32 bytes in base64url', () => {
    expect(isToken(secret)).toBe(true)
    expect(isToken(`${secret}=`)).toBe(false)
    expect(isToken(secret.slice(1))).toBe(false)
  })

  test('the ways to write one address are one address', () => {
    expect(normalEmail(' Ada@Example.COM ')).toBe('ada@example.com')
    expect(normalEmail('u\u0308ber@example.com')).toBe(normalEmail('\u00fcber@example.com'))
    fc.assert(
      fc.property(fc.emailAddress(), (email) => {
        expect(normalEmail(normalEmail(email))).toBe(normalEmail(email))
      }),
    )
  })

  test('the cookie is out of reach of scripts and other sites, and goes over TLS only where there is TLS', () => {
    expect(sessionCookie('t', 60, 'https://a.example')).toBe(
      'metaagent_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure',
    )
    expect(sessionCookie('t', 60, 'http://127.0.0.1:8001')).not.toContain('Secure')
  })
})
