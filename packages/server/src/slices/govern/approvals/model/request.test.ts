import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import {
  type ApprovalEvent,
  type ApprovalState,
  decideConsumption,
  decideVote,
  evolve,
  firstState,
  isDue,
  type RequestStanding,
  transitions,
} from './request.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const request: RequestStanding = {
  state: 'pending',
  actionDigest: 'sha256:action',
  policyDigest: 'sha256:rules',
  requiredApprovers: 2,
  approverRole: 'admin',
  requireReview: false,
  authorUserId: 'author',
  expiresAt: addMs(now, 60_000),
  votes: [],
}
const vote = {
  request,
  voter: { userId: 'ada', role: 'admin' as const },
  verdict: 'approve' as const,
  actionDigest: request.actionDigest,
  review: null,
  policyDigest: request.policyDigest,
  now,
}
const codeOf = (result: ReturnType<typeof decideVote>) => (result.ok ? result.value.state : result.refusal.code)

const states = Object.keys(transitions) as ApprovalState[]
const events: ApprovalEvent[] = ['vote', 'quorum', 'reject', 'expire', 'consume']

describe('the life of a request', () => {
  test.each(states.flatMap((state) => events.map((event) => [state, event] as const)))(
    '%s on %s is decided',
    (state, event) => {
      const transition = transitions[state][event]
      expect('to' in transition ? states.includes(transition.to) : transition.refuse.length > 0).toBe(true)
    },
  )

  test('AP9: nothing leads out of rejected, expired and consumed', () => {
    for (const state of ['rejected', 'expired', 'consumed'] as const)
      for (const event of events) expect(evolve(state, event).ok).toBe(false)
  })

  test('AP3: whatever happens in whatever order, a request is consumed at most once and only after approval', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events)), (happened) => {
        let state: ApprovalState = 'pending'
        let approved = false
        let consumed = 0
        for (const event of happened) {
          const next = evolve(state, event)
          if (!next.ok) continue
          state = next.value
          if (state === 'approved') approved = true
          if (event === 'consume') consumed++
        }
        expect(consumed).toBeLessThanOrEqual(approved ? 1 : 0)
      }),
    )
  })

  test('what the rules let run by itself begins approved', () => {
    const because = { rule: 'r', observed: null, limit: null, text: '' }
    const need = { approvers: 0, approverRole: 'admin' as const, requireReview: false, because }
    expect(firstState({ ...need, outcome: 'allow' })).toBe('approved')
    expect(firstState({ ...need, outcome: 'require_approval', approvers: 1 })).toBe('pending')
  })
})

describe('votes', () => {
  const withVote = { ...request, votes: [{ userId: 'bob', verdict: 'approve' as const }] }

  test.each([
    ['AP6: the first of two leaves it open', vote, 'pending'],
    ['AP6: the second of two decides', { ...vote, request: withVote }, 'approved'],
    ['one rejection decides', { ...vote, verdict: 'reject' as const }, 'rejected'],
    [
      'AP5: the author does not approve',
      { ...vote, voter: { userId: 'author', role: 'admin' as const } },
      'approval-self',
    ],
    [
      'AP5: nor rejects',
      { ...vote, verdict: 'reject' as const, voter: { userId: 'author', role: 'admin' as const } },
      'approval-self',
    ],
    [
      'AP6: nobody votes twice',
      { ...vote, voter: { userId: 'bob', role: 'admin' as const }, request: withVote },
      'conflict',
    ],
    [
      'AP6: a lower role does not count',
      { ...vote, voter: { userId: 'dev', role: 'developer' as const } },
      'not-allowed',
    ],
    ['AP6: a key is no person', { ...vote, voter: { userId: null, role: null } }, 'not-allowed'],
    ['AP1: another action', { ...vote, actionDigest: 'sha256:other' }, 'approval-digest-mismatch'],
    ['AP2: other rules', { ...vote, policyDigest: 'sha256:new' }, 'approval-digest-mismatch'],
    ['AP4: too late', { ...vote, now: request.expiresAt }, 'approval-expired'],
    ['a review is missing', { ...vote, request: { ...request, requireReview: true }, review: '  ' }, 'not-processable'],
    ['a review is there', { ...vote, request: { ...request, requireReview: true }, review: 'Read it.' }, 'pending'],
    ['AP9: decided already', { ...vote, request: { ...request, state: 'rejected' as const } }, 'approval-finished'],
  ])('%s', (_title, asked, expected) => {
    expect(codeOf(decideVote(asked))).toBe(expected)
  })

  test('a developer counts where the rules say developer', () => {
    const open = { ...request, approverRole: 'developer' as const }
    expect(codeOf(decideVote({ ...vote, request: open, voter: { userId: 'dev', role: 'developer' } }))).toBe('pending')
    expect(codeOf(decideVote({ ...vote, request: open, voter: { userId: 'v', role: 'viewer' } }))).toBe('not-allowed')
  })

  test('AP6: approval takes exactly as many distinct people as the rules ask for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'author')),
        (n, people) => {
          let standing: RequestStanding = { ...request, requiredApprovers: n }
          for (const userId of people) {
            const decided = decideVote({ ...vote, request: standing, voter: { userId, role: 'admin' } })
            if (!decided.ok) continue
            const votes = [...standing.votes, { userId, verdict: 'approve' as const }]
            standing = { ...standing, state: decided.value.state, votes }
          }
          const distinct = new Set(people.filter((person) => person !== 'author')).size
          expect(standing.state).toBe(distinct >= n ? 'approved' : 'pending')
          expect(standing.votes.length).toBe(Math.min(distinct, n))
        },
      ),
    )
  })
})

describe('use', () => {
  const approved = { ...request, state: 'approved' as const }
  const use = { request: approved, actionDigest: request.actionDigest, policyDigest: request.policyDigest, now }

  test.each([
    ['the exact action in time', use, 'consumed'],
    ['AP1: another action', { ...use, actionDigest: 'sha256:other' }, 'approval-digest-mismatch'],
    ['AP2: rules that changed since', { ...use, policyDigest: 'sha256:new' }, 'approval-digest-mismatch'],
    ['AP4: at the moment it expires', { ...use, now: request.expiresAt }, 'approval-expired'],
    ['AP3: a second time', { ...use, request: { ...approved, state: 'consumed' as const } }, 'approval-finished'],
    ['before it is approved', { ...use, request }, 'approval-required'],
    ['after it was rejected', { ...use, request: { ...approved, state: 'rejected' as const } }, 'approval-finished'],
    [
      'after it was marked expired',
      { ...use, request: { ...approved, state: 'expired' as const } },
      'approval-expired',
    ],
  ])('%s', (_title, asked, expected) => {
    const decided = decideConsumption(asked)
    expect(decided.ok ? decided.value.state : decided.refusal.code).toBe(expected)
  })

  test('AP4: only open requests run out', () => {
    for (const state of states)
      expect(isDue({ state, expiresAt: now }, now)).toBe(state === 'pending' || state === 'approved')
  })
})
