import { type AccessScope, accessScopes, Role, scopesOfRole } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { decideKeyExpiry, defaultPolicies } from './policies.ts'
import { judgeRole } from './roles.ts'

const drafts = fc.record({
  name: fc.constant('Release manager'),
  description: fc.constant(''),
  scopes: fc.subarray([...accessScopes], { minLength: 1 }),
  countsAs: fc.constantFrom(...Role.options),
})

describe('custom roles', () => {
  test('ID9: nobody writes a role down with a right that they lack, nor takes one away that they lack', () => {
    fc.assert(
      fc.property(fc.subarray([...accessScopes]), drafts, fc.option(drafts), (own, draft, before) => {
        const judged = judgeRole({ granter: new Set<AccessScope>(own), before, draft })
        const touched = [...draft.scopes, ...(before?.scopes ?? [])]
        if (judged.ok) expect(touched.filter((scope) => !own.includes(scope))).toEqual([])
        if (!judged.ok) expect(judged.refusal.code).toBe('not-allowed')
      }),
    )
  })

  test('ID9: only who has all of a built-in role lets a role’s votes count as it', () => {
    const draft = { name: 'x', description: '', scopes: ['self:read'] as const, countsAs: 'admin' as const }
    const granter = new Set(scopesOfRole.developer)
    expect(judgeRole({ granter, before: null, draft })).toMatchObject({ ok: false, refusal: { code: 'not-allowed' } })
    expect(judgeRole({ granter: new Set(accessScopes), before: null, draft }).ok).toBe(true)
    expect(judgeRole({ granter, before: null, draft: { ...draft, countsAs: 'developer' } }).ok).toBe(true)
  })

  test('a role may always look at itself and lists its scopes in the catalogue’s order', () => {
    const draft = {
      name: 'x',
      description: '',
      scopes: ['ledger:read', 'fleet:read'] as const,
      countsAs: 'viewer' as const,
    }
    const judged = judgeRole({ granter: new Set(accessScopes), before: null, draft })
    expect(judged).toMatchObject({ ok: true, value: { scopes: ['fleet:read', 'ledger:read', 'self:read'] } })
  })

  test.each(['Admin', 'viewer'])('no role is called %s like a built-in one', (name) => {
    const draft = { name, description: '', scopes: ['fleet:read'] as const, countsAs: 'viewer' as const }
    expect(judgeRole({ granter: new Set(accessScopes), before: null, draft }).ok).toBe(false)
  })
})

describe('policies of new keys', () => {
  const now = instantFromEpochMs(0)
  const day = 86_400_000
  test.each([
    ['by default a key makes one without an end', {}, null, null, null],
    ['by default anybody sets an end', {}, null, 3650, 3650 * day],
    ['a key makes none where people do', { apiKeysMadeBy: 'people' as const }, null, 1, 'not-allowed'],
    ['a person does', { apiKeysMadeBy: 'people' as const }, { role: 'developer' as const }, 1, day],
    [
      'a developer makes none where admins do',
      { apiKeysMadeBy: 'admins' as const },
      { role: 'developer' as const },
      1,
      'not-allowed',
    ],
    ['an admin does', { apiKeysMadeBy: 'admins' as const }, { role: 'admin' as const }, 1, day],
    ['none without an end where there is a longest life', { apiKeyDaysMax: 30 }, null, null, 'not-processable'],
    ['none beyond it', { apiKeyDaysMax: 30 }, null, 31, 'not-processable'],
    ['one of that life', { apiKeyDaysMax: 30 }, null, 30, 30 * day],
  ])('%s', (_title, policies, person, days, wanted) => {
    const decided = decideKeyExpiry({ policies: { ...defaultPolicies, ...policies }, person, days, now })
    expect(decided.ok ? decided.value : decided.refusal.code).toBe(wanted)
  })
})
