import { type JsonValue, type TraceStep, TrustChangedPayload } from '@metaagent/contract'
import { z } from 'zod'
import { formatShare } from '../../format/number.ts'

const TrustChange = TrustChangedPayload.shape.changes.element.pick({
  judge: true,
  said: true,
  gold: true,
  was: true,
  before: true,
  after: true,
})
type TrustChange = z.infer<typeof TrustChange>

// Of payloads only what a line says; each event's own page shows all of it.
const Told = z.looseObject({
  judge: z.string().nullish().catch(null),
  metric: z.string().nullish().catch(null),
  score: z.number().nullish().catch(null),
  verdict: z.string().nullish().catch(null),
  winner: z.string().nullish().catch(null),
  agent: z.string().nullish().catch(null),
  changes: z.array(TrustChange).nullish().catch(null),
  because: z
    .union([
      z.looseObject({ rule: z.string(), text: z.string().nullish() }),
      z.array(z.looseObject({ rule: z.string(), text: z.string().nullish() })),
    ])
    .nullish()
    .catch(null),
})

/** What a step says in one line beside its type: who, about what, how, and why. Empty where the payload says none of it. */
export function stepLine(step: Pick<TraceStep, 'payload'>): string {
  const told = Told.safeParse(step.payload).data
  if (told === undefined) return ''
  const { judge, metric, score, verdict, winner, agent, changes } = told
  return [
    judge == null ? '' : `by ${judge}`,
    metric == null ? '' : `on ${metric}`,
    agent == null ? '' : `of ${agent}`,
    verdict == null ? '' : `verdict ${verdict}`,
    winner == null ? '' : `winner ${winner}`,
    score == null ? '' : `score ${score}`,
    ...trustChanges(changes ?? []),
  ]
    .filter((part) => part !== '')
    .join(', ')
}

const changesShown = 3

/** Judges whose trust a step changed, the first few, with their reliability before and after. */
function trustChanges(changes: readonly TrustChange[]): readonly string[] {
  const shown = changes.slice(0, changesShown).map(({ judge, said, gold, was, before, after }) => {
    const how = was !== null ? 'corrected' : said === 'abstain' ? 'no opinion' : said === gold ? 'right' : 'wrong'
    return `${judge} ${how}: ${formatShare(before.reliability)} → ${formatShare(after.reliability)}`
  })
  return changes.length > changesShown ? [...shown, `${changes.length - changesShown} more`] : shown
}

/** Why a step came out as it did, in the words or the rule that it carries; null where it decided nothing. */
export function stepReason(payload: JsonValue): string | null {
  const because = Told.safeParse(payload).data?.because ?? null
  const first = Array.isArray(because) ? because[0] : because
  return first == null ? null : (first.text ?? first.rule)
}

const silence: Readonly<Record<'trust' | 'arbitration' | 'drift', string>> = {
  trust: 'nothing to measure it against',
  arbitration: 'nothing to decide yet',
  drift: 'no alarm',
}

/** What became of a QA event at one engine. `decided`: its story holds a verdict of the arbitration. */
export function progressWords(
  { engine, state, effects }: NonNullable<TraceStep['engines']>[number],
  decided: boolean,
): string {
  if (state === 'waiting') return 'its turn has not come'
  if (state === 'set-aside') return 'failed five times, in the dead letters'
  if (effects > 0) return effects === 1 ? 'one step' : `${effects} steps`
  return `seen: ${engine === 'arbitration' && decided ? 'decided together with another' : silence[engine]}`
}
