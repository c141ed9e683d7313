import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PrivilegedClientMiddleware } from './privileged-client.ts'

test('only the very secret makes a client privileged', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (token, presented) => {
      const client = new PrivilegedClientMiddleware(token)
      expect(client.isPrivileged(presented)).toBe(presented === token)
      expect(client.isPrivileged(token)).toBe(true)
    }),
  )
})

test.each(['1', 'true', 'yes', 'terraqore', '', undefined])(
  'without a configured secret nobody is privileged, whatever is sent: %s',
  (presented) => {
    expect(new PrivilegedClientMiddleware(null).isPrivileged(presented)).toBe(false)
    expect(new PrivilegedClientMiddleware('').isPrivileged(presented)).toBe(false)
  },
)

test('the header is found whatever its case in the request, and fits nothing when it is sent twice', () => {
  const client = new PrivilegedClientMiddleware('the secret of this deployment')
  expect(client.ofHeaders({ 'x-metaqore-privileged': 'the secret of this deployment' })).toBe(true)
  expect(client.ofHeaders({ 'x-metaqore-privileged': 'the secret of this deployment, x' })).toBe(false)
  expect(client.ofHeaders({})).toBe(false)
})
