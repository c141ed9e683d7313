import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { listEvents } from '../../../govern/journal/index.ts'
import { type Glimpse, planWatch } from '../model/watch.ts'
import { glimpse } from '../store/glimpse.ts'
import { lockWatch, saveWatch } from '../store/notifying.ts'
import { evaluateRules } from './evaluate.ts'
import { isOwnEvent } from './evidence.ts'
import { forwardAlerts } from './forward.ts'
import { notifyPeople } from './notify.ts'
import { queueReports } from './reports.ts'

/** One round over all organizations: judges rules, decides who is told, queues reports, hands over to Alertmanagers. */
export async function watchOrganizations(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) await watchOrganization(deps, organizationId)
}

/** Does for one organization what is due; nothing else is written. Safe to run twice and in several processes. */
export async function watchOrganization(deps: Deps, organizationId: string): Promise<void> {
  const scope = { organizationId }
  const seen = await deps.store.transaction(scope, (tx) => look(tx))
  const plan = planWatch(seen, deps.clock.now())
  let changes = 0
  if (plan.evaluate)
    await deps.store.transaction(scope, async (tx) => {
      const watch = await lockWatch(tx)
      const startedMs = deps.clock.monotonicMs()
      const now = deps.clock.now()
      changes = await evaluateRules(deps, tx, now)
      const evaluationMs = Math.round(deps.clock.monotonicMs() - startedMs)
      await saveWatch(tx, { ...watch, evaluatedAt: now, evaluatedEventId: seen.newestEventId, evaluationMs })
    })
  if (plan.notify)
    await deps.store.transaction(scope, async (tx) => {
      await lockWatch(tx)
      await notifyPeople(deps, tx, deps.clock.now())
    })
  if (plan.report) await queueReports(deps, organizationId)
  if (plan.forward || (seen.forwards && changes > 0)) await forwardAlerts(deps, organizationId)
}

/** Our own events are no news: a rule that watched them would wake itself for ever. */
const newestLookedAt = 20

async function look(tx: Tx): Promise<Glimpse> {
  const newest = await listEvents(tx, { type: null, subject: null, correlationId: null }, null, newestLookedAt)
  const foreign = newest.find(({ type }) => !isOwnEvent(type))
  return { ...(await glimpse(tx)), newestEventId: foreign?.eventId ?? null }
}
