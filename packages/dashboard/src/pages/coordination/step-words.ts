import type { JsonValue, TraceStep } from '@metaagent/contract'
import { z } from 'zod'

// Of payloads only what a line says; each event's own page shows all of it.
const Told = z.looseObject({
  judge: z.string().nullish().catch(null),
  metric: z.string().nullish().catch(null),
  score: z.number().nullish().catch(null),
  verdict: z.string().nullish().catch(null),
  winner: z.string().nullish().catch(null),
  agent: z.string().nullish().catch(null),
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
  const { judge, metric, score, verdict, winner, agent } = told
  return [
    judge == null ? '' : `by ${judge}`,
    metric == null ? '' : `on ${metric}`,
    agent == null ? '' : `of ${agent}`,
    verdict == null ? '' : `verdict ${verdict}`,
    winner == null ? '' : `winner ${winner}`,
    score == null ? '' : `score ${score}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** Why a step came out as it did, in the words or the rule that it carries; null where it decided nothing. */
export function stepReason(payload: JsonValue): string | null {
  const because = Told.safeParse(payload).data?.because ?? null
  const first = Array.isArray(because) ? because[0] : because
  return first == null ? null : (first.text ?? first.rule)
}

const silence: Readonly<Record<'trust' | 'arbitration' | 'drift', string>> = {
  trust: 'nothing to measure it against',
  arbitration: 'no second judge to weigh it with',
  drift: 'no alarm',
}

/** What became of a QA event at one engine. */
export function progressWords({ engine, state, effects }: NonNullable<TraceStep['engines']>[number]): string {
  if (state === 'waiting') return 'its turn has not come'
  if (state === 'set-aside') return 'failed five times, in the dead letters'
  return effects === 0 ? `seen: ${silence[engine]}` : effects === 1 ? 'one step' : `${effects} steps`
}
