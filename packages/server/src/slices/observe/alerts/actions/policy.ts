import { createHash } from 'node:crypto'
import type { AlertPolicy, AlertPolicyState, Labels } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { checkPolicy } from '../model/checks.ts'
import { nextReports } from '../model/reports.ts'
import { compileRoutes, defaultPolicy, groupKeyOf } from '../model/routing.ts'
import { presentChannels, saveNextReports } from '../store/channels.ts'
import { insertPolicy, presentPolicy, type StoredPolicy } from '../store/notifying.ts'

/** Who is told what and when; the default while nobody has written a policy. */
export async function readPolicy(deps: Deps, caller: Caller): Promise<AlertPolicyState> {
  const { organizationId } = caller
  const stored = await deps.store.transaction({ organizationId }, (tx) => presentPolicy(tx))
  return stored === null ? { version: 0, policy: defaultPolicy, changedBy: null, changedAt: null } : describe(stored)
}

/** Writes the next version. Refuses one that names channels or intervals that do not exist. */
export async function changePolicy(
  deps: Deps,
  caller: Caller,
  change: { readonly policy: AlertPolicy; readonly expectedVersion: number },
): Promise<Result<AlertPolicyState>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const version = (await presentPolicy(tx))?.version ?? 0
    const changedMeanwhile = refuse('precondition-failed', 'The policy has changed since you read it. Read it again.')
    if (version !== change.expectedVersion) return changedMeanwhile
    const channels = await presentChannels(tx)
    const checked = checkPolicy(change.policy, new Set(channels.map(({ channelId }) => channelId)))
    if (!checked.ok) return checked
    const actor = actorOf(caller)
    const { policy } = change
    const changedAt = deps.clock.now()
    const stored = { version: version + 1, policy, changedBy: `${actor.kind}:${actor.id}`, changedAt }
    if (!(await insertPolicy(tx, stored))) return changedMeanwhile
    // Reports go by the organization's time zone, which is part of the policy.
    for (const { channelId, digest } of channels)
      await saveNextReports(tx, channelId, nextReports(digest, policy.timeZone, changedAt))
    const digest = createHash('sha256').update(canonicalJson(policy)).digest('hex')
    await append(deps, tx, [
      { type: 'alerts.policy.changed', subject: 'alert-policy', actor, payload: { version: stored.version, digest } },
    ])
    return ok(describe(stored))
  })
}

/** Which routes an alert with these labels would take, and in which groups it would be told. */
export async function traceRoutes(deps: Deps, caller: Caller, labels: Labels, policy: AlertPolicy | null) {
  const inForce = policy ?? (await readPolicy(deps, caller)).policy
  return compileRoutes(inForce.route)(labels).map((route) => ({
    route: route.name,
    groupKey: groupKeyOf(route, labels),
    channels: [...route.channels],
    groupWaitMs: route.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs,
  }))
}

function describe({ version, policy, changedBy, changedAt }: StoredPolicy): AlertPolicyState {
  return { version, policy, changedBy, changedAt: toIso(changedAt) }
}
