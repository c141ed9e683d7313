import type { AlertMatcher, AlertSilence, AlertSilenceOrder, SilencePreview } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { compileMatchers, matcherFault, matcherText, matchesEverything } from '../model/matching.ts'
import { silenceState } from '../model/muting.ts'
import { notifiableAlerts } from '../store/alerts.ts'
import { endSilence, insertSilence, type StoredSilence, silencesEndingAfter } from '../store/notifying.ts'

/** Expired silences stay in the list for as long as Alertmanager keeps them. */
const expiredShownMs = 5 * 86_400_000
const longestMs = 366 * 86_400_000

/** Silences, the latest end first, with how many firing alerts each of them matches. */
export async function listSilences(deps: Deps, caller: Caller): Promise<AlertSilence[]> {
  const now = deps.clock.now()
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const firing = (await notifiableAlerts(tx)).filter(({ resolvedAt }) => resolvedAt === null)
    const silences = await silencesEndingAfter(tx, addMs(now, -expiredShownMs))
    return silences.map((silence) => {
      const fits = compileMatchers(silence.matchers)
      return describe(silence, now, firing.filter(({ labels }) => fits(labels)).length)
    })
  })
}

/** Mutes what the matchers fit for a while. Refuses one that would mute everything, or that is over before it begins. */
export async function createSilence(
  deps: Deps,
  caller: Caller,
  order: z.output<typeof AlertSilenceOrder>,
): Promise<Result<AlertSilence>> {
  const now = deps.clock.now()
  const { matchers, comment } = order
  const startsAt = order.startsAt === undefined ? now : instantFromEpochMs(Math.max(now, Date.parse(order.startsAt)))
  const endsAt = instantFromEpochMs(Date.parse(order.endsAt))
  const fault = faultOf(matchers)
  if (fault !== null) return refuse('not-processable', fault)
  if (endsAt <= startsAt) return refuse('not-processable', 'The silence must end after it starts, and after now.')
  if (endsAt - startsAt > longestMs) return refuse('not-processable', 'A silence lasts a year at most.')
  const actor = actorOf(caller)
  const createdBy = `${actor.kind}:${actor.id}`
  const silence = { silenceId: deps.ids.uuid(), matchers, startsAt, endsAt, createdBy, createdAt: now, comment }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await insertSilence(tx, silence)
    const payload = {
      silenceId: silence.silenceId,
      matchers: matchers.map(matcherText),
      startsAt: toIso(startsAt),
      endsAt: toIso(endsAt),
      comment,
    }
    await append(deps, tx, [
      { type: 'alerts.silence.created', subject: `alert-silence/${silence.silenceId}`, actor, payload },
    ])
    const fits = compileMatchers(matchers)
    const firing = (await notifiableAlerts(tx)).filter(({ resolvedAt, labels }) => resolvedAt === null && fits(labels))
    return ok(describe(silence, now, firing.length))
  })
}

/** Why a silence with these matchers is not taken; null when it is. */
function faultOf(matchers: readonly AlertMatcher[]): string | null {
  const everything = 'These matchers fit every alert. Name at least one label with a value.'
  return matcherFault(matchers) ?? (matchesEverything(matchers) ? everything : null)
}

const previewShown = 20

/** The firing alerts that a silence would mute now. Refuses what making it would refuse; writes nothing. */
export async function previewSilence(
  deps: Deps,
  caller: Caller,
  matchers: readonly AlertMatcher[],
): Promise<Result<SilencePreview>> {
  const fault = faultOf(matchers)
  if (fault !== null) return refuse('not-processable', fault)
  const { organizationId } = caller
  const alerts = await deps.store.transaction({ organizationId }, (tx) => notifiableAlerts(tx))
  const firing = alerts.filter(({ resolvedAt }) => resolvedAt === null)
  const fits = compileMatchers(matchers)
  const silenced = firing.filter(({ labels }) => fits(labels)).map(({ labels }) => labels)
  return ok({ silenced: silenced.length, firing: firing.length, alerts: silenced.slice(0, previewShown) })
}

/** Ends a silence now. */
export async function expireSilence(deps: Deps, caller: Caller, silenceId: string): Promise<Result<{ ended: true }>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if (!(await endSilence(tx, silenceId, deps.clock.now())))
      return refuse(
        'not-found',
        'There is no silence with this id that still holds. GET /api/v1/alert-silences lists them.',
      )
    const subject = `alert-silence/${silenceId}`
    await append(deps, tx, [
      { type: 'alerts.silence.expired', subject, actor: actorOf(caller), payload: { silenceId } },
    ])
    return ok({ ended: true as const })
  })
}

function describe(silence: StoredSilence, now: number, silenced: number): AlertSilence {
  const state = silenceState(silence, instantFromEpochMs(now))
  return {
    silenceId: silence.silenceId,
    matchers: silence.matchers,
    startsAt: toIso(silence.startsAt),
    endsAt: toIso(silence.endsAt),
    createdBy: silence.createdBy,
    createdAt: toIso(silence.createdAt),
    comment: silence.comment,
    state,
    silenced: state === 'expired' ? 0 : silenced,
  }
}
