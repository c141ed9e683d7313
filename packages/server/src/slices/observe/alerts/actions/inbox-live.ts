import type { AlertState } from '@metaagent/contract'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type LiveEvent, watchPicture } from '../../../govern/journal/index.ts'
import { type InboxPicture, inboxChange } from '../model/inbox.ts'
import * as store from '../store/alerts.ts'
import { describe, mutedBy } from './inbox.ts'

/** What an inbox has in sight. What changes beyond it is told as `many`, and the list is read again. */
const inSight = 300
const everyState: readonly AlertState[] = ['pending', 'firing', 'acknowledged', 'resolved']

/** The live inbox: `counts` at first, then every alert that is new, changed or over, until the signal fires. */
export function watchInbox(deps: Deps, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent> {
  return watchPicture<InboxPicture>(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['alerts'],
      read: (tx) => readPicture(deps, tx),
      first: ({ counts }) => [{ event: 'counts', about: null, data: counts }],
      next: (before, after) => eventsOf(inboxChange(before, after)),
    },
    signal,
  )
}

async function readPicture(deps: Deps, tx: Tx): Promise<InboxPicture> {
  const filter = { severity: null, ruleId: null, fingerprint: null, agent: null }
  const newest = await store.listAlerts(tx, { ...filter, states: everyState }, null, inSight)
  const open = await store.listAlerts(tx, { ...filter, states: everyState.slice(0, 3) }, null, inSight)
  const rows = new Map([...newest, ...open].map((row) => [row.alert_id, row]))
  const muted = await mutedBy(deps, tx)
  return { counts: await store.countOpen(tx), alerts: [...rows.values()].map((row) => describe(row, muted)) }
}

function eventsOf({ counts, alerts, many }: ReturnType<typeof inboxChange>): readonly LiveEvent[] {
  return [
    ...(counts === null ? [] : [{ event: 'counts', about: 'counts', data: counts }]),
    ...alerts.map((alert) => ({ event: 'alert', about: alert.alertId, data: alert })),
    ...(many ? [{ event: 'many', about: 'many', data: { changed: 'many' } }] : []),
  ]
}
