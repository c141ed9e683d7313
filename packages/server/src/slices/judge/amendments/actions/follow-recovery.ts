import { eventCatalogue, type JournalEvent } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { DriftNews } from '../model/proposal.ts'
import { markOf, withoutRule } from '../model/sections.ts'
import { lockOpenOfStream, ratifiedNewsOf } from '../store/amendments.ts'
import { documentByName } from '../store/documents.ts'
import { type LedBy, openAmendment } from './drafts.ts'

const closed = eventCatalogue['drift.alarm.closed'].payload
const drift = { kind: 'system', id: 'drift' } as const

/**
 * A rule holds until its stream recovers: when its alarm closes, taking the rule out is proposed of each document that
 * has it. Like everything else it is in force when somebody has ratified it.
 */
export async function followRecovery(deps: Deps, tx: Tx, event: JournalEvent): Promise<void> {
  const parsed = closed.safeParse(event.payload)
  if (!parsed.success) return
  const { streamId, because } = parsed.data
  const ledBy: LedBy = { correlationId: event.correlationId, causationId: event.eventId }
  for (const news of await ratifiedNewsOf(tx, streamId)) {
    const document = await documentByName(tx, news.document, true)
    if (document === null) continue
    const draft = withoutRule(document.text, markOf(streamId))
    const isOpen = (await lockOpenOfStream(tx, streamId, document.name)) !== null
    if (draft === document.text || isOpen) continue
    const opening = { ...takingOut(news), because, reason: because.text, draft }
    await openAmendment(deps, tx, { document, opening, actor: drift, ledBy })
  }
}

/** What an amendment says that takes out the rule that this news led to. */
function takingOut({ streamId, stream, section, alarmId }: DriftNews) {
  const title = `Take out the rule of a stream that recovered: ${stream}`
  return {
    origin: 'drift',
    streamId,
    news: null,
    title: title.length <= 200 ? title : `${title.slice(0, 199)}…`,
    severity: 'info',
    section,
    failures: null,
    evidence: [
      { kind: 'alarm', id: alarmId },
      { kind: 'stream', id: streamId },
    ],
  } as const
}
