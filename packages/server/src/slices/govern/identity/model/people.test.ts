import { accessScopes, Role, scopesOfRole } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { decideUserChange } from './people.ts'
import type { RoleHeld } from './roles.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const admin = new Set(scopesOfRole.admin)
const builtIn = (role: Role): RoleHeld => ({ role, customRole: null })
/** A role of an organization's own that allows all: it can be changed, so it is no admin. */
const everything: RoleHeld = {
  role: null,
  customRole: { roleId: 'r', name: 'Everything', scopes: accessScopes, countsAs: 'admin' },
}

describe('changes of a person', () => {
  const user = { userId: 'a', held: builtIn('admin'), disabledAt: null }

  test.each([
    ['demoting one of two admins', user, builtIn('viewer'), undefined, ['a', 'b'], null],
    ['demoting the last admin', user, builtIn('developer'), undefined, ['a'], 'conflict'],
    ['giving the last admin a role with every scope', user, everything, undefined, ['a'], 'conflict'],
    ['disabling the last admin', user, null, true, ['a'], 'conflict'],
    ['leaving the last admin as they are', user, builtIn('admin'), undefined, ['a'], null],
    ['disabling a viewer', { ...user, held: builtIn('viewer') }, null, true, ['b'], null],
  ])('%s', (_title, target, wanted, disabled, activeAdminIds, code) => {
    const decided = decideUserChange({ user: target, wanted, disabled, activeAdminIds, granter: admin, now })
    expect(decided.ok ? null : decided.refusal.code).toBe(code)
  })

  test('ID9: who is no admin neither makes admins nor changes one', () => {
    const granter = new Set(scopesOfRole.developer)
    const others = ['x', 'y']
    const viewer = { ...user, held: builtIn('viewer') }
    const asked = { disabled: undefined, activeAdminIds: others, granter, now }
    const up = decideUserChange({ user: viewer, wanted: builtIn('admin'), ...asked })
    const down = decideUserChange({ user, wanted: builtIn('viewer'), ...asked })
    const own = decideUserChange({ user: viewer, wanted: everything, ...asked })
    expect([up.ok, down.ok, own.ok]).toEqual([false, false, false])
  })

  test('ID10: after any allowed change an active admin is left', () => {
    const roles = fc.constantFrom<RoleHeld | null>(...Role.options.map(builtIn), everything, null)
    fc.assert(
      fc.property(roles, fc.option(fc.boolean(), { nil: undefined }), fc.boolean(), (wanted, disabled, another) => {
        const activeAdminIds = another ? ['a', 'b'] : ['a']
        const decided = decideUserChange({ user, wanted, disabled, activeAdminIds, granter: admin, now })
        if (!decided.ok) return
        const stays = decided.value.held.role === 'admin' && decided.value.disabledAt === null
        expect(stays || another).toBe(true)
      }),
    )
  })

  test('a change to what is already so changes nothing', () => {
    const decided = decideUserChange({
      user,
      wanted: null,
      disabled: false,
      activeAdminIds: ['a'],
      granter: admin,
      now,
    })
    expect(decided).toMatchObject({ ok: true, value: { changed: false, shutOut: false } })
  })
})
