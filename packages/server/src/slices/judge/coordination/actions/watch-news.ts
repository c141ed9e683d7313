import type { QaNews } from '@metaagent/contract'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import { recentEvents, watchPicture } from '../../../govern/journal/index.ts'
import { type NewestEvents, newsSince, typesOfNews } from '../model.ts'

const types = [...typesOfNews.keys()]
const everSince = instantFromEpochMs(0)

/** Tells in which parts of judging something is new, so that an open page reads just those again. */
export function watchNews(deps: Deps, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent> {
  const told = (before: NewestEvents | null, now: NewestEvents) => {
    const news: QaNews = { parts: [...newsSince(before, now)] }
    // Under a name of its own per content: a slow reader is to get every part, not the last one alone.
    return news.parts.length === 0 ? [] : [{ event: 'news', about: news.parts.join(), data: news }]
  }
  return watchPicture<NewestEvents>(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['coordination.news'],
      read: async (tx) => {
        const events = await recentEvents(tx, { types, since: everSince, limitEach: 1 })
        return new Map(events.map(({ type, eventId }) => [type, eventId]))
      },
      first: (now) => told(null, now),
      next: told,
    },
    signal,
  )
}
