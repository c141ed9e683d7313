import type { Amendment, AmendmentDetail, DocumentSummary, TextDiff } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** Amendments of the fixture server: one of drift on what is in force, one that merges, one that conflicts, and ended ones. */
export const amendmentIds = {
  drift: uuid(1700),
  merges: uuid(1701),
  conflicts: uuid(1702),
  ratified: uuid(1703),
} as const

/** What the fixture server says about governed documents and their amendments. */
export const amendmentAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/amendments$/, list],
  ['GET', /^\/amendments\/([^/]+)$/, (_, { nowMs }, [id]) => one(id, nowMs)],
  ['POST', /^\/amendments\/([^/]+)\/ratify$/, ratify],
  ['POST', /^\/amendments\/([^/]+)\/(?:reject|withdraw|rebase)$/, (_, { nowMs }, [id]) => one(id, nowMs)],
  ['PUT', /^\/amendments\/([^/]+)\/draft$/, (_, { nowMs }, [id]) => one(id, nowMs)],
  ['GET', /^\/documents$/, (_, { nowMs }) => json({ items: [summary('AGENTS.md', nowMs), summary('QA.md', nowMs)] })],
  ['POST', /^\/documents$/, (_, { nowMs }) => json(detail(amendmentIds.drift, nowMs), 201)],
  [
    'GET',
    /^\/documents\/([^/]+)$/,
    (_, { nowMs }, [name = '']) =>
      name === 'NEW.md'
        ? json({ ...summary(name, nowMs), version: 0, author: null, ratifiedAt: null, text: '' })
        : json({ ...summary(name, nowMs), text: '# Quality rules\n\nA failed check stops what it checks.\n' }),
  ],
  ['PUT', /^\/documents\/([^/]+)$/, (_, { nowMs }) => json(detail(amendmentIds.drift, nowMs), 202)],
  [
    'GET',
    /^\/documents\/([^/]+)\/versions$/,
    (_, { nowMs }, [name]) =>
      json({
        items: (name === 'NEW.md' ? [] : [2, 1]).map((version) => ({
          version,
          digest: `sha256:${version}`,
          author: version === 1 ? 'system:seed' : 'Ada Novak',
          amendmentId: version === 1 ? null : amendmentIds.ratified,
          approvalId: null,
          changed: { added: 4, removed: version - 1 },
          ratifiedAt: iso(nowMs - 864e5 / version),
        })),
      }),
  ],
  [
    'GET',
    /^\/documents\/([^/]+)\/diff$/,
    ({ query }, _, [name]) =>
      json({ document: name, from: Number(query.get('from')), to: Number(query.get('to')), ...diff }),
  ],
]

const summary = (name: string, nowMs: number): DocumentSummary => ({
  name,
  version: 2,
  digest: 'sha256:in-force',
  ratifiedAt: iso(nowMs - 864e5),
  author: 'Ada Novak',
  openAmendments: name === 'QA.md' ? 3 : 0,
})

const diff: TextDiff = {
  patch: '',
  hunks: [
    {
      header: '@@ -1,2 +1,3 @@',
      lines: [
        { kind: 'same', oldLine: 1, newLine: 1, text: '## Judges' },
        { kind: 'removed', oldLine: 2, newLine: null, text: 'The old rule.' },
        { kind: 'added', oldLine: null, newLine: 2, text: 'Until it recovers, a second judge is asked.' },
        { kind: 'added', oldLine: null, newLine: 3, text: 'And a third.' },
      ],
    },
  ],
  changed: { added: 2, removed: 1 },
}

function amendment(amendmentId: string, nowMs: number): Amendment {
  const isRatified = amendmentId === amendmentIds.ratified
  const isOfDrift = amendmentId === amendmentIds.drift
  return {
    amendmentId,
    document: 'QA.md',
    state: isRatified ? 'ratified' : 'open',
    origin: isOfDrift ? 'drift' : 'person',
    title: isOfDrift ? 'A judge judges otherwise: helpfulness by judge gpt' : 'Change QA.md',
    reason: isOfDrift ? 'It fails more often than it did. 60 of 200 failed.' : 'We learnt something.',
    severity: isOfDrift ? 'warning' : 'info',
    section: isOfDrift ? 'Judges' : null,
    failures: isOfDrift ? { failures: 60, total: 200 } : null,
    because: isOfDrift
      ? { rule: 'e-detector', observed: 9000, limit: 8640, text: 'It fails more often than it did.' }
      : { rule: 'written-by-a-person', observed: null, limit: null, text: 'Somebody proposes another text.' },
    evidence: isOfDrift
      ? [
          { kind: 'alarm', id: uuid(1) },
          { kind: 'stream', id: uuid(2) },
          { kind: 'judgment', id: uuid(3) },
          { kind: 'execution', id: '0'.repeat(31) + '1' },
        ]
      : [],
    alarms: isOfDrift ? 2 : 0,
    impact: 'HIGH',
    impactBecause: { rule: 'impact-by-severity', observed: 'warning', limit: null, text: 'It counts as HIGH.' },
    baseVersion: isOfDrift ? 2 : 1,
    baseDigest: 'sha256:base',
    draftDigest: 'sha256:draft',
    revision: 2,
    isEdited: false,
    isCurrent: isOfDrift || isRatified,
    changed: diff.changed,
    openedBy: isOfDrift ? 'system:drift' : `user:${uuid(900)}`,
    openedAt: iso(nowMs - 36e5),
    updatedAt: iso(nowMs - 18e5),
    expiresAt: iso(nowMs + 864e5),
    decidedBy: isRatified ? 'Ada Novak' : null,
    decidedAt: isRatified ? iso(nowMs - 9e5) : null,
    decisionReason: isRatified ? 'It is right.' : null,
    approvalId: isRatified ? uuid(610) : null,
    correlationId: 'story',
  }
}

function detail(amendmentId: string, nowMs: number): AmendmentDetail {
  const shown = amendment(amendmentId, nowMs)
  const isOpen = shown.state === 'open'
  return {
    ...shown,
    draft: '# Quality rules\n\nAs it ought to be.\n',
    diff,
    revisions: [2, 1].map((revision) => ({
      revision,
      baseVersion: shown.baseVersion,
      draftDigest: 'sha256:draft',
      author: 'system:drift',
      note: revision === 1 ? 'As it was proposed.' : 'It grew graver.',
      at: iso(nowMs - 36e5),
    })),
    rebase: shown.isCurrent ? 'not-needed' : amendmentId === amendmentIds.conflicts ? 'conflicts' : 'clean',
    need: isOpen
      ? {
          outcome: 'require_approval',
          approvers: 1,
          approverRole: 'admin',
          requireReview: false,
          because: { rule: 'matrix', observed: 'HIGH', limit: null, text: 'HIGH impact needs one admin.' },
        }
      : null,
  }
}

function list({ query }: Question, { nowMs }: ServerState): Response {
  const items = Object.values(amendmentIds).map((id) => amendment(id, nowMs))
  const fits = (key: 'state' | 'severity' | 'origin' | 'document') => (of: Amendment) =>
    !query.has(key) || of[key] === query.get(key)
  const found = items.filter(fits('state')).filter(fits('severity')).filter(fits('origin')).filter(fits('document'))
  return json({ items: found, nextCursor: null })
}

function one(id: string | undefined, nowMs: number): Response {
  const known = Object.values(amendmentIds).find((amendmentId) => amendmentId === id)
  return known === undefined ? refusal('not-found', 'There is no amendment with this id.') : json(detail(known, nowMs))
}

/** As the gate: without an approval it says what to ask for. */
function ratify({ body }: Question, { nowMs }: ServerState, [id = '']: readonly string[]): Response {
  if (Object(body).approvalId !== undefined) return one(id, nowMs)
  return refusal('approval-required', 'HIGH impact needs one admin.', {
    action: {
      operation: 'amendments.ratify',
      subject: 'document/QA.md',
      environment: 'production',
      impact: 'HIGH',
      parameters: { amendmentId: id, draftDigest: 'sha256:draft' },
    },
  })
}
