import type { JudgeTrust, MetricTrust, TrustEntry, TrustHistory } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const nobody = { reliability: null, lowerBound: null, authority: 0, effectiveCount: 0 }
const nothing = { confusion: null, passesFound: null, failsFound: null, auditedVerdicts: 0 }

/** A trusted judge, a suspended copy of it, one of whom nothing is known, and the world itself. */
export function judgesOf(nowMs: number): readonly JudgeTrust[] {
  const common = { metric: 'facts', costNanoUsdPerCorrectVerdict: null, copies: [], lastVerdictAt: iso(nowMs - 9e4) }
  const strict: JudgeTrust = {
    ...common,
    judge: 'strict judge',
    judgeKind: 'model',
    standing: 'trusted',
    reliability: 0.91,
    lowerBound: 0.88,
    authority: 0.76,
    effectiveCount: 88.4,
    confusion: { passSaidPass: 40.2, passSaidFail: 6.1, failSaidPass: 1.5, failSaidFail: 40.6, abstained: 3 },
    passesFound: 0.868,
    failsFound: 0.964,
    verdicts: 412,
    auditedVerdicts: 120,
    costNanoUsdPerCorrectVerdict: 3_400_000,
    copies: ['its copy'],
  }
  return [
    strict,
    { ...strict, metric: 'tone', copies: [], costNanoUsdPerCorrectVerdict: null },
    {
      ...strict,
      judge: 'its copy',
      standing: 'suspended',
      reliability: 0.52,
      lowerBound: 0.47,
      authority: 0,
      copies: ['strict judge'],
    },
    { ...common, ...nobody, ...nothing, judge: 'newcomer', judgeKind: 'code', standing: 'unproven', verdicts: 3 },
  ]
}

/** One metric with all that can be found in it, and one of which too little is known. */
export function metricsOf(nowMs: number): readonly MetricTrust[] {
  const pair = { shared: 80, agreement: 0.99, expectedAgreement: 0.84, excess: 0.94, pValue: 0.00002, isCopy: true }
  const effect = { pairs: 60, passOnlyAsGiven: 21, passOnlySwapped: 3, flipRate: 0.4, pValue: 0.0003 }
  return [
    {
      metric: 'facts',
      items: 310,
      auditedItems: 120,
      judges: 3,
      auditedVerdicts: 240,
      accuracy: { estimate: 0.83, low: 0.78, high: 0.87 },
      independence: { basis: 'audited-errors', judges: 3, pairs: 1, meanCorrelation: 0.41, effectiveVotes: 1.65 },
      pairs: [
        { first: 'its copy', second: 'strict judge', ...pair },
        {
          first: 'newcomer',
          second: 'strict judge',
          ...pair,
          agreement: 0.7,
          excess: -0.1,
          pValue: 0.8,
          isCopy: false,
        },
      ],
      orderEffects: [{ judge: 'strict judge', ...effect, favoursAnOrder: true }],
      measuredAt: iso(nowMs - 4e4),
    },
    {
      metric: 'tone',
      items: 12,
      auditedItems: 0,
      judges: 1,
      auditedVerdicts: 0,
      accuracy: null,
      independence: null,
      pairs: [],
      orderEffects: [],
      measuredAt: iso(nowMs - 4e4),
    },
  ]
}

const seen = { reliability: 0.9, lowerBound: 0.86, authority: 0.72, effectiveCount: 88 }

/** A right verdict, a wrong one, an abstention, and what became of labels that changed. */
export function entriesOf(nowMs: number): readonly TrustEntry[] {
  const entry = (seq: number, more: Partial<TrustEntry>): TrustEntry => ({
    seq,
    kind: 'audited',
    judge: 'strict judge',
    metric: 'facts',
    subject: { kind: 'artifact', id: `report-${seq}.pdf` },
    judgmentId: uuid(9_000 + seq),
    said: 'pass',
    gold: 'pass',
    was: null,
    weight: 1,
    halfLifeVerdicts: 200,
    goldFrom: 'label',
    goldId: uuid(9_100 + seq),
    ...seen,
    causationId: uuid(9_200 + seq),
    correlationId: `story-${seq}`,
    recordedAt: iso(nowMs - seq * 1e5),
    ...more,
  })
  const executionId = 'ab'.repeat(16)
  const corrected = { kind: 'corrected', halfLifeVerdicts: null, weight: 0.93 } as const
  return [
    entry(6, { ...corrected, gold: null, was: 'fail' }),
    entry(5, { ...corrected, gold: 'fail', was: 'pass' }),
    entry(4, { said: 'abstain', goldFrom: 'judgment' }),
    entry(3, { said: 'fail', subject: { kind: 'execution', id: executionId } }),
    entry(2, { subject: { kind: 'action', id: `${executionId}/${'cd'.repeat(8)}` } }),
    entry(1, {}),
  ]
}

function historyOf(judge: string, metric: string, nowMs: number): TrustHistory {
  const points = Array.from({ length: 40 }, (_, at) => ({
    seq: at + 1,
    at: iso(nowMs - (40 - at) * 36e5),
    reliability: 0.6 + at / 130,
    lowerBound: 0.5 + at / 110,
    authority: Math.max(0, at / 60),
    effectiveCount: at,
  }))
  return { judge, metric, entries: 120, points: judge === 'newcomer' ? [] : points }
}

type Answer = (question: Question, state: ServerState, parts: readonly string[]) => Response

/** What the fixture server answers about trust in judges. */
export const trustAnswers: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  [
    'GET',
    /^\/judges$/,
    ({ query }, { nowMs }) => {
      const fits = (one: JudgeTrust) =>
        (['metric', 'judge', 'standing'] as const).every((name) => [null, one[name]].includes(query.get(name)))
      return json({ model: 'confusion', items: judgesOf(nowMs).filter(fits), nextCursor: null })
    },
  ],
  [
    'GET',
    /^\/judges\/([^/]+)\/trust$/,
    ({ query }, { nowMs }, [judge = '']) => {
      const name = decodeURIComponent(judge)
      if (!judgesOf(nowMs).some((one) => one.judge === name)) return refusal('not-found', 'There is no such judge.')
      return json(historyOf(name, query.get('metric') ?? '', nowMs))
    },
  ],
  ['GET', /^\/trust\/metrics$/, (_, { nowMs }) => json({ items: metricsOf(nowMs) })],
  [
    'GET',
    /^\/trust\/journal$/,
    ({ query }, { nowMs }) =>
      json({ items: query.get('judge') === 'newcomer' ? [] : entriesOf(nowMs), nextCursor: null }),
  ],
]
